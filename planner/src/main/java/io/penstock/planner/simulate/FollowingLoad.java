package io.penstock.planner.simulate;

/**
 * As many replicas as keep each at a target of calls in flight, as autoscalers on a gauge do: up at
 * once, down only when the need was lower for a while.
 */
public final class FollowingLoad implements Scaling {
  private final double targetInFlight;
  private final int least;
  private final int most;
  private final long everyNanos;
  private final long[] recent;
  private int next;

  /**
   * @param targetInFlight calls in flight that each replica should have
   * @param least replicas
   * @param most replicas
   * @param everyNanos between two looks
   * @param patienceLooks for so many looks the need must be lower before replicas go
   */
  public FollowingLoad(
      double targetInFlight, int least, int most, long everyNanos, int patienceLooks) {
    if (!(targetInFlight > 0) || least < 0 || most < Math.max(1, least) || everyNanos < 1) {
      throw new IllegalArgumentException(
          "an autoscaler needs a target and an interval above 0 and bounds in order");
    }
    this.targetInFlight = targetInFlight;
    this.least = least;
    this.most = most;
    this.everyNanos = everyNanos;
    this.recent = new long[Math.max(1, patienceLooks)];
  }

  @Override
  public int desired(Seen seen) {
    long need = (long) Math.ceil(seen.inFlight() / targetInFlight);
    recent[next++ % recent.length] = need;
    long highest = 0;
    for (long each : recent) {
      highest = Math.max(highest, each);
    }
    int now = seen.up() + seen.starting();
    long wanted = need > now ? need : Math.min(now, highest);
    return Math.clamp(wanted, least, most);
  }

  @Override
  public long everyNanos() {
    return everyNanos;
  }
}
