package io.penstock.gateway.cache;

/** What becomes of a call that the cache could not answer. */
public sealed interface Boarded {
  /** Meanwhile there is an answer. */
  record Hit(Entry entry) implements Boarded {}

  /** It is to be sent; what comes is written to the recording, and read at the place. */
  record Lead(Recording recording, Recording.Place place) implements Boarded {}

  /** An equal one is under way, and its answer is read at the place. */
  record Follow(Recording recording, Recording.Place place) implements Boarded {}

  /** It goes its own way, and its answer is not kept. */
  enum Alone implements Boarded {
    ALONE
  }
}
