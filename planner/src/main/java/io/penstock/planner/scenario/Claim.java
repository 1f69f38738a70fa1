package io.penstock.planner.scenario;

import java.math.BigDecimal;
import java.util.Optional;

/**
 * A figure that a document prints.
 *
 * @param what of what
 * @param pool of which pool; empty where there is one alone, or all are meant
 * @param low the figure, or the least of a range
 * @param high the most of a range; the figure where it is none
 * @param tolerance by which share of the figure the model may differ before it is said to
 * @param from the arithmetic by which the document's own figures give it
 * @param because why the model's figure is another, where a word about it helps
 */
public record Claim(
    String what,
    String pool,
    double low,
    double high,
    double tolerance,
    Optional<Arithmetic> from,
    String because) {
  /** Where the document says about, or nothing. */
  public static final double USUAL_TOLERANCE = 0.10;

  /** What a document may round away in its own arithmetic. */
  private static final double ROUNDING = 0.05;

  public Claim {
    if (!Double.isFinite(low) || !(high >= low)) {
      throw new IllegalArgumentException("a figure must be a number, the end of a range above it");
    }
    if (!(tolerance >= 0)) {
      throw new IllegalArgumentException("a tolerance must be 0 or more, not " + tolerance);
    }
  }

  /** The verdict where nothing but the document's own arithmetic can be looked at. */
  public Verdict judge() {
    return contradiction(Optional.empty(), Optional.empty())
        .orElseGet(() -> new Verdict.Holds(from.map(Arithmetic::text), Optional.empty()));
  }

  /**
   * The verdict.
   *
   * @param own the model's figure
   * @param method what the document's own formulas give
   * @param methodDecides whether the figure is the method's to define: a count, not a prediction
   */
  public Verdict judge(Optional<Figure> own, Optional<Figure> method, boolean methodDecides) {
    return contradiction(method, own).orElseGet(() -> against(own, method, methodDecides));
  }

  private Verdict against(Optional<Figure> own, Optional<Figure> method, boolean methodDecides) {
    var arithmetic = method.map(Figure::text).or(() -> from.map(Arithmetic::text));
    return own.isEmpty() || methodDecides || within(own.get().value(), tolerance)
        ? new Verdict.Holds(arithmetic, own)
        : new Verdict.Differs(arithmetic, own.get(), because);
  }

  private Optional<Verdict> contradiction(Optional<Figure> method, Optional<Figure> own) {
    var wrongMethod = method.filter(figure -> !printsAs(figure.value()));
    var wrongSum = from.filter(sum -> !touches(sum.low(), sum.high()));
    return wrongMethod
        .map(Figure::text)
        .or(() -> wrongSum.map(Arithmetic::text))
        .map(text -> new Verdict.ContradictsItself(text, own, because));
  }

  private boolean within(double value, double share) {
    double slack = 1e-9 + share * Math.max(Math.abs(low), Math.abs(high));
    return value >= low - slack && value <= high + slack;
  }

  /** Both ends of the arithmetic are the claim's, but for rounding. */
  private boolean touches(double sumLow, double sumHigh) {
    return close(sumLow, low) && close(sumHigh, high);
  }

  private static boolean close(double a, double b) {
    return Math.abs(a - b) <= ROUNDING * Math.abs(b) + 1e-12;
  }

  /** Whether {@code value}, rounded to the digits that the document prints, is what it prints. */
  private boolean printsAs(double value) {
    double digit =
        Math.pow(
            10, -Math.max(0, new BigDecimal(Double.toString(low)).stripTrailingZeros().scale()));
    return Math.abs(value - low) <= digit / 2 + 1e-12 + 1e-9 * Math.abs(low);
  }
}
