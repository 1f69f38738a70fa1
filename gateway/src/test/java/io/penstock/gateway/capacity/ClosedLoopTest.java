package io.penstock.gateway.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.planner.simulate.Calls;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * The closed loop on a virtual clock: a pool whose servers are slower than configured, each by a
 * factor of its own, scaled by what the gateway learns of them, beside an autoscaler on calls in
 * flight and beside as many as the plan has for the busiest minute. Deterministic; the bounds leave
 * room for changes of the model. {@link ClosedLoopOfTrace} prints the same for a recorded trace.
 */
class ClosedLoopTest {
  private static final double NANOS = 1e9;
  private static final double WARM_SECONDS = 300;

  /** Requests in each two minutes of half an hour of Azure's conversations of 2023. */
  private static final int[] PER_TWO_MINUTES = {
    456, 682, 580, 529, 620, 603, 671, 562, 588, 694, 694, 804, 784, 912, 929
  };

  private static final double HALF_AN_HOUR = 1800;

  private static double recorded(double seconds) {
    int slot = (int) Math.clamp(seconds / 120, 0, PER_TWO_MINUTES.length - 1.0);
    return PER_TWO_MINUTES[slot] / 120.0;
  }

  /** Calls that come by chance at a rate that moves, for so long. */
  private static Calls calls(DoubleUnaryOperator perSecond, double seconds, long seed) {
    double most = 15;
    var random = new SplittableRandom(seed);
    var built = new Calls.Builder();
    double at = 0;
    while (true) {
      at -= Math.log(1 - random.nextDouble()) / most;
      if (at >= seconds) {
        return built.build();
      }
      if (random.nextDouble() * most < perSecond.applyAsDouble(at)) {
        built.add(Math.round(at * NANOS), length(random, 1150), length(random, 210), 1);
      }
    }
  }

  private static int length(SplittableRandom random, double mean) {
    double sigma = 0.9;
    double drawn = mean * Math.exp(sigma * random.nextGaussian() - sigma * sigma / 2);
    return (int) Math.clamp(drawn, 10, 6000);
  }

  @Test
  void halfAnHourAsRecorded_keepsTheSlo_withFewerReplicasThanThePeak_andFewerMissesThanByUse() {
    int misses = 0;
    int missesByUse = 0;
    for (long seed : new long[] {1, 3, 4}) {
      var calls =
          calls(seconds -> recorded(seconds - WARM_SECONDS), WARM_SECONDS + HALF_AN_HOUR, seed);
      var loop = new VirtualLoop(calls, WARM_SECONDS, HALF_AN_HOUR, seed);
      int first = loop.plannedAtFirst();
      var gateway = loop.gateway(first);
      var use = loop.utilization(first);
      var fixed = loop.fixed(loop.plannedAtPeak());
      String seen = "seed %d: gateway %s%nby use %s%npeak %s".formatted(seed, gateway, use, fixed);
      assertThat(gateway.attained()).as(seen).isGreaterThan(0.985);
      assertThat(gateway.replicaHours()).as(seen).isLessThan(0.8 * fixed.replicaHours());
      misses += gateway.misses();
      missesByUse += use.misses();
    }
    assertThat(misses).isLessThanOrEqualTo(missesByUse);
  }

  @Test
  void aDayInAnHour_keepsTheSlo_withFewerReplicasThanThePeak() {
    var calls =
        calls(
            seconds -> 5.5 - 3.5 * Math.cos(2 * Math.PI * seconds / 3600), WARM_SECONDS + 3000, 4);
    var loop = new VirtualLoop(calls, WARM_SECONDS, 3000, 4);
    var gateway = loop.gateway(loop.plannedAtFirst());
    var fixed = loop.fixed(loop.plannedAtPeak());

    String seen = "gateway %s%npeak %s".formatted(gateway, fixed);
    assertThat(gateway.attained()).as(seen).isGreaterThan(0.985);
    assertThat(gateway.replicaHours()).as(seen).isLessThan(0.8 * fixed.replicaHours());
  }

  @Test
  void aLoadThatDoublesAtOnce_isMissedForLittleMoreThanAServerTakesToStart() {
    var calls = calls(seconds -> seconds < 900 ? 4 : 8, 1800, 5);
    var gateway = new VirtualLoop(calls, WARM_SECONDS, 1500, 5);
    var seen = gateway.gateway(gateway.plannedAtFirst());

    // A minute and a half of eight a second are a thirteenth of all.
    assertThat(seen.attained()).as(seen.toString()).isGreaterThan(1 - 1 / 13.0);
  }
}
