package io.penstock.planner.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.planner.Sample;
import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Lengths;
import io.penstock.planner.capacity.Prediction;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.simulate.Arrivals.Length;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The closed form and the simulation have the step time in common and nothing else; where they
 * agree, neither was written to please the other. docs/simulation.md has the whole table, with the
 * loads at which they do not agree.
 */
class AgreementTest {
  private static final double[][] TOKENS = {{512, 128}, {2000, 200}, {128, 512}};
  private static final int CALLS = 5000;

  /** A deployment under a kind of request. */
  private record Case(Deployment deployment, double prompt, double completion, double variation) {
    Length prompts() {
      return length(prompt, variation);
    }

    Length completions() {
      return length(completion, variation);
    }

    ReplicaSpec replica() {
      return ReplicaSpec.of(deployment).withContext(Integer.MAX_VALUE);
    }
  }

  private static Length length(double mean, double variation) {
    return variation == 0 ? Length.fixed(mean) : Length.logNormal(mean, variation);
  }

  @Test
  void openLoop_atAThirdOfWhatIsPossible_agreesWithin7Percent() {
    for (var each : grid()) {
      assertOpen(each, 0.3, 0.12, 0.07, 0.07);
    }
  }

  @Test
  void openLoop_atHalfOfWhatIsPossible_agreesWithin12Percent() {
    for (var each : grid()) {
      assertOpen(each, 0.5, 0.15, 0.12, 0.12);
    }
  }

  private static void assertOpen(Case each, double share, double ttft, double tpot, double total) {
    var replica = ContinuousBatching.of(each.deployment());
    var load = load(calls(each, 1));
    double rate = share * replica.saturation(load);
    var seen = Simulation.run(Fleet.of(each.replica(), 1), calls(each, rate), 1).withoutFirst(500);
    var promised = replica.openLoop(load, rate);
    assertMeans(each + " at " + share, promised, seen, ttft, tpot, total);
  }

  @Test
  void closedLoop_agreesWithin8PercentOnThroughput_andOnTheTimePerToken() {
    for (var each : grid()) {
      if (each.variation() > 0) {
        assertClosed(each);
      }
    }
  }

  /**
   * Equal requests in a closed loop come in waves, which no mean value knows: they are left out.
   */
  private static void assertClosed(Case each) {
    var replica = ContinuousBatching.of(each.deployment());
    var calls = calls(each, 1, 2000);
    var load = load(calls);
    for (int clients : new int[] {1, 4, 16, 48}) {
      if (clients <= 0.5 * replica.maxSequences(load)) {
        var seen = ClosedLoop.run(each.replica(), calls, clients).withoutFirst(5 * clients);
        var promised = replica.closedLoop(load, clients);
        String what = each + " with " + clients;
        double perSecond = calls.size() / seen.use().seconds();
        assertNear(what + " throughput", promised.requestsPerSecond(), perSecond, 0.08);
        assertNear(what + " tpot", promised.tpot().mean(), seen.tpot().mean(), 0.06);
      }
    }
  }

  private static void assertMeans(
      String what, Prediction promised, Simulated seen, double ttft, double tpot, double total) {
    assertNear(what + " ttft", promised.ttft().mean(), seen.ttft().mean(), ttft);
    assertNear(what + " tpot", promised.tpot().mean(), seen.tpot().mean(), tpot);
    assertNear(what + " total", promised.total().mean(), seen.total().mean(), total);
  }

  private static void assertNear(String what, double promised, double seen, double tolerance) {
    assertThat(promised / seen).as(what).isBetween(1 - tolerance, 1 + tolerance);
  }

  /**
   * Without those whose memory holds fewer than 20 sequences: there places are what they wait for.
   */
  private static List<Case> grid() {
    var cases = new ArrayList<Case>();
    for (var deployment : Sample.variety()) {
      for (double[] tokens : TOKENS) {
        for (double variation : new double[] {0, 0.5}) {
          var each = new Case(deployment, tokens[0], tokens[1], variation);
          if (ContinuousBatching.of(deployment).maxSequences(load(calls(each, 1))) >= 20) {
            cases.add(each);
          }
        }
      }
    }
    return cases;
  }

  private static Calls calls(Case each, double perSecond) {
    return calls(each, perSecond, CALLS);
  }

  private static Calls calls(Case each, double perSecond, int count) {
    return Arrivals.poisson(11, perSecond, count, each.prompts(), each.completions());
  }

  private static Workload load(Calls calls) {
    return new Workload(lengths(calls.promptTokens), lengths(calls.completionTokens), 0, 1);
  }

  private static Lengths lengths(int[] tokens) {
    double[] sorted = Arrays.stream(tokens).asDoubleStream().sorted().toArray();
    double[] weights = new double[sorted.length];
    Arrays.fill(weights, 1);
    return Lengths.histogram(sorted, weights);
  }
}
