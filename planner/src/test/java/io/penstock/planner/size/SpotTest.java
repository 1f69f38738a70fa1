package io.penstock.planner.size;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.penstock.planner.Sample;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SpotTest {
  private static Spot spot(double perHour, double seconds, double confidence) {
    return new Spot(1, perHour, seconds, confidence);
  }

  @Test
  void away_isTheReplacementOverTheWholeCycle() {
    assertThat(spot(1, 3600, 0.99).awayShare()).isEqualTo(0.5);
    assertThat(spot(0.5, 360, 0.99).awayShare()).isCloseTo(0.05 / 1.05, within(1e-12));
    assertThat(spot(0, 360, 0.99).awayShare()).isZero();
  }

  @Test
  void binomial_ofFourCoins_isTheBook() {
    double[] atMost = {1 / 16.0, 5 / 16.0, 11 / 16.0, 15 / 16.0, 1};
    for (int k = 0; k <= 4; k++) {
      assertThat(Spot.atMost(k, 4, 0.5)).isCloseTo(atMost[k], within(1e-12));
    }
    assertThat(Spot.atMost(600, 100_000, 0.005)).isBetween(0.99999, 1.0);
  }

  @Test
  void spares_areTheFewestThatKeepTheConfidence() {
    for (int machines : new int[] {1, 2, 5, 20, 100, 1000}) {
      for (double perHour : new double[] {0.01, 0.2, 2}) {
        for (double confidence : new double[] {0.9, 0.99, 0.9999}) {
          var spot = spot(perHour, 300, confidence);
          int spares = spot.spares(machines);
          double away = spot.awayShare();
          assertThat(Spot.atMost(spares, machines + spares, away))
              .isGreaterThanOrEqualTo(confidence);
          if (spares > 0) {
            assertThat(Spot.atMost(spares - 1, machines + spares - 1, away)).isLessThan(confidence);
          }
        }
      }
    }
  }

  @Test
  void spares_neverFallWithInterruptionsReplacementConfidenceOrMachines() {
    int last = 0;
    for (double perHour = 0.01; perHour < 5; perHour *= 1.5) {
      int now = spot(perHour, 300, 0.99).spares(20);
      assertThat(now).isGreaterThanOrEqualTo(last);
      last = now;
    }
    assertThat(spot(1, 600, 0.99).spares(20)).isGreaterThanOrEqualTo(spot(1, 60, 0.99).spares(20));
    assertThat(spot(1, 300, 0.999).spares(20)).isGreaterThanOrEqualTo(spot(1, 300, 0.9).spares(20));
    assertThat(spot(1, 300, 0.99).spares(40)).isGreaterThanOrEqualTo(spot(1, 300, 0.99).spares(20));
  }

  /** Machines that are taken and replaced at random times, watched for long. */
  @Test
  void spares_keepTheConfidenceWhereMachinesComeAndGo() {
    var spot = spot(1, 600, 0.95);
    int serving = 10;
    int all = serving + spot.spares(serving);
    var random = new Random(7);
    boolean[] up = new boolean[all];
    double[] next = new double[all];
    long enough = 0;
    int looks = 200_000;
    for (int minute = 0; minute < looks; minute++) {
      int there = 0;
      for (int i = 0; i < all; i++) {
        while (next[i] <= minute) {
          up[i] = !up[i];
          next[i] += -Math.log(1 - random.nextDouble()) * (up[i] ? 60 : 10);
        }
        there += up[i] ? 1 : 0;
      }
      enough += there >= serving ? 1 : 0;
    }
    assertThat((double) enough / looks).isBetween(0.94, 0.995);
  }

  @Test
  void spotPool_hasTheStandInsAndCostsLess() {
    var base = Ask.rate(400);
    var onDemand = (Sized) Sizer.size(base, Sample.of(Sample.LLAMA_7B, cheapOnSpot(), 1));
    var mixed =
        (Sized)
            Sizer.size(
                with(base, new Spot(0.5, 0.2, 600, 0.99)),
                Sample.of(Sample.LLAMA_7B, cheapOnSpot(), 1));
    var replicas = mixed.replicas();
    assertThat(replicas.serving()).isEqualTo(onDemand.replicas().serving());
    assertThat(replicas.spot() - replicas.interruption()).isEqualTo(replicas.serving() / 2);
    assertThat(replicas.interruption()).isPositive();
    assertThat(replicas.total()).isEqualTo(onDemand.replicas().total() + replicas.interruption());
    assertThat(mixed.cost().usdPerMonth())
        .isLessThan(onDemand.cost().usdPerMonth())
        .isCloseTo(
            730 * ((replicas.total() - replicas.spot()) * 2.0 + replicas.spot() * 0.5),
            within(1e-6));
    assertThat(replicas.text()).contains(" for interruptions");
    assertThat(Explanation.of(mixed)).anyMatch(line -> line.formula().contains("Binomial"));
  }

  private static io.penstock.planner.hardware.Gpu cheapOnSpot() {
    var gpu = Sample.A100;
    return new io.penstock.planner.hardware.Gpu(
        gpu.name(),
        gpu.memoryBytes(),
        gpu.bandwidthBytesPerSecond(),
        gpu.peak(),
        gpu.hasBf16(),
        gpu.link(),
        2.0,
        0.5);
  }

  private static Requirement with(Requirement base, Spot spot) {
    return new Requirement(
        base.pool(),
        base.demand(),
        base.slo(),
        base.availability().with(spot),
        base.money(),
        base.uncertainty());
  }

  @Test
  void whatCannotBe_isRefused() {
    assertThatThrownBy(() -> new Spot(1.1, 0, 0, 0.99)).hasMessageContaining("spot share");
    assertThatThrownBy(() -> new Spot(0.5, -1, 0, 0.99)).hasMessageContaining("interruptions");
    assertThatThrownBy(() -> new Spot(0.5, Double.NaN, 0, 0.99)).hasMessageContaining("0 or more");
    assertThatThrownBy(() -> new Spot(0.5, 1, 60, 1)).hasMessageContaining("confidence");
  }
}
