package io.penstock.planner.simulate;

import java.util.Arrays;
import java.util.List;

/**
 * A fixed number of clients at one replica, each of which sends its next call when it has the
 * answer to its last.
 */
public final class ClosedLoop {
  private final ReplicaSpec spec;
  private final Calls lengths;
  private final Timeline timeline;
  private final Replica replica;
  private final long[] issued;
  private int next;
  private int taken;

  private ClosedLoop(ReplicaSpec spec, Calls lengths) {
    this.spec = spec;
    this.lengths = lengths;
    this.timeline = new Timeline(lengths.size());
    this.replica = new Replica(spec, lengths, timeline);
    this.issued = new long[lengths.size()];
  }

  /**
   * All calls, in order, so many of them open at a time.
   *
   * @param lengths of the calls; their times are passed over
   */
  public static Simulated run(ReplicaSpec spec, Calls lengths, int clients) {
    for (int call = 0; call < lengths.size(); call++) {
      if (!spec.holds(lengths.promptTokens[call], lengths.completionTokens[call])) {
        throw new IllegalArgumentException("call " + call + " is longer than the replica takes");
      }
    }
    return new ClosedLoop(spec, lengths).run(clients);
  }

  private Simulated run(int clients) {
    issue(Math.min(clients, lengths.size()), 0);
    while (timeline.open() > 0) {
      long arrival = taken < next ? issued[taken] + spec.requestNanos() : Timeline.NEVER;
      int before = replica.ended();
      replica.advanceToEnd(Math.min(arrival, Timeline.NEVER - 1));
      int ended = replica.ended() - before;
      if (ended > 0) {
        issue(Math.min(ended, lengths.size() - next), replica.clockNanos());
      } else {
        replica.accept(taken++, arrival);
      }
    }
    var unit = new Unit(0, replica, 0, 0);
    long end = Arrays.stream(timeline.endNanos).max().orElse(0);
    return new Simulated(lengths.at(issued), timeline, 0, Use.of(List.of(unit), end, 1, 0, spec));
  }

  private void issue(int count, long nowNanos) {
    Arrays.fill(issued, next, next + count, nowNanos);
    next += count;
  }
}
