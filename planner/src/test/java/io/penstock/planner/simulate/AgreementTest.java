package io.penstock.planner.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * The closed form and the simulation have the step time in common and nothing else; where they
 * agree, neither was written to please the other. docs/simulation.md says where they do not: in a
 * memory that holds few sequences, where places are what requests wait for, with prompts many times
 * as long as completions, and near saturation.
 */
class AgreementTest {
  private static final int CALLS = 5000;
  private static final double FEW_PLACES = 20;
  private static final double LONG_PROMPTS = 20;

  @Test
  void openLoop_upTo70PercentOfWhatIsPossible_agreesWithin10Percent_andItsP95Within20() {
    for (double share : new double[] {0.3, 0.5, 0.7}) {
      for (var each : Agreement.grid(0, 0.5)) {
        if (isAsserted(each)) {
          var both = each.open(share, share > 0.6 ? 4 * CALLS : CALLS);
          String what = each + " at " + share;
          assertNear(what + " ttft", both.ttft(), 0.08);
          assertNear(what + " tpot", both.tpot(), 0.1);
          assertNear(what + " total", both.total(), 0.1);
          assertNear(what + " p95 of ttft", both.ttftP95(), 0.2);
          assertNear(what + " p95 of tpot", both.tpotP95(), 0.2);
          assertNear(what + " p95 of total", both.totalP95(), 0.2);
        }
      }
    }
  }

  /** Equal requests in a closed loop come in waves, which no mean value knows. */
  @Test
  void closedLoop_agreesWithin8PercentOnThroughput_andOnTheTimePerToken() {
    for (var each : Agreement.grid(0.5)) {
      for (int clients : new int[] {1, 4, 16, 48}) {
        if (isAsserted(each) && clients <= 0.5 * each.places()) {
          var both = each.closed(clients, 2000);
          double perSecond = 2000 / both.seen().use().seconds();
          String what = each + " with " + clients;
          assertNear(what, both.promised().requestsPerSecond() / perSecond, 0.08);
          assertNear(what, both.tpot(), 0.06);
        }
      }
    }
  }

  private static boolean isAsserted(Agreement each) {
    return each.places() >= FEW_PLACES && each.prompt() < LONG_PROMPTS * each.completion();
  }

  private static void assertNear(String what, double ratio, double tolerance) {
    assertThat(ratio).as(what).isBetween(1 - tolerance, 1 + tolerance);
  }
}
