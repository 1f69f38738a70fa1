package io.penstock.planner.forecast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.api.Test;

class ForecastTest {
  private static final long START = 1_000_000L * 1440;

  /** The counts of a Poisson stream. */
  private static double poisson(Random random, double mean) {
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.nextGaussian()));
  }

  private static Forecast after(int minutes, LongToDoubleFunction rate) {
    var random = new Random(5);
    var forecast = new Forecast();
    for (int i = 0; i < minutes; i++) {
      forecast.observe(START + i, poisson(random, rate.applyAsDouble(i)));
    }
    return forecast;
  }

  @Test
  void ahead_ofNothing_isNothing() {
    assertThat(new Forecast().ahead(5)).isEqualTo(new Forecast.Ahead(0, 0));
  }

  @Test
  void ahead_ofASteadyLoad_isIt() {
    var ahead = after(120, _ -> 600).ahead(5);

    assertThat(ahead.mean()).isCloseTo(600, within(30.0));
    assertThat(ahead.high()).isBetween(ahead.mean() + 20, 720.0);
  }

  @Test
  void ahead_ofARisingLoad_isMoreThanNow() {
    var forecast = after(60, i -> 100 + 10 * i);

    assertThat(forecast.ahead(5).mean()).isBetween(690.0, 780.0);
    assertThat(forecast.highestWithin(10).high()).isGreaterThan(forecast.ahead(1).high());
  }

  /** A trend is not drawn out for ever: it is damped. */
  @Test
  void ahead_farAway_isBounded() {
    var forecast = after(60, i -> 100 + 10 * i);

    assertThat(forecast.ahead(1000).mean()).isLessThan(1000);
  }

  @Test
  void ahead_ofALoadThatEnded_isNothing() {
    assertThat(after(120, i -> i < 60 ? 600 : 0).ahead(5).mean()).isLessThan(5);
  }

  /** After three days, five in the morning knows that eight o'clock is coming. */
  @Test
  void ahead_knowsTheTimeOfDay() {
    LongToDoubleFunction day =
        i -> 100 + 400 * Math.max(0, Math.sin((i % 1440 - 360) * Math.PI / 720));
    var forecast = after(4 * 1440 + 300, day);

    assertThat(forecast.ahead(180).mean())
        .isBetween(0.7 * day.applyAsDouble(480), 1.4 * day.applyAsDouble(480));
    assertThat(forecast.ahead(1).mean()).isLessThan(170);
  }

  /** What is told as high is passed by about one minute of twenty. */
  @Test
  void high_isPassedSeldom() {
    var random = new Random(11);
    var forecast = new Forecast();
    int passed = 0;
    for (int i = 0; i < 3000; i++) {
      double count = poisson(random, 300 + 100 * Math.sin(i / 60.0));
      if (i > 100 && count > forecast.ahead(1).high()) {
        passed++;
      }
      forecast.observe(START + i, count);
    }
    assertThat(passed / 2900.0).isBetween(0.01, 0.09);
  }

  @Test
  void observe_outOfOrderAndNonsense_isLeftOut() {
    var forecast = after(60, _ -> 100);
    var before = forecast.ahead(3);

    forecast.observe(START + 10, 1e9);
    forecast.observe(START + 61, Double.NaN);
    forecast.observe(START + 61, -5);

    assertThat(forecast.ahead(3)).isEqualTo(before);
  }

  /** The gateway was down for a week. */
  @Test
  void observe_afterAGap_goesOn() {
    var forecast = after(60, _ -> 100);
    forecast.observe(START + 10_000, 200);

    assertThat(forecast.ahead(3).mean()).isBetween(100.0, 200.0);
  }
}
