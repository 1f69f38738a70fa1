package io.penstock.planner.simulate;

/** A replica's life in the fleet: ordered, up, drained or taken away, gone. */
final class Unit {
  enum State {
    STARTING,
    UP,
    DRAINING,
    GONE
  }

  final int number;
  final Replica replica;
  final long orderedNanos;
  final long upNanos;
  long goneNanos = Timeline.NEVER;
  long interruptedNanos = Timeline.NEVER;
  State state = State.STARTING;

  Unit(int number, Replica replica, long orderedNanos, long upNanos) {
    this.number = number;
    this.replica = replica;
    this.orderedNanos = orderedNanos;
    this.upNanos = upNanos;
  }

  /** When it has to be looked at without a call. */
  long nextNanos() {
    return switch (state) {
      case STARTING -> upNanos;
      case UP, DRAINING -> interruptedNanos;
      case GONE -> Timeline.NEVER;
    };
  }

  void gone(long atNanos) {
    state = State.GONE;
    goneNanos = atNanos;
  }

  /** For how long it was paid for, up to the end of everything. */
  long paidNanos(long endNanos) {
    return Math.max(0, Math.min(goneNanos, endNanos) - orderedNanos);
  }
}
