package io.penstock.gateway.call;

import io.penstock.config.Complexity;
import java.util.List;

/**
 * How hard a request is, and why.
 *
 * @param level the class
 * @param score in [0,1]
 * @param abstained whether the score fell into a band of doubt and the harder class was taken
 * @param signals what the score is the sum of
 */
public record Assessment(Complexity level, double score, boolean abstained, List<Signal> signals) {

  /**
   * One thing that was seen.
   *
   * @param name as the dry run shows it
   * @param value what was measured
   * @param contribution its part of the score
   */
  public record Signal(String name, double value, double contribution) {}
}
