package io.penstock.gateway;

import io.penstock.config.Pool;
import io.penstock.gateway.anthropic.MessagesAnswer;
import io.penstock.gateway.call.Taken;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.call.Valve;
import io.penstock.gateway.upstream.AnswerSink;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A sink that knows one dialect, behind backends that speak two: what a provider of Anthropic's
 * says is translated on its way; what others say passes untouched.
 */
final class Translated implements AnswerSink {
  private final AnswerSink sink;
  private final boolean stream;

  /** Null: this backend needs no translation. */
  private @Nullable MessagesAnswer answer;

  /**
   * @param stream whether the client asked for one
   */
  Translated(AnswerSink sink, boolean stream) {
    this.sink = sink;
    this.stream = stream;
  }

  @Override
  public Taken head(Turn turn, int attempt, int status, MultiMap headers, Valve valve) {
    if (turn.pool().provider() == Pool.Provider.ANTHROPIC) {
      answer = MessagesAnswer.of(status, stream, Instant.now().getEpochSecond());
      return sink.head(turn, attempt, MessagesAnswer.status(status), headers, valve);
    }
    answer = null;
    return sink.head(turn, attempt, status, headers, valve);
  }

  @Override
  public Taken data(Buffer bytes) {
    MessagesAnswer translating = answer;
    Buffer next = translating == null ? bytes : translating.data(bytes);
    return next == null ? Taken.Progress.WAITING : sink.data(next);
  }

  @Override
  public Taken end() {
    MessagesAnswer translating = answer;
    Buffer last = translating == null ? null : translating.end();
    if (last != null) {
      Taken taken = sink.data(last);
      if (taken != Taken.Progress.WAITING && taken != Taken.Progress.FLOWING) {
        return taken;
      }
    }
    return sink.end();
  }

  @Override
  public Taken cut(String reason, String message) {
    return sink.cut(reason, message);
  }

  @Override
  public void quiet() {
    sink.quiet();
  }

  @Override
  public boolean committed() {
    return sink.committed();
  }
}
