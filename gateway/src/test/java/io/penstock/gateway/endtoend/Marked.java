package io.penstock.gateway.endtoend;

import java.util.regex.Pattern;

/**
 * A text before and after a change, written as one: {@code a<<b=>c>>d} is {@code abd} before and
 * {@code acd} after.
 */
record Marked(String before, String after) {
  private static final Pattern CHANGE = Pattern.compile("(?s)<<(.*?)=>(.*?)>>");

  static Marked of(String text) {
    return new Marked(CHANGE.matcher(text).replaceAll("$1"), CHANGE.matcher(text).replaceAll("$2"));
  }
}
