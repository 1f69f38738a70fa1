package io.penstock.gateway.trace;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Ending;
import io.penstock.gateway.call.Hop;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.call.Usage;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** An attempt's span: the gateway as a client of a model server. */
final class SpanHop implements Hop {
  private static final int CLIENT_ERROR = 400;

  private final Span span;
  private final Context context;
  private final Clock clock;
  private final Turn turn;
  private int status;
  private long endNanos;
  private @Nullable String error;

  SpanHop(Span span, Context context, Clock clock, Turn turn) {
    this.span = span;
    this.context = context;
    this.clock = clock;
    this.turn = turn;
  }

  @Override
  public void mark(BiConsumer<String, String> header) {
    W3CTraceContextPropagator.getInstance()
        .inject(
            context,
            header,
            (to, name, value) -> {
              if (to != null) {
                to.accept(name, value);
              }
            });
  }

  @Override
  public void answered(int answer) {
    status = answer;
  }

  @Override
  public void ended(@Nullable String why) {
    if (endNanos == 0) {
      endNanos = System.nanoTime();
    }
    if (error == null) {
      error = why;
    }
  }

  boolean isAt(@Nullable String backend) {
    return turn.backend().id().equals(backend);
  }

  /**
   * Closes it, as the call has ended.
   *
   * @param answered whether what the client was given is of this attempt; else another one followed
   *     it, or won against it
   */
  void close(Ending ending, boolean answered) {
    if (span.isRecording()) {
      where();
      asked(ending);
      if (answered) {
        used(ending);
        judge(ending);
      } else {
        failed(error != null ? error : status >= CLIENT_ERROR ? "status_" + status : "abandoned");
      }
    }
    end();
  }

  private void judge(Ending ending) {
    if (error != null) {
      failed(error);
    } else if (ending.outcome() == Ending.Outcome.CANCELLED) {
      span.setAttribute(Names.ERROR, "cancelled");
    } else if (ending.outcome() == Ending.Outcome.FAILED || status >= CLIENT_ERROR) {
      failed(ending.reason());
    }
  }

  private void end() {
    ended(null);
    span.end(clock.epochNanos(endNanos), TimeUnit.NANOSECONDS);
  }

  private void where() {
    span.setAttribute(Names.PROVIDER, turn.pool().provider().name().toLowerCase(Locale.ROOT));
    span.setAttribute(Names.MODEL, turn.pool().servedModel());
    span.setAttribute(Names.ADDRESS, turn.backend().url().getHost());
    int port = turn.backend().url().getPort();
    if (port > 0) {
      span.setAttribute(Names.PORT, (long) port);
    }
    span.setAttribute(Names.POOL, turn.pool().name());
    span.setAttribute(Names.BACKEND, turn.backend().id());
    if (status != 0) {
      span.setAttribute(Names.STATUS, (long) status);
    }
  }

  private void asked(Ending ending) {
    Call call = ending.call();
    Demand demand = ending.demand();
    if (call == null || demand == null) {
      return;
    }
    String operation = operation(call.operation());
    span.updateName(operation + " " + turn.pool().servedModel());
    span.setAttribute(Names.OPERATION, operation);
    if (demand.completionMax() != Demand.OPEN) {
      span.setAttribute(Names.MAX_TOKENS, (long) demand.completionMax());
    }
    if (call.body().choices() != 1) {
      span.setAttribute(Names.CHOICES, (long) call.body().choices());
    }
    if (!Double.isNaN(call.body().temperature())) {
      span.setAttribute(Names.TEMPERATURE, call.body().temperature());
    }
  }

  private static String operation(Operation operation) {
    return switch (operation) {
      case CHAT_COMPLETIONS -> "chat";
      case COMPLETIONS -> "text_completion";
      case EMBEDDINGS -> "embeddings";
    };
  }

  private void used(Ending ending) {
    Usage usage = ending.usage();
    if (!usage.equals(Usage.NONE)) {
      span.setAttribute(Names.INPUT, (long) usage.promptTokens());
      span.setAttribute(Names.OUTPUT, (long) usage.completionTokens());
      if (usage.cachedTokens() > 0) {
        span.setAttribute(Names.CACHED, (long) usage.cachedTokens());
      }
    }
    if (ending.upstreamFirstByteNanos() > 0 && ending.call() != null) {
      long at = ending.call().startNanos() + ending.upstreamFirstByteNanos();
      span.addEvent(Names.FIRST_TOKEN, clock.epochNanos(at), TimeUnit.NANOSECONDS);
    }
  }

  private void failed(String why) {
    span.setAttribute(Names.ERROR, why);
    span.setStatus(StatusCode.ERROR);
  }
}
