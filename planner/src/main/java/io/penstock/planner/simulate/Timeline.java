package io.penstock.planner.simulate;

import java.util.Arrays;

/** What became of each call, in columns of the same order. */
final class Timeline {
  static final long NEVER = Long.MAX_VALUE;

  /** How a call ended. */
  enum End {
    OPEN,
    FINISHED,
    REFUSED,
    BROKEN
  }

  final long[] admittedNanos;
  final long[] firstNanos;
  final long[] endNanos;
  final int[] generated;
  private final End[] ends;
  private int open;

  Timeline(int calls) {
    admittedNanos = filled(calls);
    firstNanos = filled(calls);
    endNanos = filled(calls);
    generated = new int[calls];
    ends = new End[calls];
    Arrays.fill(ends, End.OPEN);
    open = calls;
  }

  private static long[] filled(int calls) {
    long[] times = new long[calls];
    Arrays.fill(times, NEVER);
    return times;
  }

  /** Calls that have not ended. */
  int open() {
    return open;
  }

  End end(int call) {
    return ends[call];
  }

  /** Says how a call ended; a second time is a bug. */
  void end(int call, End how, long atNanos) {
    if (ends[call] != End.OPEN) {
      throw new IllegalStateException("call " + call + " ends twice");
    }
    ends[call] = how;
    endNanos[call] = atNanos;
    open--;
  }
}
