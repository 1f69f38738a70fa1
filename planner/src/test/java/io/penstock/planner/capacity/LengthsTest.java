package io.penstock.planner.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
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
    assertThat(Normal.over(1.64485)).isCloseTo(0.05, within(2e-4));
    assertThat(Normal.over(-1.95996)).isCloseTo(0.975, within(2e-4));
  }

  @Test
  void classes_ofManyLengths_keepTheMeanAndTheTail() {
    double[] tokens = IntStream.rangeClosed(1, 1000).asDoubleStream().toArray();
    var lengths = Lengths.histogram(tokens, tokens);
    var classes = lengths.classes();

    double mean = 0;
    double shares = 0;
    for (int i = 0; i < classes.count(); i++) {
      mean += classes.shares()[i] * classes.tokens()[i];
      shares += classes.shares()[i];
    }
    assertThat(shares).isCloseTo(1, within(1e-9));
    assertThat(mean).isCloseTo(lengths.mean(), within(1e-6));
    assertThat(classes.tokens()).isSorted().hasSizeLessThan(20);
    assertThat(classes.tokens()[classes.count() - 1]).isBetween(lengths.quantile(0.99), 1000.0);
  }

  @Test
  void classes_ofFewLengths_areTheLengths() {
    var lengths = Lengths.histogram(new double[] {10, 100}, new double[] {3, 1});

    assertThat(lengths.classes().tokens()).containsExactly(10, 100);
    assertThat(lengths.classes().shares()).containsExactly(0.75, 0.25);
  }
}
