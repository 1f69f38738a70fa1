package io.penstock.gateway.admin;

import io.penstock.config.Notation;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.report.Reporting;
import io.penstock.gateway.whatif.WhatIf;
import io.penstock.planner.report.Report;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What an operator tries out on the running gateway without changing it. */
final class Workbench {
  private static final Duration READING = Duration.ofSeconds(30);
  private final Controls controls;
  private static final Duration LONGEST_WINDOW = Duration.ofDays(400);

  private final Bounded bounded = new Bounded("plans", Duration.ofSeconds(10));
  private final Bounded reports = new Bounded("reports", READING.plusSeconds(10));

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

  /** There is nothing to report, in one line. */
  static final class Unrecorded extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unrecorded(String message) {
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
    return new WhatIf(controls.config(), controls.capacities());
  }

  // ---- what was recorded

  /**
   * A report of the last {@code window}, an hour where it is null.
   *
   * @throws Unrecorded where there is nothing to report
   */
  Report report(@Nullable String window) {
    var back = window == null ? Duration.ofHours(1) : window(window);
    return reports.call(() -> {
      try {
        return Reporting.last(
                controls.config(), controls.capacities(), back, Instant.now(), READING)
            .report();
      } catch (Reporting.Nothing nothing) {
        throw new Unrecorded(String.valueOf(nothing.getMessage()));
      } catch (IOException unreadable) {
        throw new Unrecorded("The traffic journal cannot be read: " + unreadable.getMessage());
      }
    });
  }

  private static Duration window(String text) {
    return Notation.DURATION
        .read()
        .apply(text)
        .filter(window -> window.isPositive() && window.compareTo(LONGEST_WINDOW) <= 0)
        .orElseThrow(() -> new Refused("window must be a time such as 15m, 1h or 7d"));
  }

  private static JsonObject object(Buffer body) {
    try {
      return body.length() == 0 ? new JsonObject() : body.toJsonObject();
    } catch (DecodeException | ClassCastException _) {
      throw new Refused("The body is not a JSON object.");
    }
  }
}
