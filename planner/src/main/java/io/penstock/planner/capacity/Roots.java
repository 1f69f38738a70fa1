package io.penstock.planner.capacity;

import java.util.function.DoubleUnaryOperator;

/** Where a function has a value. */
final class Roots {
  private static final int STEPS = 80;

  private Roots() {}

  /**
   * Where {@code f}, which falls, reaches {@code value}, by the Illinois variant of false position.
   *
   * @param overLow {@code f(low) − value}, 0 or more
   * @param overHigh {@code f(high) − value}, 0 or less
   * @param precision relative
   */
  static double falling(
      DoubleUnaryOperator f,
      double value,
      double low,
      double overLow,
      double high,
      double overHigh,
      double precision) {
    double left = low;
    double right = high;
    double overLeft = overLow;
    double overRight = overHigh;
    int side = 0;
    for (int i = 0; i < STEPS && right - left > precision * right && overRight < 0; i++) {
      double middle = (left * overRight - right * overLeft) / (overRight - overLeft);
      if (!(middle > left && middle < right) || i % 8 == 7) {
        middle = (left + right) / 2;
      }
      double over = f.applyAsDouble(middle) - value;
      if (Math.abs(over) < precision) {
        return middle;
      }
      if (over > 0) {
        left = middle;
        overLeft = over;
        overRight = side > 0 ? overRight / 2 : overRight;
        side = 1;
      } else {
        right = middle;
        overRight = over;
        overLeft = side < 0 ? overLeft / 2 : overLeft;
        side = -1;
      }
    }
    return right;
  }
}
