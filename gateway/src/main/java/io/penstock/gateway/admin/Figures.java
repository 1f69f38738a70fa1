package io.penstock.gateway.admin;

import org.jspecify.annotations.Nullable;

/** Numbers for the page: five digits of them, and null for what nobody measured. */
final class Figures {
  private Figures() {}

  static @Nullable Double of(double value) {
    if (!Double.isFinite(value)) {
      return null;
    }
    if (value == 0) {
      return 0.0;
    }
    double scale = Math.pow(10, 4 - Math.floor(Math.log10(Math.abs(value))));
    return Math.round(value * scale) / scale;
  }

  /** Money to the micro-dollar, in which it is kept. */
  static double usd(double value) {
    return Math.round(value * 1e6) / 1e6;
  }

  static @Nullable Double millis(double seconds) {
    return of(seconds * 1e3);
  }
}
