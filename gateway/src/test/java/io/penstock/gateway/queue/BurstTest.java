package io.penstock.gateway.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.queue.Burst.Seen;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A pool that is asked for five times what it bears, for a minute: five simulated servers, whose
 * best is about five good answers a second, on a virtual clock.
 */
final class BurstTest {
  private static final int SEEDS = 8;
  private static final int SERVERS = 5;
  private static final double BURST_SECONDS = 60;
  private static final double ENTERPRISE = 1.25;
  private static final double PAID = 8.75;
  private static final double FREE = 15;

  private static final List<Judged> JUDGED = new ArrayList<>();

  /** One burst, with what was best of the same seed's arrivals beside it. */
  private record Judged(
      double unloadedTtft, double bestPerSecond, Burst burst, Map<String, Seen> seen) {
    Seen of(String tier) {
      return Objects.requireNonNull(seen.get(tier));
    }

    double timesUnloaded() {
      return of("enterprise").ttft(0.95) / unloadedTtft;
    }
  }

  @BeforeAll
  static void run() {
    for (int seed = 1; seed <= SEEDS; seed++) {
      var alone = new Burst(seed, SERVERS, 300, Burst.Room.KEPT).with("enterprise", ENTERPRISE);
      double unloaded = Objects.requireNonNull(alone.run().get("enterprise")).ttft(0.95);
      Burst burst = burst(seed, Burst.Room.KEPT);
      JUDGED.add(new Judged(unloaded, best(seed), burst, burst.run()));
    }
  }

  private static double best(int seed) {
    double best = 0;
    for (double rate = 4; rate <= 6; rate += 0.5) {
      var open = new Burst(seed, SERVERS, 150, Burst.Room.NONE).with("enterprise", rate);
      open.run();
      best = Math.max(best, open.goodPerSecond());
    }
    return best;
  }

  private static Burst burst(int seed, Burst.Room room) {
    return new Burst(seed, SERVERS, BURST_SECONDS, room)
        .with("enterprise", ENTERPRISE)
        .with("paid", PAID)
        .with("free", FREE);
  }

  private static double mean(ToDoubleFunction<Judged> of) {
    return JUDGED.stream().mapToDouble(of).average().orElseThrow();
  }

  @Test
  void enterprise_staysWithinAFifthOfItsUnloadedTime() {
    assertThat(JUDGED)
        .allSatisfy(run -> {
          assertThat(run.of("enterprise").answered).isEqualTo(run.of("enterprise").asked);
          assertThat(run.timesUnloaded()).isLessThanOrEqualTo(1.25);
        });
    assertThat(mean(Judged::timesUnloaded)).isLessThanOrEqualTo(1.2);
  }

  @Test
  void goodput_isThePoolsBest() {
    assertThat(mean(run -> run.burst().goodPerSecond()))
        .isGreaterThanOrEqualTo(0.95 * mean(Judged::bestPerSecond));
  }

  @Test
  void paid_goesToTheSparePool_orIsTold() {
    assertThat(JUDGED)
        .extracting(run -> run.of("paid"))
        .allSatisfy(paid -> {
          assertThat(paid.degraded).isPositive();
          assertThat(paid.answered + paid.refused).isEqualTo(paid.asked);
        });
  }

  @Test
  void free_isRefused_andServedWhenItComesBackAsTold() {
    assertThat(JUDGED)
        .allSatisfy(run -> {
          assertThat(run.of("free").refused).isGreaterThan(run.of("free").asked * 9 / 10);
          assertThat(run.of("free").kept + run.of("paid").kept).isPositive();
          assertThat(run.of("free").broken + run.of("paid").broken).isZero();
        });
  }

  @Test
  void everybody_isAnsweredOrTold_andNothingIsLeftOver() {
    for (Judged run : JUDGED) {
      run.seen()
          .values()
          .forEach(each -> assertThat(each.answered + each.refused).isEqualTo(each.asked));
      assertThat(run.burst().taken()).isZero();
    }
  }

  /** What the room is for: without it nobody's answer is in time. */
  @Test
  void withoutARoom_nobodyIsInTime() {
    var open = burst(1, Burst.Room.NONE);
    open.run();
    assertThat(open.goodPerSecond()).isLessThan(0.1 * JUDGED.getFirst().bestPerSecond());
  }
}
