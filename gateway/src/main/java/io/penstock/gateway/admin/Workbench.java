package io.penstock.gateway.admin;

import io.penstock.gateway.call.Operation;
import io.penstock.gateway.whatif.WhatIf;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What an operator tries out on the running gateway without changing it. */
final class Workbench {
  private final Controls controls;
  private final Bounded bounded = new Bounded();

  Workbench(Controls controls) {
    this.controls = controls;
  }

  /** A question that is none, in one line. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;

    Refused(String message) {
      super(message, null, false, false);
    }
  }

  // ---- a request as a dry run

  /** In whose name a request may be tried, and where it may be pinned. */
  JsonObject callers() {
    var keys = new JsonArray();
    controls
        .config()
        .keys()
        .forEach(key ->
            keys.add(
                new JsonObject()
                    .put("key", key.id())
                    .put("tenant", key.tenant())
                    .put("tier", key.tier())));
    return new JsonObject()
        .put("keys", keys)
        .put("pools", new JsonArray(controls.config().pools().keySet().stream().toList()))
        .put(
            "operations",
            new JsonArray(Stream.of(Operation.values()).map(Workbench::word).toList()));
  }

  /**
   * Members: {@code key}, an id; {@code operation}, chat-completions where it is left out; {@code
   * pool}, a pin; and {@code request}, the body that a client would send.
   */
  Rehearsal.Answer rehearse(Buffer body) {
    var asked = object(body);
    if (!(asked.getValue("request") instanceof JsonObject request)) {
      throw new Refused("request must be an object: the body that a client would send");
    }
    if (!(asked.getValue("key") instanceof String key)) {
      throw new Refused("key must be the id of an API key of the config");
    }
    var pool = asked.getValue("pool") instanceof String name && !name.isBlank() ? name : null;
    return controls.rehearse(
        new Rehearsal(key, operation(asked), pool, request.toBuffer().getBytes()));
  }

  private static Operation operation(JsonObject asked) {
    var name = asked.getValue("operation", word(Operation.CHAT_COMPLETIONS));
    return Stream.of(Operation.values())
        .filter(each -> word(each).equals(name))
        .findFirst()
        .orElseThrow(() ->
            new Refused("operation must be one of chat-completions, completions, embeddings"));
  }

  private static String word(Operation operation) {
    return operation.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  // ---- other hardware, promises and traffic

  JsonObject choices() {
    return whatIf().choices();
  }

  JsonObject plan(Buffer body) {
    var question = object(body);
    var whatIf = whatIf();
    try {
      return bounded.call(() -> whatIf.answer(question));
    } catch (IllegalArgumentException notOne) {
      throw new Refused(Optional.ofNullable(notOne.getMessage()).orElse("no question"));
    }
  }

  private WhatIf whatIf() {
    return new WhatIf(controls.config());
  }

  private static JsonObject object(Buffer body) {
    try {
      return body.length() == 0 ? new JsonObject() : body.toJsonObject();
    } catch (DecodeException | ClassCastException _) {
      throw new Refused("The body is not a JSON object.");
    }
  }
}
