package io.penstock.gateway.trace;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Ending;
import io.penstock.gateway.call.Hop;
import io.penstock.gateway.call.Route;
import io.penstock.gateway.call.Trace;
import io.penstock.gateway.call.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * A request's span and those of its attempts. The attempts' are closed with the request's, when
 * their tokens are known, at the times at which they ended.
 */
final class SpanTrace implements Trace {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double MICROS_PER_USD = 1e6;
  private static final int SERVER_ERROR = 500;

  private final Tracer tracer;
  private final Context context;
  private final Span span;
  private final Clock clock;
  private final String method;
  private final List<SpanHop> hops = new ArrayList<>(1);

  SpanTrace(Tracer tracer, Context context, Span span, Clock clock, String method) {
    this.tracer = tracer;
    this.context = context;
    this.span = span;
    this.clock = clock;
    this.method = method;
  }

  @Override
  public Hop hop(Turn turn) {
    Span attempt =
        tracer
            .spanBuilder(turn.pool().servedModel())
            .setParent(context)
            .setSpanKind(SpanKind.CLIENT)
            .setStartTimestamp(clock.epochNanos(System.nanoTime()), TimeUnit.NANOSECONDS)
            .startSpan();
    SpanHop hop = new SpanHop(attempt, context.with(attempt), clock, turn);
    hops.add(hop);
    return hop;
  }

  @Override
  public void ended(Ending ending, long microUsd) {
    closeHops(ending);
    if (span.isRecording()) {
      describe(ending, microUsd);
    }
    span.end(clock.epochNanos(System.nanoTime()), TimeUnit.NANOSECONDS);
  }

  /** Of attempts that raced, the last at the backend that the call ended with has its tokens. */
  private void closeHops(Ending ending) {
    int answered = hops.size() - 1;
    for (int i = 0; i < hops.size(); i++) {
      answered = hops.get(i).isAt(ending.backend()) ? i : answered;
    }
    for (int i = 0; i < hops.size(); i++) {
      hops.get(i).close(ending, i == answered);
    }
  }

  private void describe(Ending ending, long microUsd) {
    Call call = ending.call();
    if (call != null) {
      span.updateName(method + " " + call.operation().path());
      span.setAttribute(Names.ROUTE, call.operation().path());
      span.setAttribute(Names.REQUEST_ID, call.id());
    }
    decided(ending);
    String outcome = ending.outcome().name().toLowerCase(Locale.ROOT);
    span.setAttribute(Names.OUTCOME, outcome);
    span.setAttribute(Names.REASON, ending.reason());
    if (ending.status() != 0) {
      span.setAttribute(Names.STATUS, (long) ending.status());
    }
    if (ending.dispatchNanos() > 0) {
      span.setAttribute(Names.QUEUE, ending.dispatchNanos() / NANOS_PER_SECOND);
    }
    if (microUsd > 0) {
      span.setAttribute(Names.COST, microUsd / MICROS_PER_USD);
    }
    if (ending.outcome() == Ending.Outcome.FAILED || ending.status() >= SERVER_ERROR) {
      span.setAttribute(Names.ERROR, ending.reason());
      span.setStatus(StatusCode.ERROR);
    } else if (ending.outcome() == Ending.Outcome.CANCELLED) {
      span.setAttribute(Names.ERROR, outcome);
    }
  }

  private void decided(Ending ending) {
    Caller caller = ending.caller();
    if (caller != null) {
      span.setAttribute(Names.TENANT, caller.tenant());
      span.setAttribute(Names.TIER, caller.tier().name());
    }
    Demand demand = ending.demand();
    if (demand != null) {
      span.setAttribute(Names.COMPLEXITY, demand.complexity().level().label());
    }
    Route route = ending.route();
    if (route != null) {
      span.setAttribute(Names.POOL, route.pool().name());
    }
    if (ending.backend() != null) {
      span.setAttribute(Names.BACKEND, ending.backend());
    }
  }
}
