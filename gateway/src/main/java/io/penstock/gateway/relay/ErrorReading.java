package io.penstock.gateway.relay;

import io.penstock.gateway.call.Taken;
import io.vertx.core.buffer.Buffer;

/** An answer that is an error by its status. Its body is read as far as it is of interest. */
final class ErrorReading implements Reading {
  private static final int MAX_BYTES = 1 << 20;

  private final Outgoing outgoing;
  private final int status;
  private final Buffer body = Buffer.buffer();

  ErrorReading(Outgoing outgoing, int status) {
    this.outgoing = outgoing;
    this.status = status;
  }

  @Override
  public Taken data(Buffer bytes) {
    if (body.length() + bytes.length() <= MAX_BYTES) {
      body.appendBuffer(bytes);
    }
    return Taken.Progress.WAITING;
  }

  @Override
  public Taken end() {
    byte[] bytes = body.getBytes();
    ReadError error = ReadError.of(bytes, 0, bytes.length);
    return switch (Verdict.of(status, error)) {
      case Verdict.Hide(var why) -> why;
      case Verdict.Tell told -> {
        outgoing.tell(told, error, !told.renamed() && error.wellFormed() ? body : null);
        yield Taken.Progress.DONE;
      }
    };
  }

  /** A status is an answer, whatever became of the text. */
  @Override
  public Taken cut(String reason, String message) {
    return end();
  }
}
