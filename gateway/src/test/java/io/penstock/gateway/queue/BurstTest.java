package io.penstock.gateway.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.queue.Burst.Seen;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A pool that is asked for five times what it bears, for a minute: five simulated servers, whose
 * best is about five good answers a second, on a virtual clock.
 */
final class BurstTest {
  private static final int SERVERS = 5;
  private static final double BURST_SECONDS = 60;
  private static final double ENTERPRISE = 1.25;
  private static final double PAID = 8.75;
  private static final double FREE = 15;

  private static double unloadedTtft;
  private static double bestPerSecond;
  private static Burst burst;
  private static Map<String, Seen> seen;

  @BeforeAll
  static void run() {
    unloadedTtft =
        seen(new Burst(SERVERS, 300, Burst.Room.KEPT).with("enterprise", ENTERPRISE)).ttft(0.95);
    for (double rate = 4; rate <= 6; rate += 0.5) {
      var open = new Burst(SERVERS, 150, Burst.Room.NONE).with("enterprise", rate);
      open.run();
      bestPerSecond = Math.max(bestPerSecond, open.goodPerSecond());
    }
    burst = burst(Burst.Room.KEPT);
    seen = burst.run();
  }

  private static Burst burst(Burst.Room room) {
    return new Burst(SERVERS, BURST_SECONDS, room)
        .with("enterprise", ENTERPRISE)
        .with("paid", PAID)
        .with("free", FREE);
  }

  private static Seen seen(Burst alone) {
    return Objects.requireNonNull(alone.run().get("enterprise"));
  }

  private static Seen of(String tier) {
    return Objects.requireNonNull(seen.get(tier));
  }

  @Test
  void enterprise_staysWithinAFifthOfItsUnloadedTime() {
    assertThat(of("enterprise").answered).isEqualTo(of("enterprise").asked);
    assertThat(of("enterprise").ttft(0.95)).isLessThanOrEqualTo(1.2 * unloadedTtft);
  }

  @Test
  void goodput_isThePoolsBest() {
    assertThat(burst.goodPerSecond()).isGreaterThanOrEqualTo(0.95 * bestPerSecond);
  }

  @Test
  void paid_goesToTheSparePool_orIsTold() {
    assertThat(of("paid").degraded).isPositive();
    assertThat(of("paid").answered + of("paid").refused).isEqualTo(of("paid").asked);
  }

  @Test
  void free_isRefused_andServedWhenItComesBackAsTold() {
    assertThat(of("free").refused).isGreaterThan(of("free").asked * 9 / 10);
    assertThat(of("free").kept).isPositive();
    assertThat(of("paid").kept).isPositive();
    assertThat(of("free").broken + of("paid").broken).isZero();
  }

  @Test
  void everybody_isAnsweredOrTold_andNothingIsLeftOver() {
    seen.values().forEach(each -> assertThat(each.answered + each.refused).isEqualTo(each.asked));
    assertThat(burst.taken()).isZero();
  }

  /** What the room is for: without it nobody's answer is in time. */
  @Test
  void withoutARoom_nobodyIsInTime() {
    var open = burst(Burst.Room.NONE);
    open.run();
    assertThat(open.goodPerSecond()).isLessThan(0.1 * bestPerSecond);
  }
}
