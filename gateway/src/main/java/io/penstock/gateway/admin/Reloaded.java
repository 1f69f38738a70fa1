package io.penstock.gateway.admin;

import java.util.List;

/** What came of reading the config again. Each line names the file, the line and the key. */
public sealed interface Reloaded {

  /**
   * The new config serves.
   *
   * @param warnings what an operator should look at
   */
  record Taken(List<String> warnings) implements Reloaded {}

  /**
   * The old config serves on.
   *
   * @param errors every error of the new one
   */
  record Refused(List<String> errors) implements Reloaded {}
}
