package io.penstock.gateway.accept;

import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.ScannedBody;
import java.nio.charset.StandardCharsets;

/** Real scanned bodies for the tests of other stages. */
public final class ScannedBodies {
  private ScannedBodies() {}

  public static ScannedBody of(String json, Operation operation) {
    return of(json.getBytes(StandardCharsets.UTF_8), operation);
  }

  /** The body, which must be one that is taken. */
  public static ScannedBody of(byte[] json, Operation operation) {
    return switch (BodyScanner.scan(json, json.length, operation)) {
      case Scanned.Good(var body) -> body;
      case Scanned.Bad(var refusal) -> throw new IllegalArgumentException(refusal.toString());
    };
  }
}
