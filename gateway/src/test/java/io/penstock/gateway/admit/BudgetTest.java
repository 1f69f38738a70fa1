package io.penstock.gateway.admit;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.Rate;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class BudgetTest {
  private static final Rate FIVE_A_MONTH = new Rate(5, Duration.ofDays(30));

  private long now = millis("2026-11-21T10:00:00Z");
  private final Budget budget = new Budget(FIVE_A_MONTH, now);

  private static long millis(String instant) {
    return Instant.parse(instant).toEpochMilli();
  }

  private Budget.Hold held(long microUsd) {
    return Objects.requireNonNull(budget.take(microUsd, now), "not there");
  }

  @Test
  void take_beyondTheBudget_givesNothing() {
    held(3_000_000);
    assertThat(budget.take(2_000_001, now)).isNull();
    assertThat(budget.take(2_000_000, now)).isNotNull();
  }

  @Test
  void take_ofNothing_fromASpentBudget_givesNothing() {
    held(5_000_000).settle(5_000_000);
    assertThat(budget.take(0, now)).isNull();
  }

  @Test
  void settle_returnsTheDifference() {
    held(4_000_000).settle(1_000_000);
    assertThat(budget.at(now).spentMicroUsd()).isEqualTo(1_000_000);
    assertThat(budget.at(now).heldMicroUsd()).isZero();
    assertThat(budget.take(4_000_000, now)).isNotNull();
  }

  @Test
  void settle_withMoreThanTheWorstCase_passesTheBudgetByTheDifferenceAlone() {
    held(5_000_000).settle(5_300_000);
    assertThat(budget.at(now).spentMicroUsd()).isEqualTo(5_300_000);
    assertThat(budget.take(1, now)).isNull();
  }

  @Test
  void window_ofAMonth_isTheCalendarsInUtc() {
    held(5_000_000).settle(5_000_000);
    assertThat(budget.at(now).endMillis()).isEqualTo(millis("2026-12-01T00:00:00Z"));
    now = millis("2026-11-30T23:59:59.999Z");
    assertThat(budget.take(1, now)).isNull();
    now = millis("2026-12-01T00:00:00Z");
    assertThat(budget.take(5_000_000, now)).isNotNull();
    assertThat(budget.at(now).endMillis()).isEqualTo(millis("2027-01-01T00:00:00Z"));
  }

  @Test
  void window_ofADayOrAWeek_startsAtMidnightAndOnMonday() {
    var day = new Budget(new Rate(1, Duration.ofDays(1)), now).at(now);
    assertThat(day.startMillis()).isEqualTo(millis("2026-11-21T00:00:00Z"));
    var week = new Budget(new Rate(1, Duration.ofDays(7)), now).at(now);
    assertThat(week.startMillis()).isEqualTo(millis("2026-11-16T00:00:00Z"));
    assertThat(week.endMillis()).isEqualTo(millis("2026-11-23T00:00:00Z"));
  }

  @Test
  void settle_afterTheWindow_doesNotTouchTheNext() {
    var late = held(3_000_000);
    now = millis("2026-12-02T00:00:00Z");
    held(1_000_000).settle(500_000);
    late.settle(2_000_000);
    assertThat(budget.at(now).spentMicroUsd()).isEqualTo(500_000);
    assertThat(budget.at(now).heldMicroUsd()).isZero();
  }

  @Test
  void clock_thatJumpsBackOverTheWindowsStart_keepsTheWindow() {
    now = millis("2026-12-01T00:00:01Z");
    held(5_000_000).settle(5_000_000);
    now = millis("2026-11-30T23:59:00Z");
    assertThat(budget.take(1, now)).isNull();
  }

  @Test
  void resize_keepsWhatIsSpent() {
    held(3_000_000).settle(3_000_000);
    budget.resize(new Rate(4, Duration.ofDays(30)), now);
    assertThat(budget.take(1_000_001, now)).isNull();
    assertThat(budget.take(1_000_000, now)).isNotNull();
  }
}
