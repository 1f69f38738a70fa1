package io.penstock.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The page's percentiles, from the registry that the gateway has. */
final class BucketsTest {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Timer timer =
      Timer.builder("penstock.ttft")
          .tag("pool", "small")
          .serviceLevelObjectives(
              Duration.ofMillis(100), Duration.ofMillis(200), Duration.ofMillis(400))
          .register(registry);

  @Test
  void quantile_liesWithinItsBucket() {
    record(80, 50);
    record(20, 150);
    var seen = seen();
    assertThat(seen.count()).isEqualTo(100);
    assertThat(seen.quantile(.4)).isCloseTo(.05, within(1e-9));
    assertThat(seen.quantile(.9)).isCloseTo(.15, within(1e-9));
    assertThat(seen.within(.1)).isCloseTo(.8, within(1e-9));
    assertThat(seen.within(.2)).isCloseTo(1, within(1e-9));
  }

  @Test
  void since_countsOnlyWhatCameBetween() {
    record(1000, 50);
    var before = seen();
    record(10, 300);
    var after = seen().since(before);
    assertThat(after.count()).isEqualTo(10);
    assertThat(after.quantile(.5)).isBetween(.2, .4);
    assertThat(after.within(.2)).isZero();
  }

  @Test
  void ofNothing_isNotANumber() {
    assertThat(seen().quantile(.95)).isNaN();
    assertThat(seen().within(.1)).isNaN();
    assertThat(new Readings(registry).buckets("penstock_tpot", "pool", "small").quantile(.95))
        .isNaN();
  }

  @Test
  void readings_sumByLabel_andAreNotANumberWhereNobodyMeasures() {
    Counter.builder("penstock.requests")
        .tags("pool", "a", "outcome", "answered")
        .register(registry)
        .increment(2);
    Counter.builder("penstock.requests")
        .tags("pool", "b", "outcome", "answered")
        .register(registry)
        .increment(3);
    Gauge.builder("penstock.queue.depth", () -> 4).tag("pool", "a").register(registry);
    var readings = new Readings(registry);
    assertThat(readings.sum("penstock_requests", "outcome", "answered")).isEqualTo(5);
    assertThat(readings.sum("penstock_requests", "pool", "b")).isEqualTo(3);
    assertThat(readings.sum("penstock_queue_depth", "pool", "a")).isEqualTo(4);
    assertThat(readings.sum("penstock_queue_depth", "pool", "b")).isNaN();
    assertThat(readings.labels("penstock_requests", "pool")).containsExactly("a", "b");
  }

  private void record(int times, int millis) {
    for (int i = 0; i < times; i++) {
      timer.record(Duration.ofMillis(millis));
    }
  }

  private Buckets seen() {
    return new Readings(registry).buckets("penstock_ttft", "pool", "small");
  }
}
