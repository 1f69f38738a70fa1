package io.penstock.planner.size;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.planner.Sample;
import io.penstock.planner.capacity.Lengths;
import io.penstock.planner.capacity.Workload;
import java.util.List;
import org.junit.jupiter.api.Test;

class RehearsalTest {
  private static final Workload VARIED =
      new Workload(Lengths.logNormal(400, 1), Lengths.logNormal(200, 0.7), 0, 1);

  @Test
  void planThatIsTriedOut_keepsWhatItPromises() {
    for (var deployment : Sample.variety()) {
      for (var load : List.of(Ask.CHAT, VARIED)) {
        var requirement = Ask.of(Demand.rate(10, 3, load), 20);
        var outcome = Sizer.size(requirement, deployment);
        assertThat(outcome).isInstanceOf(Sized.class);
        var tried = Rehearsal.of((Sized) outcome, 1).orElseThrow();
        assertThat(tried.holds()).as(outcome.label()).isTrue();
        double planned = tried.sized().atPeak().total().mean();
        assertThat(tried.seen().total().mean())
            .as(outcome.label())
            .isBetween(0.85 * planned, 1.1 * planned);
      }
    }
  }

  @Test
  void planWithFarTooFewReplicas_breaksItsPromise() {
    var sized = (Sized) Sizer.size(Ask.rate(100), Sample.of(Sample.LLAMA_7B, Sample.A100, 1));
    var thin = ((Sized) Sizer.size(Ask.rate(2), sized.deployment()));
    var crowded =
        new Sized(
            sized.requirement(),
            sized.deployment(),
            sized.replica(),
            sized.sustainablePerSecond(),
            sized.saturationPerSecond(),
            sized.constraint(),
            sized.peakPerSecond(),
            sized.averagePerSecond(),
            thin.replicas(),
            sized.atPeak(),
            sized.atAverage(),
            sized.cost());

    assertThat(Rehearsal.of(crowded, 1).orElseThrow().holds()).isFalse();
  }

  @Test
  void planThatCountsOnPrefixHits_isNotTriedOut() {
    var hits = new Workload(Lengths.fixed(150), Lengths.fixed(100), 0.5, 1);
    var outcome =
        Sizer.size(
            Ask.of(Demand.rate(10, 3, hits), 20), Sample.of(Sample.LLAMA_7B, Sample.A100, 1));

    assertThat(Rehearsal.of((Sized) outcome, 1)).isEmpty();
  }
}
