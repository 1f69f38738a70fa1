package io.penstock.planner.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RecentSpreadTest {
  private final RecentSpread spread = new RecentSpread(100);

  @Test
  void quantiles_areThoseOfWhatCame() {
    var random = new SplittableRandom(3);
    for (int i = 0; i < 5000; i++) {
      spread.add(random.nextDouble());
    }
    // The newest hundred or so count, in classes of four percent.
    assertThat(spread.quantile(0.5)).isCloseTo(0.5, within(0.1));
    assertThat(spread.quantile(0.95)).isCloseTo(0.95, within(0.05));
  }

  @Test
  void quantiles_followAChange() {
    for (int i = 0; i < 500_000; i++) {
      spread.add(1);
    }
    assertThat(spread.quantile(0.95)).isCloseTo(1, within(0.05));
    for (int i = 0; i < 5000; i++) {
      spread.add(3);
    }
    assertThat(spread.quantile(0.05)).isCloseTo(3, within(0.15));
    assertThat(spread.count()).isCloseTo(100, within(1.0));
  }

  @Test
  void quantile_whereNothingCame_isUnknown() {
    spread.add(Double.NaN);
    spread.add(0);
    spread.add(-1);
    spread.add(Double.POSITIVE_INFINITY);
    assertThat(spread.quantile(0.5)).isNaN();
    assertThat(spread.count()).isZero();
  }
}
