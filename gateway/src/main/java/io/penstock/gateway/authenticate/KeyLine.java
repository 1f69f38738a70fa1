package io.penstock.gateway.authenticate;

import io.penstock.config.ApiKey;
import io.penstock.config.InvalidConfigException;
import io.penstock.config.Notation;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A key as one JSON object: a line of a keys file, a value in Redis, an item of the admin API's
 * list. Its messages show no value: somebody may have written a key where its hash belongs.
 */
final class KeyLine {
  private static final Set<String> FIELDS =
      Set.of("id", "sha256", "tier", "tenant", "label", "expires");

  private KeyLine() {}

  static String write(ApiKey key) {
    var json =
        new JsonObject()
            .put("id", key.id())
            .put("sha256", key.sha256())
            .put("tier", key.tier())
            .put("tenant", key.tenant());
    key.label().ifPresent(label -> json.put("label", label));
    key.expires().ifPresent(expires -> json.put("expires", expires.toString()));
    return json.encode();
  }

  /** Throws {@link IllegalArgumentException} that says what is wrong with it. */
  static ApiKey read(String text) {
    JsonObject json = object(text);
    for (String field : json.fieldNames()) {
      require(FIELDS.contains(field), "has an unknown field: it may have " + fields());
    }
    String id = Objects.requireNonNullElse(text(json, "id"), "");
    try {
      return new ApiKey(
          id,
          Objects.requireNonNullElse(text(json, "sha256"), ""),
          Objects.requireNonNullElse(text(json, "tier"), ""),
          Objects.requireNonNullElse(text(json, "tenant"), id),
          Optional.ofNullable(text(json, "label")),
          Optional.ofNullable(text(json, "expires")).map(KeyLine::instant));
    } catch (InvalidConfigException refused) {
      throw new IllegalArgumentException(refused.getMessage(), refused);
    }
  }

  private static JsonObject object(String text) {
    try {
      return new JsonObject(text);
    } catch (DecodeException | ClassCastException _) {
      throw new IllegalArgumentException("is not a JSON object");
    }
  }

  private static @Nullable String text(JsonObject json, String field) {
    Object value = json.getValue(field);
    require(value == null || value instanceof String, field + " is not text");
    return (String) value;
  }

  private static Instant instant(String text) {
    return Notation.INSTANT
        .read()
        .apply(text)
        .orElseThrow(() -> new IllegalArgumentException("expires is not a time"));
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  private static String fields() {
    return FIELDS.stream().sorted().collect(Collectors.joining(", "));
  }
}
