package io.penstock.planner.simulate;

/** What a replica counts while it works. Areas are values times the nanoseconds that they held. */
final class Meters {
  long busyNanos;
  double batchArea;
  double kvArea;
  long kvMost;
  long steps;
  long preemptions;
  long recomputedTokens;
  long prefillTokens;
  long cachedTokens;
  int queueMost;

  void step(long nanos, int sequences, long kvUsed) {
    steps++;
    busyNanos += nanos;
    batchArea += (double) nanos * sequences;
    kvArea += (double) nanos * kvUsed;
    kvMost = Math.max(kvMost, kvUsed);
  }
}
