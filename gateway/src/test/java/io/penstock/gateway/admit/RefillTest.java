package io.penstock.gateway.admit;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.Rate;
import java.math.BigInteger;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RefillTest {

  @Test
  void cost_overManyRatesAndAmounts_isTheExactQuotientRoundedUp() {
    var random = new SplittableRandom(1);
    for (int i = 0; i < 200_000; i++) {
      var refill =
          new Refill(
              1 + (random.nextLong() >>> random.nextInt(1, 62)),
              1 + (random.nextLong() >>> random.nextInt(12, 62)));
      long amount = random.nextLong() >>> random.nextInt(1, 62);
      BigInteger capacity = BigInteger.valueOf(refill.capacity());
      BigInteger exact =
          BigInteger.valueOf(amount)
              .multiply(BigInteger.valueOf(refill.windowNanos()))
              .add(capacity.subtract(BigInteger.ONE))
              .divide(capacity)
              .min(BigInteger.valueOf(Refill.FOREVER_NANOS));
      assertThat(refill.cost(amount)).as("%s of %s", amount, refill).isEqualTo(exact.longValue());
    }
  }

  @Test
  void amount_overManyRates_isTheLargestThatTheTimePaysFor() {
    var random = new SplittableRandom(2);
    for (int i = 0; i < 200_000; i++) {
      var refill = new Refill(random.nextLong(1, 1L << 40), random.nextLong(1_000, 1L << 52));
      long nanos = random.nextLong(refill.windowNanos());
      long amount = refill.amount(nanos);
      assertThat(refill.cost(amount)).isLessThanOrEqualTo(nanos);
      assertThat(refill.cost(amount + 1)).isGreaterThan(nanos);
    }
  }

  @Test
  void of_aFraction_isOneInALongerTime() {
    assertThat(Refill.of(new Rate(0.5, Duration.ofMinutes(1))))
        .isEqualTo(new Refill(1, Duration.ofMinutes(2).toNanos()));
    assertThat(Refill.of(new Rate(20, Duration.ofHours(1))))
        .isEqualTo(new Refill(20, Duration.ofHours(1).toNanos()));
  }
}
