package io.penstock.gateway.capacity;

/** A mean in which the newest value has a weight of a fiftieth, more while there are few. */
final class Mean {
  private static final double NEWEST = 0.02;

  private double value = Double.NaN;
  private int count;

  void add(double next) {
    if (Double.isNaN(next) || Double.isInfinite(next)) {
      return;
    }
    count++;
    value = count == 1 ? next : value + Math.max(NEWEST, 1.0 / count) * (next - value);
  }

  double value() {
    return value;
  }
}
