package io.penstock.gateway.relay;

import io.penstock.gateway.call.Taken;
import io.penstock.gateway.call.Usage;
import io.vertx.core.buffer.Buffer;

/** One backend's answer while it comes in: a stream, a whole, or an error. */
sealed interface Reading permits StreamReading, WholeReading, ErrorReading, NoReading {
  Taken data(Buffer bytes);

  Taken end();

  Taken cut(String reason, String message);

  /** The tokens that this answer took, as far as it is known. */
  default Usage soFar() {
    return Usage.NONE;
  }

  /** Nothing came for a while. */
  default void quiet() {}
}
