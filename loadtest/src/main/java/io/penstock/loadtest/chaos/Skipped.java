package io.penstock.loadtest.chaos;

/** What a fault needs is not here. */
final class Skipped extends Exception {
  private static final long serialVersionUID = 1;

  Skipped(String why) {
    super(why, null, false, false);
  }

  static void unless(boolean here, String why) throws Skipped {
    if (!here) {
      throw new Skipped(why);
    }
  }
}
