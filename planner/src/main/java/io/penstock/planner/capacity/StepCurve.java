package io.penstock.planner.capacity;

/**
 * How long a step takes on average by how many decode: points whose distance grows as they do, and
 * lines between them; where a step of more would be shorter, it is taken for as long.
 */
final class StepCurve {
  private static final int POINTS = 13;
  private static final double LEAST_RATIO = 1.4;

  private final double most;
  private final double ratio;
  private final double[] seconds;

  /** What it is made from. */
  @FunctionalInterface
  interface Source {
    double seconds(double decoding);
  }

  /** From 1 to {@code most}, or 1 alone. */
  StepCurve(double most, Source source) {
    this.most = Math.max(1, most);
    this.ratio = Math.max(LEAST_RATIO, Math.pow(this.most, 1.0 / POINTS));
    int points = 2;
    for (double n = ratio; n < this.most; n *= ratio) {
      points++;
    }
    this.seconds = new double[points];
    double n = 1;
    for (int i = 0; i < points; i++) {
      double own = source.seconds(Math.min(n, this.most));
      seconds[i] = i > 0 ? Math.max(seconds[i - 1], own) : own;
      n *= ratio;
    }
  }

  /** The step of {@code decoding} sequences; outside of the points, that of the nearest. */
  double at(double decoding) {
    double from = 1;
    for (int i = 1; i < seconds.length; i++) {
      double to = Math.min(from * ratio, most);
      if (decoding <= to) {
        return decoding <= from ? seconds[i - 1] : between(i, (decoding - from) / (to - from));
      }
      from = to;
    }
    return seconds[seconds.length - 1];
  }

  private double between(int i, double share) {
    return seconds[i - 1] + share * (seconds[i] - seconds[i - 1]);
  }

  /** Where {@code n = work·τ(n)}: as many decode as come and take that many steps; at most all. */
  double balance(double work) {
    if (work * seconds[0] <= 1) {
      return work * seconds[0];
    }
    double from = 1;
    for (int i = 1; i < seconds.length; i++) {
      double to = Math.min(from * ratio, most);
      double overTo = to - work * seconds[i];
      if (overTo >= 0) {
        double shortFrom = work * seconds[i - 1] - from;
        return from + (to - from) * shortFrom / (shortFrom + overTo);
      }
      from = to;
    }
    return most;
  }
}
