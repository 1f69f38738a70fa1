package io.penstock.planner.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import io.penstock.planner.capacity.FirstTokens.Wait;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FirstTokensTest {
  private static final Wait NONE = new Wait(0, 0);

  @Test
  void aloneInAStep_isAnyPartOfItAndTheOwnOnes() {
    var seen = new FirstTokens(new double[] {1}, new double[] {0.3}, 0.1, NONE, NONE).latency();

    assertThat(seen.mean()).isCloseTo(0.35, within(1e-9));
    assertThat(seen.p50()).isCloseTo(0.35, within(1e-9));
    assertThat(seen.p95()).isCloseTo(0.395, within(1e-9));
    assertThat(seen.p99()).isCloseTo(0.399, within(1e-9));
  }

  @Test
  void exponentialWait_hasItsPercentiles() {
    var seen =
        new FirstTokens(new double[] {1}, new double[] {0.3}, 1e-6, new Wait(0.4, 2), NONE)
            .latency();

    assertThat(seen.mean()).isCloseTo(0.3 + 0.8, within(1e-5));
    assertThat(seen.p50()).isCloseTo(0.3, within(1e-5));
    assertThat(seen.p95()).isCloseTo(0.3 + 2 * Math.log(0.4 / 0.05), within(1e-5));
    assertThat(seen.p99()).isCloseTo(0.3 + 2 * Math.log(0.4 / 0.01), within(1e-5));
  }

  @Test
  void allTogether_isAsThrownByChance() {
    double[] shares = {0.3, 0.4, 0.2, 0.1};
    double[] own = {0.1, 0.2, 0.4, 0.8};
    for (double forPlace : new double[] {0.3, 0.7, 2}) {
      var prompts = new Wait(0.6, 0.3);
      var place = new Wait(0.25, forPlace);
      var seen = new FirstTokens(shares, own, 0.05, prompts, place);
      double[] thrown = thrown(own, prompts, place);

      var latency = seen.latency();
      assertThat(latency.p50()).isCloseTo(at(thrown, 0.5), withPercentage(2));
      assertThat(latency.p95()).isCloseTo(at(thrown, 0.95), withPercentage(2));
      assertThat(latency.p99()).isCloseTo(at(thrown, 0.99), withPercentage(2));
      assertThat(Math.sqrt(seen.variance()))
          .isCloseTo(
              Math.sqrt(
                  Arrays.stream(thrown).map(x -> x * x).average().orElseThrow()
                      - Math.pow(Arrays.stream(thrown).average().orElseThrow(), 2)),
              withPercentage(5));
    }
  }

  /** Prompts of each class are of any length halfway to the neighbours. */
  private static double[] thrown(double[] own, Wait prompts, Wait place) {
    var random = new SplittableRandom(3);
    double[] from = {0.05, 0.15, 0.3, 0.6};
    double[] to = {0.15, 0.3, 0.6, 1.0};
    double[] until = {0.3, 0.7, 0.9, 1};
    double[] thrown = new double[400_000];
    for (int i = 0; i < thrown.length; i++) {
      double uniform = random.nextDouble();
      int kind = 0;
      while (uniform > until[kind]) {
        kind++;
      }
      thrown[i] =
          from[kind]
              + random.nextDouble() * (to[kind] + 0.05 - from[kind])
              + wait(prompts, random)
              + wait(place, random);
    }
    assertThat(own).hasSameSizeAs(from);
    Arrays.sort(thrown);
    return thrown;
  }

  private static double wait(Wait wait, SplittableRandom random) {
    return random.nextDouble() < wait.probability()
        ? -wait.seconds() * Math.log1p(-random.nextDouble())
        : 0;
  }

  private static double at(double[] sorted, double share) {
    return sorted[(int) (share * sorted.length)];
  }

  @Test
  void aLongerWaitOrALikelierOne_isNeverFaster() {
    double before = 0;
    for (double forPlace = 1e-4; forPlace < 100; forPlace *= 1.07) {
      double p99 = p99(0.3, forPlace);
      assertThat(p99).isGreaterThanOrEqualTo(before);
      assertThat(p99(0.31, forPlace)).isGreaterThan(p99 * (1 - 1e-9));
      before = p99;
    }
  }

  private static double p99(double probability, double seconds) {
    var place = new Wait(probability, seconds);
    return new FirstTokens(
            new double[] {0.9, 0.1}, new double[] {0.1, 0.3}, 0.02, new Wait(0.5, 0.2), place)
        .latency()
        .p99();
  }
}
