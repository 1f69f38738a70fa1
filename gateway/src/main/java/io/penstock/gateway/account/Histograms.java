package io.penstock.gateway.account;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;

/**
 * The histograms and their bounds, chosen where answers of language models lie: tens of
 * milliseconds to a first token, minutes to a whole answer, and microseconds for what Penstock
 * adds.
 */
final class Histograms {
  private Histograms() {}

  static Timer request(MeterRegistry meters, String tier, String pool) {
    return timer(
        meters,
        "penstock.request",
        "From the request's head to the end of a whole or failed answer",
        Tags.of("tier", tier, "pool", pool),
        millis(5, 10, 25, 50, 100, 250, 500, 1e3, 2.5e3, 5e3, 1e4, 2e4, 3e4, 6e4, 12e4, 3e5, 6e5));
  }

  static Timer queue(MeterRegistry meters, String tier, String pool) {
    return timer(
        meters,
        "penstock.queue",
        "How long calls waited for a place that had to",
        Tags.of("pool", pool, "tier", tier),
        millis(1, 5, 10, 25, 50, 100, 200, 400, 800, 1.5e3, 3e3, 6e3, 1e4, 2e4, 3e4, 6e4));
  }

  static Timer timeToFirstToken(MeterRegistry meters, String pool) {
    return timer(
        meters,
        "penstock.ttft",
        "From the request's head to a stream's first byte",
        Tags.of("pool", pool),
        millis(10, 25, 50, 75, 100, 150, 200, 300, 400, 600, 800, 1e3, 1.5e3, 3e3, 6e3, 15e3, 6e4));
  }

  static Timer timePerOutputToken(MeterRegistry meters, String pool) {
    return timer(
        meters,
        "penstock.tpot",
        "Between two tokens of one choice, on average over a stream",
        Tags.of("pool", pool),
        millis(1, 2.5, 5, 7.5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 250, 500, 1e3));
  }

  static Timer overhead(MeterRegistry meters) {
    return timer(
        meters,
        "penstock.overhead",
        "What Penstock added before the first byte",
        Tags.empty(),
        millis(.05, .1, .15, .2, .3, .4, .5, .75, 1, 1.5, 2, 3, 5, 10, 25, 50, 100, 250, 1e3));
  }

  private static Timer timer(
      MeterRegistry meters, String name, String description, Tags tags, Duration[] bounds) {
    return Timer.builder(name)
        .description(description)
        .tags(tags)
        .serviceLevelObjectives(bounds)
        .register(meters);
  }

  private static Duration[] millis(double... bounds) {
    return Arrays.stream(bounds)
        .mapToObj(millis -> Duration.ofNanos(Math.round(millis * 1e6)))
        .toArray(Duration[]::new);
  }
}
