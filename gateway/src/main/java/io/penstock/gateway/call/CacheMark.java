package io.penstock.gateway.call;

/** What the cache had to do with an answer, as {@code x-penstock-cache} says it. */
public enum CacheMark {
  /** It was kept from an earlier call. */
  HIT("hit"),
  /** It was looked for and not there. */
  MISS("miss"),
  /** It is that of an equal call which was under way. */
  COALESCED("coalesced"),
  /** The cache was not asked. */
  BYPASS("bypass");

  private final String label;

  CacheMark(String label) {
    this.label = label;
  }

  public String label() {
    return label;
  }
}
