package io.penstock.config.trace;

import java.util.List;

/** What became of a trace file. */
public sealed interface Trace {
  /**
   * It was read.
   *
   * @param rows in the order of their times, the first at 0
   * @param leftOut records of the journal for which no model server did anything
   */
  record Ok(List<TraceRow> rows, int leftOut) implements Trace {}

  /**
   * It cannot be used.
   *
   * @param problem in one line: the file, the line of it, what is wrong and what to do
   */
  record Invalid(String problem) implements Trace {}
}
