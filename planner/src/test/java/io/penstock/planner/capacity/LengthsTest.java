package io.penstock.planner.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LengthsTest {

  @Test
  void logNormal_keepsTheMeanAndMostOfTheVariation() {
    var lengths = Lengths.logNormal(400, 1);

    assertThat(lengths.mean()).isCloseTo(400, within(1e-9));
    assertThat(Math.sqrt(lengths.variance()) / 400).isBetween(0.8, 1.0);
    assertThat(lengths.quantile(0.5)).isBetween(250.0, 290.0);
  }

  @Test
  void histogram_hasTheMomentsOfItsCounts() {
    var lengths = Lengths.histogram(new double[] {10, 100}, new double[] {3, 1});

    assertThat(lengths.mean()).isEqualTo(32.5);
    assertThat(lengths.meanByToken()).isCloseTo((0.75 * 100 + 0.25 * 10_000) / 32.5, within(1e-9));
    assertThat(lengths.quantile(0.5)).isEqualTo(10);
    assertThat(lengths.quantile(0.9)).isEqualTo(100);
  }

  @Test
  void normalQuantiles_areThoseOfTheTable() {
    assertThat(Normal.quantile(0.975)).isCloseTo(1.95996, within(5e-4));
    assertThat(Normal.quantile(0.05)).isCloseTo(-1.64485, within(5e-4));
    assertThat(Normal.hazard(0)).isCloseTo(2 * 0.398942, within(1e-5));
  }
}
