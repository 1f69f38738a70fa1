package io.penstock.config;

import java.util.List;

/** What became of a config file. */
public sealed interface Loaded {

  /** What deserves a second look, in the order of the file. */
  List<ConfigProblem> warnings();

  /**
   * It can be served.
   *
   * @param config what it says
   * @param warnings what deserves a second look
   */
  record Ok(PenstockConfig config, List<ConfigProblem> warnings) implements Loaded {}

  /**
   * It cannot be served.
   *
   * @param problems every error, at least one, in the order of the file
   * @param warnings what deserves a second look beside them
   */
  record Invalid(List<ConfigProblem> problems, List<ConfigProblem> warnings) implements Loaded {}
}
