package io.penstock.loadtest.modelserver;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What real model servers do on the wire and a gateway must survive. */
public enum Quirk {
  CLOSE_AFTER_STREAM("announces keep-alive and closes the connection after every stream"),
  EARLY_HEADERS("sends a stream's head at once, long before its first token"),
  TWO_EVENTS_PER_CHUNK("puts two events into one chunk"),
  USAGE_WITH_CHOICES(
      "sends the usage together with the last choices instead of in a frame of its own"),
  USAGE_PER_CHOICE(
      "sends one usage frame for each choice; without a stream counts the first choice only"),
  CLIENT_FAULT_500("answers 500 where the client sent malformed input"),
  INTEGER_ERROR_CODE("errors have a number as code and no param"),
  FLAT_ERROR("errors are flat objects, not wrapped in error"),
  ANY_MODEL_ACCEPTED("takes every model name and answers with its own"),
  CRLF_FRAMES("ends the lines of events with CR LF"),
  SSE_COMMENTS("sends comments between the events"),
  SPLIT_EVERY_BYTE("writes one byte at a time"),
  NO_DONE("ends streams without [DONE]"),
  NO_USAGE("never sends usage in streams"),
  KEEPALIVE_5S("closes a connection that was idle for five seconds");

  private final String help;

  Quirk(String help) {
    this.help = help;
  }

  /** As it is written on the command line: {@code close-after-stream}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  public String help() {
    return help;
  }

  /** Reads {@link #word}; refuses others with the words there are. */
  public static Quirk parse(String word) {
    return Arrays.stream(values())
        .filter(quirk -> quirk.word().equals(word))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("no quirk '" + word + "'; there are " + words()));
  }

  private static String words() {
    return Arrays.stream(values()).map(Quirk::word).collect(Collectors.joining(", "));
  }
}
