package io.penstock.gateway;

/** The command line's root. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    System.exit(2);
  }
}
