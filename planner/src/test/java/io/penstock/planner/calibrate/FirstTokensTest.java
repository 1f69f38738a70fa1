package io.penstock.planner.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FirstTokensTest {
  private final FirstTokens tokens = new FirstTokens();
  private final Random random = new Random(7);

  /** What came before it is as likely long as short, so it matters most to a short prompt. */
  private double took(double said) {
    return said * Math.exp(0.1 * random.nextGaussian()) - 0.02 * Math.log(1 - random.nextDouble());
  }

  private double said() {
    return 0.005 * Math.exp(1.2 * random.nextGaussian());
  }

  @Test
  void around_whenLittleWasSeen_isUnknown() {
    for (int i = 0; i < 35; i++) {
      tokens.add(0.01, 0.02);
    }
    assertThat(tokens.around(0.01).isKnown()).isFalse();
    for (int i = 0; i < 10; i++) {
      tokens.add(0.01, 0.02);
    }
    assertThat(tokens.around(0.01).p95()).isCloseTo(0.02, within(0.001));
    assertThat(tokens.around(Double.NaN).isKnown()).isFalse();
  }

  @Test
  void around_ofShortAndOfLong_isTheSpreadOfThose() {
    for (int i = 0; i < 4000; i++) {
      double said = said();
      tokens.add(said, took(said));
    }
    for (double said : new double[] {0.003, 0.01, 0.05}) {
      double[] truth = new double[4001];
      Arrays.setAll(truth, _ -> took(said));
      Arrays.sort(truth);
      assertThat(tokens.around(said).p50()).isCloseTo(truth[2000], within(0.2 * truth[2000]));
      assertThat(tokens.around(said).p95()).isCloseTo(truth[3800], within(0.25 * truth[3800]));
    }
  }

  /** Of what was never seen the pool's spread is all there is to say. */
  @Test
  void around_ofWhatWasNeverSeen_isThePoolsSpread() {
    for (int i = 0; i < 400; i++) {
      tokens.add(0.01, i % 10 == 0 ? 0.04 : 0.02);
    }
    assertThat(tokens.around(1).p50()).isCloseTo(2, within(0.1));
    assertThat(tokens.around(1).p95()).isCloseTo(4, within(0.2));
  }

  @Test
  void nonsense_isLeftOut() {
    for (int i = 0; i < 100; i++) {
      tokens.add(0, 1);
      tokens.add(1, Double.NaN);
      tokens.add(Double.NaN, 1);
      tokens.add(-1, 1);
      tokens.add(1, 0);
    }
    assertThat(tokens.around(1).isKnown()).isFalse();
  }
}
