package io.penstock.planner.size;

import io.penstock.planner.capacity.Workload;
import io.penstock.planner.cost.TokenPrice;
import java.util.List;
import java.util.Optional;

/** Requirements that tests vary. */
final class Ask {
  static final Workload CHAT = Workload.of(150, 100);

  private Ask() {}

  static Requirement rate(double perSecond) {
    return of(Demand.rate(perSecond, perSecond / 3, CHAT), 5);
  }

  static Requirement of(Demand demand, double totalSeconds) {
    return new Requirement(
        "small",
        demand,
        List.of(
            new Bound(Bound.Metric.TTFT, Bound.Percentile.P95, 1),
            new Bound(Bound.Metric.TOTAL, Bound.Percentile.P95, totalSeconds)),
        Availability.single(0.2, 1),
        new Money(0, Optional.of(new TokenPrice(0.5, 0.5, 1.5))),
        Requirement.UNCALIBRATED);
  }
}
