package io.penstock.gateway.call;

/** A duration as Go prints it, which is how OpenAI's rate-limit headers do: {@code 6m0s}. */
public final class GoDuration {
  private static final long NANOS_PER_MILLI = 1_000_000;

  private GoDuration() {}

  /** Rounded up to whole milliseconds, since a client that comes back early is refused again. */
  public static String format(long nanos) {
    long millis = nanos <= 0 ? 0 : (nanos + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI;
    if (millis == 0) {
      return "0s";
    }
    if (millis < 1000) {
      return millis + "ms";
    }
    long hours = millis / 3_600_000;
    long minutes = millis / 60_000 % 60;
    StringBuilder text = new StringBuilder(16);
    if (hours > 0) {
      text.append(hours).append('h');
    }
    if (hours > 0 || minutes > 0) {
      text.append(minutes).append('m');
    }
    return seconds(text, millis % 60_000).append('s').toString();
  }

  private static StringBuilder seconds(StringBuilder text, long millis) {
    text.append(millis / 1000);
    long fraction = millis % 1000;
    if (fraction > 0) {
      int length = text.append('.').append(1000 + fraction).length();
      text.deleteCharAt(length - 4);
      while (text.charAt(text.length() - 1) == '0') {
        text.setLength(text.length() - 1);
      }
    }
    return text;
  }
}
