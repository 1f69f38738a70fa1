package io.penstock.planner.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClaimTest {
  private static Claim claim(double value, String from) {
    return new Claim(
        "figure",
        "",
        value,
        value,
        0.1,
        from.isEmpty() ? Optional.empty() : Optional.of(Arithmetic.of(from)),
        "");
  }

  private static Optional<Figure> own(double value) {
    return Optional.of(new Figure(value, "by hand"));
  }

  private static String predicted(Claim claim, Optional<Figure> own, Optional<Figure> method) {
    return claim.judge(own, method, /* methodDecides= */ false).word();
  }

  private static String counted(Claim claim, Optional<Figure> own, Optional<Figure> method) {
    return claim.judge(own, method, /* methodDecides= */ true).word();
  }

  @ParameterizedTest
  @CsvSource({
    "1 + 2 * 3, 7, 7",
    "(1 + 2) * 3, 9, 9",
    "8 * 12..15, 96, 120",
    "100 / 2..4, 25, 50",
    "10 - 2..4, 6, 8",
    "ceil(1000 / 12..15), 67, 84",
    "floor(7.9), 7, 7",
    "ceil(0.1 * 3 * 10), 3, 3"
  })
  void arithmetic_carriesBothEndsOfARange(String text, double low, double high) {
    var sum = Arithmetic.of(text);
    assertThat(sum.low()).isEqualTo(low);
    assertThat(sum.high()).isEqualTo(high);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1 +", "(1", "1)", "a", "1 / 0", "1 2", "..", "1..", "- 1"})
  void arithmetic_thatIsNone_isRefused(String text) {
    assertThatThrownBy(() -> Arithmetic.of(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void agreement_holds() {
    assertThat(predicted(claim(100, ""), own(109), Optional.empty())).isEqualTo("holds");
  }

  @Test
  void otherFigure_differs() {
    assertThat(predicted(claim(100, "50 * 2"), own(111), Optional.empty())).isEqualTo("differs");
  }

  @Test
  void otherArithmetic_contradicts_whateverTheModelSays() {
    assertThat(predicted(claim(100, "3 * 50"), own(100), Optional.empty()))
        .isEqualTo("contradicts itself");
  }

  @Test
  void methodThatCounts_decides() {
    assertThat(counted(claim(4, ""), own(40), own(4))).isEqualTo("holds");
    assertThat(counted(claim(5, ""), own(5), own(4))).isEqualTo("contradicts itself");
  }

  @Test
  void methodThatPredicts_isHeldAgainstTheModel() {
    assertThat(predicted(claim(4, ""), own(40), own(4))).isEqualTo("differs");
  }

  @Test
  void methodsFigure_isRoundedToThePrintedDigits() {
    assertThat(predicted(claim(2857.6, ""), own(2857.6), own(2857.603))).isEqualTo("holds");
    assertThat(predicted(claim(2857.6, ""), own(2857.6), own(2857.71)))
        .isEqualTo("contradicts itself");
  }
}
