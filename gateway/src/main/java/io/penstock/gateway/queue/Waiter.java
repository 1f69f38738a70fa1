package io.penstock.gateway.queue;

/** A call that waits. Its room changes it under the room's lock. */
public final class Waiter implements Entry {
  private final WaitingRoom room;
  private final Desk desk;
  private final Guest guest;
  private final long sinceNanos;
  private final long untilNanos;
  private final boolean promised;
  private final Called called;
  private boolean gone;

  /** What becomes of it, told once, on whichever thread found out; it must not take long. */
  public interface Called {
    /** It has a place. */
    void placed(Place place);

    /** It waits no longer: its time is over, or the room closed. */
    void dismissed();
  }

  /**
   * @param sinceNanos when it first asked
   * @param untilNanos when it stops waiting
   * @param promised whether it was told to come back now
   */
  Waiter(
      WaitingRoom room,
      Desk desk,
      Guest guest,
      long sinceNanos,
      long untilNanos,
      boolean promised,
      Called called) {
    this.room = room;
    this.desk = desk;
    this.guest = guest;
    this.sinceNanos = sinceNanos;
    this.untilNanos = untilNanos;
    this.promised = promised;
    this.called = called;
  }

  /** Stops waiting; false where it was told of its end before, or is being told. */
  public boolean leave() {
    return room.left(this);
  }

  Desk desk() {
    return desk;
  }

  Guest guest() {
    return guest;
  }

  long sinceNanos() {
    return sinceNanos;
  }

  long untilNanos() {
    return untilNanos;
  }

  boolean promised() {
    return promised;
  }

  Called called() {
    return called;
  }

  boolean gone() {
    return gone;
  }

  void go() {
    gone = true;
  }
}
