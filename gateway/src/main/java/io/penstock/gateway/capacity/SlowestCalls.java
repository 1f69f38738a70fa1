package io.penstock.gateway.capacity;

import io.penstock.planner.autoscale.Tail;
import io.penstock.planner.calibrate.RecentSpread;
import io.penstock.planner.calibrate.Sighting;
import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Workload;

/**
 * What the slowest calls of a hundred take of late, beside what the model has for the slowest at
 * the load of the moment. One thread.
 */
final class SlowestCalls {
  private static final double WHICH = 0.95;

  /** Calls that are remembered. */
  private static final int COUNTED = 1000;

  /** Calls that weigh as much as the model. */
  private static final double DOUBT = 300;

  /** What is over it is another matter: an overload, a fault, or a model that is no use. */
  private static final double MOST = 1.3;

  private static final double LEAST = 0.8;

  /** Of saturation: the model has no times where a queue grows. */
  private static final double NEARLY_FULL = 0.95;

  /** Times the calls that the model expects at once: a call among more is of an overload. */
  private static final double CROWDED = 1.6;

  private final RecentSpread ttft = new RecentSpread(COUNTED);
  private final RecentSpread tpot = new RecentSpread(COUNTED);
  private double expectedTtft;
  private double expectedTpot;
  private double mostBatch;

  /** Servers like this one have so many calls a second each, from now on. */
  void expect(ContinuousBatching replica, Workload load, double perSecond) {
    if (perSecond > 0 && perSecond < NEARLY_FULL * replica.saturation(load)) {
      var modelled = replica.openLoop(load, perSecond);
      expectedTtft = modelled.ttft().p95();
      expectedTpot = modelled.tpot().p95();
      mostBatch = CROWDED * modelled.inFlight() + 2;
    } else {
      expectedTtft = 0;
      expectedTpot = 0;
    }
  }

  void see(Sighting call) {
    if (call.batch() > mostBatch) {
      return;
    }
    if (expectedTtft > 0) {
      ttft.add(call.ttftSeconds() / expectedTtft);
    }
    if (expectedTpot > 0) {
      tpot.add(call.tpotSeconds() / expectedTpot);
    }
  }

  Tail tail() {
    return new Tail(factor(ttft), factor(tpot));
  }

  private static double factor(RecentSpread seen) {
    double calls = seen.count();
    if (!(calls > 0)) {
      return 1;
    }
    double belief = calls / (calls + DOUBT);
    return Math.clamp(1 + belief * (seen.quantile(WHICH) - 1), LEAST, MOST);
  }
}
