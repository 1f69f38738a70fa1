package io.penstock.gateway.queue;

import java.util.concurrent.atomic.AtomicBoolean;

/** A place in a pool; whoever has it gives it back, once. */
public final class Place implements Entry {
  private final WaitingRoom room;
  private final Desk desk;
  private final long tokens;
  private final int units;
  private final long sinceNanos;
  private final long prefilledAtLatestNanos;
  private final AtomicBoolean prefilled = new AtomicBoolean();
  private final AtomicBoolean left = new AtomicBoolean();

  /**
   * @param units of the servers' attention that its prompt takes
   * @param prefilledAtLatestNanos when that is over
   */
  Place(
      WaitingRoom room,
      Desk desk,
      long tokens,
      int units,
      long sinceNanos,
      long prefilledAtLatestNanos) {
    this.room = room;
    this.desk = desk;
    this.tokens = tokens;
    this.units = units;
    this.sinceNanos = sinceNanos;
    this.prefilledAtLatestNanos = prefilledAtLatestNanos;
  }

  Desk desk() {
    return desk;
  }

  long tokens() {
    return tokens;
  }

  int units() {
    return units;
  }

  long sinceNanos() {
    return sinceNanos;
  }

  long prefilledAtLatestNanos() {
    return prefilledAtLatestNanos;
  }

  /** How it is known that a server has taken a prompt in. */
  enum FirstToken {
    SEEN,
    UNSEEN
  }

  /** Its first token has come: the server is free for the next prompt. */
  public void firstToken() {
    prefilled(FirstToken.SEEN);
  }

  void prefilled(FirstToken how) {
    if (prefilled.compareAndSet(false, true)) {
      room.prefilled(this, how);
    }
  }

  /** It served a call to its end: how long that took says how soon places come free. */
  public void leave() {
    leave(true);
  }

  /** Nothing came of it. */
  public void abandon() {
    leave(false);
  }

  private void leave(boolean served) {
    if (!left.compareAndSet(false, true)) {
      throw new IllegalStateException("This place was given back already");
    }
    prefilled(FirstToken.UNSEEN);
    room.left(this, served);
  }
}
