package io.penstock.gateway.trace;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One collector's spans.
 *
 * @param provider what is shut down at the end
 * @param tracer makes them
 */
record Spans(SdkTracerProvider provider, Tracer tracer) {
  private static final TextMapGetter<MultiMap> HEADERS = Spans::header;

  private static @Nullable String header(@Nullable MultiMap headers, String name) {
    return headers == null ? null : headers.get(name);
  }

  /** The request's span: a child of the client's where it sent one. */
  SpanTrace begin(HttpServerRequest request) {
    Context parent =
        W3CTraceContextPropagator.getInstance().extract(Context.root(), request.headers(), HEADERS);
    String method = request.method().name();
    Clock clock = Clock.now();
    Span span =
        tracer
            .spanBuilder(method)
            .setParent(parent)
            .setSpanKind(SpanKind.SERVER)
            .setStartTimestamp(clock.startEpochNanos(), TimeUnit.NANOSECONDS)
            .setAttribute(Names.METHOD, method)
            .startSpan();
    return new SpanTrace(tracer, parent.with(span), span, clock, method);
  }
}
