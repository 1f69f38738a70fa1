package io.penstock.config;

/** How hard a request is; the order is from the cheapest to serve to the dearest. */
public enum Complexity {
  SIMPLE("simple"),
  MEDIUM("medium"),
  COMPLEX("complex");

  private final String label;

  Complexity(String label) {
    this.label = label;
  }

  /** The word in the config, in headers and in metrics. */
  public String label() {
    return label;
  }
}
