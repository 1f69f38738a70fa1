package io.penstock.gateway.cli;

import java.util.List;

/**
 * A command's "no": what it prints on standard error, a line each, and its exit code. It carries no
 * stack.
 */
final class Failure extends RuntimeException {
  static final int THE_ANSWER_IS_NO = 1;
  static final int WRONG_USAGE = 2;
  static final int ENVIRONMENT = 3;

  private static final long serialVersionUID = 1;

  private final int code;
  private final transient List<String> lines;

  private Failure(int code, List<String> lines) {
    super(String.join("\n", lines), null, false, false);
    this.code = code;
    this.lines = List.copyOf(lines);
  }

  static Failure no(List<String> lines) {
    return new Failure(THE_ANSWER_IS_NO, lines);
  }

  static Failure no(String message) {
    return no(List.of("penstock: " + message));
  }

  static Failure usage(String message) {
    return new Failure(WRONG_USAGE, List.of("penstock: " + message));
  }

  static Failure environment(String message) {
    return new Failure(ENVIRONMENT, List.of("penstock: " + message));
  }

  int code() {
    return code;
  }

  List<String> lines() {
    return lines;
  }
}
