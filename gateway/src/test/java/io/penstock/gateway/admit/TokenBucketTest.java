package io.penstock.gateway.admit;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class TokenBucketTest {
  private static final long SECOND = 1_000_000_000L;

  /** Ten tokens, one a second. */
  private static final Refill TEN = new Refill(10, 10 * SECOND);

  /** System.nanoTime may start anywhere, below zero too. */
  private long now = -3 * SECOND;

  private final TokenBucket bucket = new TokenBucket(TEN, now);

  private TokenBucket.Take taken(long amount) {
    return Objects.requireNonNull(bucket.take(amount, now), "not there");
  }

  @Test
  void take_fromAFullBucket_givesTheCapacityAndNotOneMore() {
    taken(10);
    assertThat(bucket.take(1, now)).isNull();
    assertThat(bucket.remaining(now)).isZero();
  }

  @Test
  void waitNanos_whenEmpty_isExact() {
    taken(10);
    assertThat(bucket.waitNanos(3, now)).isEqualTo(3 * SECOND);
    now += 3 * SECOND - 1;
    assertThat(bucket.take(3, now)).isNull();
    now += 1;
    assertThat(bucket.take(3, now)).isNotNull();
  }

  @Test
  void take_afterALongIdleTime_givesNoMoreThanTheCapacity() {
    now += 1_000_000 * SECOND;
    taken(10);
    assertThat(bucket.take(1, now)).isNull();
  }

  @Test
  void settle_withLess_givesTheRestBack() {
    var take = taken(8);
    bucket.settle(take, 3, now);
    assertThat(bucket.remaining(now)).isEqualTo(7);
    assertThat(bucket.fullInNanos(now)).isEqualTo(3 * SECOND);
  }

  @Test
  void settle_withNothing_leavesTheBucketAsItWas() {
    var take = taken(8);
    bucket.settle(take, 0, now);
    assertThat(bucket.fullInNanos(now)).isZero();
  }

  @Test
  void settle_afterTheBucketIsFullAgain_givesNoMoreThanTheCapacity() {
    var take = taken(8);
    now += 60 * SECOND;
    bucket.settle(take, 0, now);
    taken(10);
    assertThat(bucket.take(1, now)).isNull();
  }

  @Test
  void settle_withMore_isDebtThatTheNextOnesWaitFor() {
    var take = taken(5);
    bucket.settle(take, 25, now);
    assertThat(bucket.remaining(now)).isZero();
    assertThat(bucket.waitNanos(1, now)).isEqualTo(16 * SECOND);
    now += 16 * SECOND;
    assertThat(bucket.remaining(now)).isEqualTo(1);
  }

  @Test
  void clock_thatJumpsBack_admitsNothingMoreAndRecovers() {
    taken(4);
    now -= 5 * SECOND;
    assertThat(bucket.take(10, now)).isNull();
    assertThat(bucket.remaining(now)).isEqualTo(1);
    now += 5 * SECOND;
    assertThat(bucket.remaining(now)).isEqualTo(6);
  }

  @Test
  void resize_keepsThePartThatIsFilled() {
    taken(5);
    bucket.resize(new Refill(1000, 60 * SECOND), now);
    assertThat(bucket.remaining(now)).isEqualTo(500);
    bucket.resize(TEN, now);
    assertThat(bucket.remaining(now)).isEqualTo(5);
  }

  @Test
  void settle_afterAResize_leavesNothingBehind() {
    var take = taken(5);
    bucket.resize(new Refill(1000, 70 * SECOND), now);
    bucket.settle(take, 0, now);
    assertThat(bucket.fullInNanos(now)).isZero();
  }

  @Test
  void take_askedEveryNanosecond_doesNotDrift() {
    var odd = new TokenBucket(new Refill(7, 700_001), now);
    long start = now;
    long admitted = 0;
    for (; now < start + 3 * 700_001; now++) {
      if (odd.take(1, now) != null) {
        admitted++;
      }
    }
    // A bucket full at the start and what flows in in three windows, less what is not yet whole.
    assertThat(admitted).isEqualTo(7 + 3 * 7 - 1);
  }

  /** The bucket against one that really counts tokens, in fractions of any length. */
  @Test
  void everything_atRandom_agreesWithPlainArithmetic() {
    var random = new SplittableRandom(7);
    for (int round = 0; round < 300; round++) {
      var refill = new Refill(random.nextLong(1, 100_000), random.nextLong(1_000, 1L << 45));
      compare(new TokenBucket(refill, now), new PlainBucket(refill, now), random);
    }
  }

  private void compare(TokenBucket bucket, PlainBucket plain, SplittableRandom random) {
    Refill refill = bucket.refill();
    List<TokenBucket.Take> takes = new ArrayList<>();
    List<Long> amounts = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      now += random.nextLong(1 + refill.windowNanos() / 20);
      if (takes.isEmpty() || random.nextInt(5) < 3) {
        long amount = random.nextLong(1, 1 + Math.max(1, refill.capacity() / 4));
        long wait = bucket.waitNanos(amount, now);
        TokenBucket.Take take = bucket.take(amount, now);
        assertThat(take != null).isEqualTo(wait == 0);
        plain.assertCanTake(amount, now, take != null);
        if (take != null) {
          plain.add(-amount, now);
          takes.add(take);
          amounts.add(amount);
        }
      } else {
        int which = random.nextInt(takes.size());
        long reserved = amounts.remove(which);
        long used = random.nextLong(2 * reserved + 1);
        bucket.settle(takes.remove(which), used, now);
        plain.add(reserved - used, now);
      }
      plain.assertLevel(bucket.remaining(now), now);
    }
  }

  /** Counts tokens; each operation may have cost the bucket a nanosecond more. */
  private static final class PlainBucket {
    private final Refill refill;
    private BigDecimal level;
    private long atNanos;
    private int operations;

    PlainBucket(Refill refill, long nowNanos) {
      this.refill = refill;
      this.level = BigDecimal.valueOf(refill.capacity());
      this.atNanos = nowNanos;
    }

    private BigDecimal tokensIn(long nanos) {
      return BigDecimal.valueOf(nanos)
          .multiply(BigDecimal.valueOf(refill.capacity()))
          .divide(BigDecimal.valueOf(refill.windowNanos()), java.math.MathContext.DECIMAL128);
    }

    private BigDecimal level(long nowNanos) {
      return level.add(tokensIn(nowNanos - atNanos)).min(BigDecimal.valueOf(refill.capacity()));
    }

    private BigDecimal error() {
      return tokensIn(operations + 1);
    }

    void add(long amount, long nowNanos) {
      level = level(nowNanos).add(BigDecimal.valueOf(amount));
      atNanos = nowNanos;
      operations++;
    }

    void assertCanTake(long amount, long nowNanos, boolean taken) {
      BigDecimal missing = BigDecimal.valueOf(amount).subtract(level(nowNanos));
      if (taken) {
        assertThat(missing).isLessThanOrEqualTo(new BigDecimal("1e-20"));
      } else {
        assertThat(missing.add(error())).isPositive();
      }
    }

    void assertLevel(long remaining, long nowNanos) {
      BigDecimal exact = level(nowNanos).max(BigDecimal.ZERO);
      assertThat(BigDecimal.valueOf(remaining))
          .isLessThanOrEqualTo(exact.add(new BigDecimal("1e-20")));
      assertThat(BigDecimal.valueOf(remaining + 1).add(error())).isGreaterThan(exact);
    }
  }
}
