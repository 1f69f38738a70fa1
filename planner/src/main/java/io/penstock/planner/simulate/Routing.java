package io.penstock.planner.simulate;

/** Which replica takes a call. */
public enum Routing {
  /** The one with the fewest calls inside and in line; among equals the one after the last. */
  LEAST_LOADED,
  /** One after the other. */
  ROUND_ROBIN
}
