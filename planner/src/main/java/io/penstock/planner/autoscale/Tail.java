package io.penstock.planner.autoscale;

import io.penstock.planner.size.Bound;
import java.util.List;

/**
 * How long the slowest calls of a pool take beside what the model has for them. The model takes
 * each server's calls to come by chance alone, and all servers to be alike. Calls that go where
 * least is to do come more evenly than by chance, and servers that differ are worse than the mean
 * of them; what comes of both is seen, not derived.
 *
 * @param ttft times as long as modelled the first tokens take that 95 of 100 stay under
 * @param tpot the same of the times per token
 */
public record Tail(double ttft, double tpot) {
  /** As modelled. */
  public static final Tail AS_MODELLED = new Tail(1, 1);

  public Tail {
    if (!(ttft > 0) || !(tpot > 0)) {
      throw new IllegalArgumentException("a factor is above 0: " + ttft + ", " + tpot);
    }
  }

  /** What the model has to keep so that the promises are kept. */
  List<Bound> on(List<Bound> slo) {
    return slo.stream()
        .map(bound ->
            new Bound(bound.metric(), bound.percentile(), bound.seconds() / of(bound.metric())))
        .toList();
  }

  private double of(Bound.Metric metric) {
    return switch (metric) {
      case TTFT -> ttft;
      case TPOT -> tpot;
      case TOTAL -> 1;
    };
  }
}
