package io.penstock.gateway.anthropic;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** An answer of the Messages API while it comes in, as chat completions have it. */
public sealed interface MessagesAnswer permits WholeMessage, MessageStream, MessageError {

  /**
   * @param status the answer's HTTP status
   * @param stream whether a stream was asked for
   * @param createdSeconds the answer's time, since 1970
   */
  static MessagesAnswer of(int status, boolean stream, long createdSeconds) {
    if (status < 200 || status >= 300) {
      return new MessageError();
    }
    return stream ? new MessageStream(createdSeconds) : new WholeMessage(createdSeconds);
  }

  /** The status that the client's dialect has for it. */
  static int status(int status) {
    return Words.status(status);
  }

  /** What a part of the body brings; null: nothing yet. */
  @Nullable Buffer data(Buffer bytes);

  /** What the body's end brings; null: nothing more. */
  @Nullable Buffer end();
}
