package io.penstock.planner.scenario;

import io.penstock.planner.size.Show;

/**
 * A figure and where it comes from.
 *
 * @param value in the unit of its name
 * @param formula in one line
 */
public record Figure(double value, String formula) {
  /** {@code 84 (67 for the peak, ...)}. */
  public String text() {
    return Show.number(value) + " (" + formula + ")";
  }
}
