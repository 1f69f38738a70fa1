package io.penstock.gateway.queue;

import java.util.concurrent.atomic.AtomicBoolean;

/** A place in a pool; whoever has it gives it back, once. */
public final class Place implements Entry {
  private final WaitingRoom room;
  private final Desk desk;
  private final long tokens;
  private final long sinceNanos;
  private final AtomicBoolean left = new AtomicBoolean();

  Place(WaitingRoom room, Desk desk, long tokens, long sinceNanos) {
    this.room = room;
    this.desk = desk;
    this.tokens = tokens;
    this.sinceNanos = sinceNanos;
  }

  Desk desk() {
    return desk;
  }

  long tokens() {
    return tokens;
  }

  long sinceNanos() {
    return sinceNanos;
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
    room.left(this, served);
  }
}
