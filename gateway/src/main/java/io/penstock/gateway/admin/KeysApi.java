package io.penstock.gateway.admin;

import io.penstock.config.ApiKey;
import io.penstock.config.InvalidConfigException;
import io.penstock.config.Notation;
import io.penstock.gateway.authenticate.KeyStore;
import io.penstock.gateway.authenticate.NewKey;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The keys of the store, over the admin port: {@code GET}, {@code POST}, {@code DELETE}. */
final class KeysApi {
  private static final Set<String> FIELDS =
      Set.of("id", "tier", "tenant", "label", "expires", "change");

  private final Controls controls;

  KeysApi(Controls controls) {
    this.controls = controls;
  }

  Answer list() {
    return with(store -> {
      var keys = new JsonArray();
      store.list().forEach(key -> keys.add(shown(key)));
      return new Answer(200, new JsonObject().put("store", store.name()).put("keys", keys));
    });
  }

  /** Adds a key, or changes one; the key itself is in this answer and nowhere else. */
  Answer add(String body) {
    JsonObject asked;
    try {
      asked = new JsonObject(body);
    } catch (DecodeException | ClassCastException _) {
      return no(400, "The body is not a JSON object.");
    }
    for (String field : asked.fieldNames()) {
      if (!FIELDS.contains(field)) {
        return no(400, "There is no field '" + field + "'.");
      }
    }
    try {
      return with(store -> add(store, asked));
    } catch (ClassCastException | IllegalArgumentException wrong) {
      return no(
          400,
          wrong instanceof IllegalArgumentException
              ? String.valueOf(wrong.getMessage())
              : "A field is of the wrong kind.");
    }
  }

  private Answer add(KeyStore store, JsonObject asked) {
    String id = asked.getString("id", "");
    String tier = asked.getString("tier", "");
    if (controls.tiers().stream().noneMatch(known -> known.tier().name().equals(tier))) {
      return no(400, "The config has no tier '" + tier + "'.");
    }
    boolean change = Boolean.TRUE.equals(asked.getBoolean("change", false));
    Optional<ApiKey> before = change ? store.find(id) : Optional.empty();
    NewKey made = make(asked, id, tier, before);
    boolean done = change ? store.change(made.key()) : store.add(made.key());
    if (!done) {
      return change
          ? no(404, "There is no key '" + id + "' in " + store.name() + ".")
          : no(409, "There is a key '" + id + "' already.");
    }
    JsonObject answer = shown(made.key());
    return new Answer(change ? 200 : 201, change ? answer : answer.put("key", made.secret()));
  }

  private static NewKey make(JsonObject asked, String id, String tier, Optional<ApiKey> before) {
    String tenant = asked.getString("tenant", id);
    Optional<String> label = Optional.ofNullable(asked.getString("label"));
    Optional<Instant> expires =
        Optional.ofNullable(asked.getString("expires")).map(KeysApi::instant);
    try {
      NewKey made = NewKey.make(id, tier, tenant, label, expires);
      return before
          .map(key -> new NewKey("", new ApiKey(id, key.sha256(), tier, tenant, label, expires)))
          .orElse(made);
    } catch (InvalidConfigException refused) {
      throw new IllegalArgumentException(refused.getMessage(), refused);
    }
  }

  private static Instant instant(String text) {
    return Notation.INSTANT
        .read()
        .apply(text)
        .orElseThrow(() ->
            new IllegalArgumentException("expires: write 2027-01-31 or 2027-01-31T12:00:00Z"));
  }

  Answer revoke(String id) {
    return with(store ->
        store.revoke(id)
            ? new Answer(200, new JsonObject().put("id", id).put("revoked", true))
            : no(404, "There is no key '" + id + "' in " + store.name() + "."));
  }

  private Answer with(Function<KeyStore, Answer> work) {
    Optional<KeyStore> store = controls.keys();
    if (store.isEmpty()) {
      return no(404, "The config names no store for keys: neither redis nor keys-file.");
    }
    try {
      return work.apply(store.get());
    } catch (KeyStore.Unavailable gone) {
      return no(503, String.valueOf(gone.getMessage()));
    }
  }

  private static JsonObject shown(ApiKey key) {
    return new JsonObject()
        .put("id", key.id())
        .put("tier", key.tier())
        .put("tenant", key.tenant())
        .put("label", orNull(key.label()))
        .put("expires", orNull(key.expires().map(Instant::toString)))
        .put("expired", key.expired(System.currentTimeMillis()));
  }

  private static @Nullable String orNull(Optional<String> text) {
    return text.orElse(null);
  }

  private static Answer no(int status, String message) {
    return new Answer(status, Json.error(message));
  }

  /** A status and its body. */
  record Answer(int status, JsonObject body) {}
}
