package io.penstock.gateway.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.penstock.config.Pool;
import io.penstock.config.Tier;
import io.penstock.gateway.call.Ending;
import io.penstock.gateway.call.Ending.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class AccountTest {
  private final Metrics metrics = new Metrics();
  private final MeterRegistry meters = metrics.registry();
  private final Account account = new Account(Given.config(), meters, System.Logger.Level.DEBUG);

  @AfterEach
  void close() {
    metrics.close();
  }

  /** The value of a line of the scrape, by its whole name and labels. */
  private double scraped(String series) {
    return metrics
        .scrape(null)
        .body()
        .lines()
        .filter(line -> line.startsWith(series + ' '))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
        .findFirst()
        .orElse(Double.NaN);
  }

  private void end(Ending ending, long microUsd) {
    account.opened();
    account.ended(ending, microUsd);
  }

  @Test
  void ended_anAnswer_isCountedUnderTheInterfacesNames() {
    end(Given.streamed(Given.call("r1", true, 1)), 1250);
    assertThat(scraped("penstock_accepted_total")).isEqualTo(1);
    assertThat(
            scraped(
                "penstock_requests_total{complexity=\"simple\",outcome=\"answered\",pool=\"small\",tier=\"paid\"}"))
        .isEqualTo(1);
    assertThat(scraped("penstock_request_seconds_sum{pool=\"small\",tier=\"paid\"}"))
        .isEqualTo(2.04);
    assertThat(scraped("penstock_tokens_total{direction=\"prompt\",pool=\"small\",tier=\"paid\"}"))
        .isEqualTo(120);
    assertThat(
            scraped("penstock_tokens_total{direction=\"completion\",pool=\"small\",tier=\"paid\"}"))
        .isEqualTo(101);
    assertThat(scraped("penstock_cost_usd_total{pool=\"small\",tier=\"paid\"}")).isEqualTo(0.00125);
  }

  @Test
  void ended_aStream_tellsFirstTokenPaceAndOverheadApart() {
    end(Given.streamed(Given.call("r1", true, 1)), 0);
    assertThat(scraped("penstock_ttft_seconds_sum{pool=\"small\"}")).isEqualTo(0.04);
    assertThat(scraped("penstock_ttft_seconds_bucket{pool=\"small\",le=\"0.05\"}")).isEqualTo(1);
    assertThat(scraped("penstock_ttft_seconds_bucket{pool=\"small\",le=\"0.025\"}")).isEqualTo(0);
    assertThat(scraped("penstock_tpot_seconds_sum{pool=\"small\"}")).isEqualTo(0.02);
    // 40 ms to the client's first byte, 37 of them spent by the backend.
    assertThat(scraped("penstock_overhead_seconds_sum")).isEqualTo(0.003);
  }

  @Test
  void ended_aStreamOfSeveralChoices_countsThePaceOfOne() {
    end(Given.streamed(Given.call("r1", true, 5)), 0);
    // 101 tokens over five choices: 20 each, 19 gaps in 2 s.
    assertThat(scraped("penstock_tpot_seconds_sum{pool=\"small\"}"))
        .isEqualTo(2000 * Given.MS / 19 / 1e9);
  }

  @Test
  void ended_withoutAStream_hasNoTimeToFirstToken() {
    end(Given.streamed(Given.call("r1", false, 1)), 0);
    assertThat(scraped("penstock_ttft_seconds_count{pool=\"small\"}")).isZero();
    assertThat(scraped("penstock_overhead_seconds_count")).isEqualTo(1);
  }

  @Test
  void ended_atTheDoor_isLabelledNone() {
    end(Given.refusedAtTheDoor(), 0);
    assertThat(
            scraped(
                "penstock_requests_total{complexity=\"none\",outcome=\"refused\",pool=\"none\",tier=\"none\"}"))
        .isEqualTo(1);
  }

  @Test
  void ended_cancelled_isCountedByState() {
    end(
        Given.ended(
            Outcome.CANCELLED, "streaming", Given.call("r1", true, 1), Given.FREE, Given.SMALL),
        0);
    assertThat(scraped("penstock_cancelled_total{pool=\"small\",state=\"streaming\"}"))
        .isEqualTo(1);
  }

  @Test
  void ended_twice_isCountedOnceAndTold() {
    Ending ending = Given.streamed(Given.call("r1", true, 1));
    end(ending, 100);
    account.ended(ending, 100);
    assertThat(scraped("penstock_double_endings_total")).isEqualTo(1);
    assertThat(scraped("penstock_cost_usd_total{pool=\"small\",tier=\"paid\"}")).isEqualTo(1e-4);
    assertThat(account.open()).isZero();
  }

  @Test
  void ended_twoCallsThatSentTheSameId_areTwo() {
    end(Given.streamed(Given.call("same", true, 1)), 0);
    end(Given.streamed(Given.call("same", true, 1)), 0);
    assertThat(scraped("penstock_double_endings_total")).isZero();
    assertThat(account.totals().getFirst().answered()).isEqualTo(2);
  }

  @Test
  void meters_ofTheConfig_areThereBeforeTheyMove() {
    assertThat(
            scraped(
                "penstock_requests_total{complexity=\"complex\",outcome=\"failed\",pool=\"large\",tier=\"paid\"}"))
        .isZero();
    assertThat(scraped("penstock_streams_broken_total{pool=\"large\"}")).isZero();
  }

  @Test
  void cost_ofManyCalls_addsUpToTheLastMillionth() {
    for (int i = 0; i < 10_000; i++) {
      end(Given.refusedAtTheDoor(), 1);
    }
    assertThat(account.totals().getFirst().microUsd()).isEqualTo(10_000);
    assertThat(scraped("penstock_cost_usd_total{pool=\"none\",tier=\"none\"}")).isEqualTo(0.01);
  }

  @Test
  void retriesAndFallbacks_areCountedByReason() {
    account.retried(Given.SMALL, "connect");
    account.retried(Given.SMALL, "connect");
    account.fellBack(Given.SMALL, Given.LARGE, "no_backend");
    assertThat(scraped("penstock_retries_total{pool=\"small\",reason=\"connect\"}")).isEqualTo(2);
    assertThat(
            scraped("penstock_fallbacks_total{from=\"small\",reason=\"no_backend\",to=\"large\"}"))
        .isEqualTo(1);
  }

  @Test
  void reasons_thatAreNotFixed_endUpAsOther() {
    for (int i = 0; i < 1000; i++) {
      account.retried(Given.SMALL, "reason-" + i);
    }
    assertThat(meters.find("penstock.retries").counters()).hasSizeLessThanOrEqualTo(33);
    assertThat(scraped("penstock_retries_total{pool=\"small\",reason=\"other\"}")).isEqualTo(968);
  }

  @Test
  void gauges_watchedAnew_readTheNewFigure() {
    var gauges = new Gauges(meters);
    var calls = new AtomicInteger(3);
    Pool.Backend backend = Given.SMALL.backends().getFirst();
    gauges.inFlight(Given.SMALL, () -> 1);
    gauges.up(Given.LARGE, Given.LARGE.backends().getFirst(), () -> true);
    gauges.clear();
    gauges.inFlight(Given.SMALL, calls::get);
    gauges.up(Given.SMALL, backend, () -> true);
    gauges.breaker(Given.SMALL, backend, () -> 2);
    assertThat(scraped("penstock_inflight{pool=\"small\"}")).isEqualTo(3);
    calls.set(4);
    assertThat(scraped("penstock_inflight{pool=\"small\"}")).isEqualTo(4);
    assertThat(scraped("penstock_backend_up{backend=\"small-1\",pool=\"small\"}")).isEqualTo(1);
    assertThat(scraped("penstock_backend_up{backend=\"large-1\",pool=\"large\"}")).isNaN();
    assertThat(scraped("penstock_breaker_state{backend=\"small-1\",pool=\"small\"}")).isEqualTo(2);
  }

  @Test
  void scrape_hasTheJvmsOwnMeters() {
    assertThat(metrics.scrape(null).body())
        .contains("jvm_memory_used_bytes")
        .contains("jvm_threads_live_threads")
        .contains("jvm_gc_")
        .contains("process_uptime_seconds")
        .contains("process_cpu_usage")
        .contains("netty_direct_memory_bytes");
  }

  @Test
  void scrape_isOpenMetricsOnlyWhereThatIsAsked() {
    end(Given.streamed(Given.call("r1", true, 1)), 0);
    var plain = metrics.scrape("text/html,*/*");
    assertThat(plain.contentType()).startsWith("text/plain; version=0.0.4");
    assertThat(plain.body()).doesNotContain("# EOF");
    var open = metrics.scrape("application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.3");
    assertThat(open.contentType()).startsWith("application/openmetrics-text");
    assertThat(open.body()).endsWith("# EOF\n").contains("penstock_accepted_total 1");
  }

  @Test
  void accepted_afterRandomEndingsOnManyThreads_isAnsweredRefusedFailedAndCancelled()
      throws InterruptedException {
    var expected = new LongAdder[Outcome.values().length];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = new LongAdder();
    }
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      var random = new SplittableRandom(i);
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int call = 0; call < 3000; call++) {
                  account.opened();
                  Ending ending = random(random);
                  expected[List.of(Outcome.values()).indexOf(ending.outcome())].increment();
                  account.ended(ending, 3);
                }
              }));
    }
    for (Thread thread : threads) {
      assertThat(thread.join(java.time.Duration.ofSeconds(60))).isTrue();
    }
    double sum = 0;
    for (Outcome outcome : Outcome.values()) {
      double counted =
          meters
              .find("penstock.requests")
              .tag("outcome", outcome.name().toLowerCase(java.util.Locale.ROOT))
              .counters()
              .stream()
              .mapToDouble(counter -> counter.count())
              .sum();
      assertThat(counted).isEqualTo(expected[List.of(Outcome.values()).indexOf(outcome)].sum());
      sum += counted;
    }
    assertThat(sum).isEqualTo(scraped("penstock_accepted_total")).isEqualTo(48_000);
    assertThat(account.totals().stream().mapToLong(Totals::calls).sum()).isEqualTo(48_000);
    assertThat(account.totals().stream().mapToLong(Totals::microUsd).sum()).isEqualTo(144_000);
    assertThat(scraped("penstock_open_calls")).isZero();
  }

  private static Ending random(SplittableRandom random) {
    Outcome outcome = Outcome.values()[random.nextInt(4)];
    Tier tier = random.nextBoolean() ? Given.FREE : Given.PAID;
    Pool pool = random.nextBoolean() ? Given.SMALL : Given.LARGE;
    var call = Given.call("r" + random.nextInt(), random.nextBoolean(), 1);
    return switch (random.nextInt(3)) {
      case 0 -> Given.refusedAtTheDoor();
      case 1 -> Given.streamed(call);
      default -> Given.ended(outcome, "waiting", call, tier, pool);
    };
  }

  @Test
  void timers_areInSeconds() {
    end(Given.streamed(Given.call("r1", true, 1)), 0);
    assertThat(meters.get("penstock.overhead").timer().totalTime(TimeUnit.MILLISECONDS))
        .isEqualTo(3);
  }
}
