package io.penstock.gateway.cache;

import io.penstock.gateway.call.Usage;

/**
 * An answer that is kept: its bytes as the model server sent them.
 *
 * @param kind whether they are a stream or a body
 * @param bytes never changed
 * @param contentType as it was sent; empty where none was
 * @param pool whose answer it is
 * @param tenant whose call brought it
 * @param usage what it took
 * @param microUsd what it cost, and what each hit saves
 * @param expiresMillis when it is of no more use, as {@link System#currentTimeMillis} tells
 */
@SuppressWarnings("ArrayRecordComponent")
public record Entry(
    Kind kind,
    byte[] bytes,
    String contentType,
    String pool,
    String tenant,
    Usage usage,
    long microUsd,
    long expiresMillis) {
  /** This object, its array's head, its usage, its key, and what Caffeine keeps for each. */
  static final int OVERHEAD_BYTES = 320;

  /** The two forms of one answer. */
  public enum Kind {
    STREAM,
    WHOLE;

    Kind other() {
      return this == STREAM ? WHOLE : STREAM;
    }
  }

  /** What it takes in memory. */
  int weight() {
    long texts = 2L * (contentType.length() + pool.length() + tenant.length());
    return (int) Math.min(Integer.MAX_VALUE, OVERHEAD_BYTES + texts + bytes.length);
  }

  @Override
  public String toString() {
    return "Entry[" + kind + ", " + bytes.length + " bytes]";
  }
}
