package io.penstock.loadtest.modelserver;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Something that goes wrong on purpose.
 *
 * @param probability how often, of the requests that generate; 1: always
 * @param value the status of {@link Kind#STATUS}, the factor of {@link Kind#SLOW}
 */
public record Fault(Kind kind, double probability, double value) {
  /** What can go wrong; the word on the command line is the name in lower case with dashes. */
  public enum Kind {
    ERROR("error=P", "answers 500 to this share of requests"),
    STATUS("status=CODE[:P]", "answers with this status"),
    HANG_BEFORE_FIRST_TOKEN("hang-before-first-token[=P]", "takes the request and never answers"),
    HANG_MID_STREAM(
        "hang-mid-stream[=P]", "stops in the middle of the answer and keeps the connection open"),
    CUT_MID_STREAM("cut-mid-stream[=P]", "closes the connection in the middle of the answer"),
    SLOW("slow=Fx", "every engine step takes this many times as long (not at speed 0)"),
    REFUSE("refuse", "the port refuses connections"),
    RESET("reset[=P]", "resets the connection before any byte of the answer"),
    GARBAGE("garbage[=P]", "answers bytes that are not HTTP"),
    GARBAGE_BODY("garbage-body[=P]", "answers 200 and a body that is not JSON"),
    WRONG_CONTENT_TYPE("wrong-content-type[=P]", "answers 200 and an HTML page"),
    ERROR_BODY_200("200-with-error-body[=P]", "answers 200 and an error body"),
    ERROR_IN_STREAM("error-in-stream[=P]", "sends an error event in the middle of a stream");

    private final String form;
    private final String help;

    Kind(String form, String help) {
      this.form = form;
      this.help = help;
    }

    private String word() {
      return this == ERROR_BODY_200
          ? "200-with-error-body"
          : name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** One line for each kind: how it is written and what it does. */
  public static List<String> help() {
    return Arrays.stream(Kind.values())
        .map(kind -> "%-30s %s".formatted(kind.form, kind.help))
        .toList();
  }

  public static Fault always(Kind kind) {
    return new Fault(kind, 1, 0);
  }

  public static Fault status(int status) {
    return new Fault(Kind.STATUS, 1, status);
  }

  /** Reads {@code kind}, {@code kind=value} and {@code kind=value:probability}. */
  public static Fault parse(String spec) {
    int equals = spec.indexOf('=');
    var kind = kind(equals < 0 ? spec : spec.substring(0, equals), spec);
    String value = equals < 0 ? "" : spec.substring(equals + 1);
    return switch (kind) {
      case STATUS -> status(value, spec);
      case SLOW ->
          new Fault(
              kind,
              1,
              number(
                  value.endsWith("x") ? value.substring(0, value.length() - 1) : value,
                  1e-6,
                  1e6,
                  spec));
      case REFUSE -> bare(kind, value, spec);
      case ERROR -> new Fault(kind, probability(value, spec), 500);
      default -> new Fault(kind, value.isEmpty() ? 1 : probability(value, spec), 0);
    };
  }

  private static Kind kind(String word, String spec) {
    return Arrays.stream(Kind.values())
        .filter(kind -> kind.word().equals(word))
        .findFirst()
        .orElseThrow(() -> wrong(spec));
  }

  private static Fault bare(Kind kind, String value, String spec) {
    if (!value.isEmpty()) {
      throw wrong(spec);
    }
    return always(kind);
  }

  private static Fault status(String value, String spec) {
    int colon = value.indexOf(':');
    double status = number(colon < 0 ? value : value.substring(0, colon), 400, 599, spec);
    return new Fault(
        Kind.STATUS, colon < 0 ? 1 : probability(value.substring(colon + 1), spec), status);
  }

  private static double probability(String text, String spec) {
    return number(text, 0, 1, spec);
  }

  private static double number(String text, double least, double most, String spec) {
    try {
      double number = Double.parseDouble(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Told below, as the numbers out of range are.
    }
    throw wrong(spec);
  }

  private static IllegalArgumentException wrong(String spec) {
    String forms =
        Arrays.stream(Kind.values()).map(kind -> kind.form).collect(Collectors.joining(", "));
    return new IllegalArgumentException("no fault '" + spec + "'; there are " + forms);
  }
}
