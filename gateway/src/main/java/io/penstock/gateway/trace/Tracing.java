package io.penstock.gateway.trace;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.penstock.config.Traces;
import io.penstock.gateway.call.Trace;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes traces where the config wants them, and sends them to its collector. Spans wait in a
 * bounded queue that a thread of its own empties: a collector that is slow or gone costs spans,
 * never a request.
 */
public final class Tracing {
  private static final String SCOPE = "io.penstock.gateway";
  private static final Duration EXPORT_TIMEOUT = Duration.ofSeconds(5);
  private static final long FAREWELL_SECONDS = 2;

  private @Nullable Traces wanted;
  private volatile @Nullable Spans spans;

  /** Traces from now on as a config says; requests under way keep the collector they began with. */
  public synchronized void follow(Optional<Traces> traces) {
    Traces next = traces.orElse(null);
    if (next == null ? wanted == null : next.equals(wanted)) {
      return;
    }
    Spans before = spans;
    spans = next == null ? null : open(next);
    wanted = next;
    if (before != null) {
      var _ = before.provider().shutdown();
    }
  }

  /** A request has come. */
  public Trace begin(HttpServerRequest request) {
    Spans making = spans;
    return making == null ? Trace.NONE : making.begin(request);
  }

  /** Sends what is left, as far as it goes within two seconds; it waits for the collector. */
  public synchronized void close() {
    Spans before = spans;
    spans = null;
    wanted = null;
    if (before != null) {
      var _ = before.provider().shutdown().join(FAREWELL_SECONDS, TimeUnit.SECONDS);
    }
  }

  private static Spans open(Traces traces) {
    OtlpHttpSpanExporterBuilder exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(traces.endpoint() + "/v1/traces")
            .setTimeout(EXPORT_TIMEOUT)
            .setCompression("gzip");
    traces.headers().forEach((name, value) -> exporter.addHeader(name, value.reveal()));
    SdkTracerProvider provider =
        SdkTracerProvider.builder()
            .setResource(
                Resource.create(
                    Attributes.of(
                        Names.SERVICE_NAME, traces.service(),
                        Names.SERVICE_INSTANCE, Long.toString(ProcessHandle.current().pid()))))
            .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(traces.share())))
            .addSpanProcessor(BatchSpanProcessor.builder(exporter.build()).build())
            .build();
    return new Spans(provider, provider.get(SCOPE));
  }
}
