package io.penstock.gateway.capacity;

import io.penstock.planner.simulate.Scaling;
import java.util.ArrayDeque;

/**
 * A HorizontalPodAutoscaler on calls in flight, by the defaults of Kubernetes: every 15 s, not
 * within a tenth of the target, up at once (to the double or by 4, whichever is more), down to the
 * most of the last 5 minutes. The same as {@code loadtest/bench/fleet.mjs}.
 */
final class Autoscaler implements Scaling {
  private static final long EVERY_NANOS = 15_000_000_000L;
  private static final long PATIENCE_NANOS = 300_000_000_000L;

  private record Wish(long atNanos, int replicas) {}

  private final double target;
  private final ArrayDeque<Wish> recent = new ArrayDeque<>();

  /**
   * @param target calls in flight of each replica
   * @param first replicas in the beginning
   */
  Autoscaler(double target, int first) {
    this.target = target;
    recent.add(new Wish(0, first));
  }

  @Override
  public long everyNanos() {
    return EVERY_NANOS;
  }

  @Override
  public int desired(Seen seen) {
    int now = seen.up() + seen.starting();
    if (seen.atNanos() == 0) {
      return now;
    }
    double ratio = seen.inFlight() / (now * target);
    int need = Math.abs(ratio - 1) <= 0.1 ? now : (int) Math.ceil(seen.inFlight() / target);
    int wish = Math.min(need, Math.max(2 * now, now + 4));
    recent.add(new Wish(seen.atNanos(), wish));
    while (recent.getFirst().atNanos < seen.atNanos() - PATIENCE_NANOS) {
      recent.removeFirst();
    }
    int held = recent.stream().mapToInt(Wish::replicas).max().orElse(now);
    return Math.max(1, wish > now ? wish : Math.min(now, held));
  }
}
