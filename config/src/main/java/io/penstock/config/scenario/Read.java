package io.penstock.config.scenario;

import io.penstock.config.ConfigProblem;
import java.util.List;

/** What became of a scenario file. */
public sealed interface Read {

  /**
   * It can be planned.
   *
   * @param scenario what it says
   */
  record Ok(Scenario scenario) implements Read {}

  /**
   * It cannot.
   *
   * @param problems every error, at least one, in the order of the file
   */
  record Invalid(List<ConfigProblem> problems) implements Read {}
}
