package io.penstock.gateway.account;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.util.internal.PlatformDependent;
import org.jspecify.annotations.Nullable;

/**
 * The registry that every stage counts in, with the JVM's own meters, and its text for Prometheus.
 */
public final class Metrics implements AutoCloseable {
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics gc = new JvmGcMetrics();

  public Metrics() {
    new JvmMemoryMetrics().bindTo(registry);
    gc.bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    Gauge.builder("netty.direct.memory", PlatformDependent::usedDirectMemory)
        .description("Direct memory that Netty holds outside the JVM's buffer pools")
        .baseUnit("bytes")
        .register(registry);
  }

  public MeterRegistry registry() {
    return registry;
  }

  /**
   * Everything as text: OpenMetrics where the header asks for it, else the Prometheus format.
   *
   * @param accept the request's {@code Accept}
   */
  public Scrape scrape(@Nullable String accept) {
    String type =
        accept != null && accept.contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
    return new Scrape(type, registry.scrape(type));
  }

  @Override
  public void close() {
    gc.close();
    registry.close();
  }

  /**
   * A scrape's answer.
   *
   * @param contentType of the body
   * @param body the metrics
   */
  public record Scrape(String contentType, String body) {}
}
