package io.penstock.gateway.relay;

import io.penstock.gateway.call.Taken;
import io.vertx.core.buffer.Buffer;

/** An answer that nobody reads. */
record NoReading(Taken.Unusable why) implements Reading {
  @Override
  public Taken data(Buffer bytes) {
    return why;
  }

  @Override
  public Taken end() {
    return why;
  }

  @Override
  public Taken cut(String reason, String message) {
    return why;
  }
}
