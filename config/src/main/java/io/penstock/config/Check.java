package io.penstock.config;

import io.penstock.config.InvalidConfigException.Complaint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What a compact constructor asks of its components: all are looked at before it refuses. */
final class Check {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  private final List<Complaint> complaints = new ArrayList<>();

  Check that(boolean holds, String key, String otherwise) {
    if (!holds) {
      complaints.add(new Complaint(key, otherwise));
    }
    return this;
  }

  Check within(String key, long value, long least, long most) {
    return that(
        value >= least && value <= most,
        key,
        value + " is not between " + least + " and " + most + ": write a number in that range");
  }

  Check within(String key, double value, double least, double most) {
    return that(
        value >= least && value <= most,
        key,
        Notation.plain(value)
            + " is not between "
            + Notation.plain(least)
            + " and "
            + Notation.plain(most)
            + ": write a number in that range");
  }

  /** Money and prices: nothing below zero, and nothing that is no number. */
  Check amount(String key, double value) {
    return that(
        value >= 0 && value < Double.POSITIVE_INFINITY,
        key,
        Notation.plain(value) + " is not an amount: write 0 or more");
  }

  Check positive(String key, Duration value) {
    return that(
        value.isPositive(), key, Notation.plain(value) + " is no time at all: write more than 0s");
  }

  Check notNegative(String key, Duration value) {
    return that(!value.isNegative(), key, value + " is negative: write 0s or more");
  }

  Check written(String key, String value) {
    return that(!value.isBlank(), key, "is empty: write a value");
  }

  /** What becomes a header's value, a metric's label and a part of a URL's path. */
  Check name(String key, String value) {
    return that(isName(value), key, notName(value));
  }

  static boolean isName(String value) {
    return NAME.matcher(value).matches();
  }

  static String notName(String value) {
    return Notation.quote(value)
        + " is not a name: write at most 64 letters, digits, dots, dashes and underscores,"
        + " a letter or digit first";
  }

  /** Takes over what a list of complaints says. */
  Check all(List<Complaint> found) {
    complaints.addAll(found);
    return this;
  }

  void orRefuse() {
    if (!complaints.isEmpty()) {
      throw new InvalidConfigException(complaints);
    }
  }
}
