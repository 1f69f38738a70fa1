package io.penstock.gateway.anthropic;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** An answer that is an error by its status. */
final class MessageError implements MessagesAnswer {
  private static final int MAX_BYTES = 1 << 20;

  private final Buffer body = Buffer.buffer();

  @Override
  public @Nullable Buffer data(Buffer bytes) {
    if (body.length() + bytes.length() <= MAX_BYTES) {
      body.appendBuffer(bytes);
    }
    return null;
  }

  @Override
  public Buffer end() {
    return Words.error(body);
  }
}
