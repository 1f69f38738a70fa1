package io.penstock.loadtest.modelserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.penstock.config.catalog.Catalog;
import io.penstock.loadtest.modelserver.Engine.Limits;
import io.penstock.loadtest.modelserver.Sequence.Timeline;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.StepBatch;
import io.penstock.planner.capacity.StepTime;
import io.penstock.planner.model.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EngineTest {
  private static final long MS = 1_000_000;
  private static final Limits ROOMY = new Limits(1_000_000, 256, 8192, 16);

  /**
   * A prompt token takes a tenth of a millisecond, every step 10 ms and 1 ms for each sequence that
   * decodes.
   */
  private static final StepClock CLOCK =
      batch -> (10 + batch.decodeSequences() + 0.1 * batch.prefillTokens()) / 1e3;

  private final Heard first = new Heard();
  private final Heard second = new Heard();

  @Test
  void submit_idle_tokensComeAtTheEndsOfTheSteps() {
    var engine = new Engine(CLOCK, 1, ROOMY);
    engine.submit(new Sequence(100, 3, 0, first), 5 * MS);
    run(engine);
    assertThat(first.times).containsExactly(25 * MS, 36 * MS, 47 * MS);
    assertThat(first.ended).isEqualTo(new Timeline(100, 3, 5 * MS, 5 * MS, 25 * MS, 47 * MS, 0));
  }

  @Test
  void advance_late_keepsTheSchedule() {
    var engine = new Engine(CLOCK, 1, ROOMY);
    engine.submit(new Sequence(100, 3, 0, first), 0);
    engine.advance(1_000 * MS, Integer.MAX_VALUE);
    assertThat(first.times).containsExactly(20 * MS, 31 * MS, 42 * MS);
  }

  @Test
  void submit_duringAStep_joinsTheNext() {
    var engine = new Engine(CLOCK, 1, ROOMY);
    engine.submit(new Sequence(100, 3, 0, first), 0);
    engine.submit(new Sequence(100, 1, 0, second), 7 * MS);
    run(engine);
    assertThat(second.times).containsExactly(20 * MS + 21 * MS);
    assertThat(first.times)
        .as("the other's prompt delays its second token")
        .containsExactly(20 * MS, 41 * MS, 52 * MS);
  }

  @Test
  void speed_dividesEveryTime() {
    var engine = new Engine(CLOCK, 10, ROOMY);
    engine.submit(new Sequence(100, 2, 0, first), 0);
    run(engine);
    assertThat(first.times).containsExactly(2 * MS, 2 * MS + MS + MS / 10);
  }

  /**
   * The server's times are the capacity model's, to the nanosecond: nothing is added and nothing
   * rounded away.
   */
  @Test
  void replica_timesOfTokens_areTheStepModels() {
    var replica = Replica.of(ModelServer.Options.defaults());
    var gpu = Catalog.shipped().gpus().get("a100-80");
    var model =
        StepTime.of(
            new Deployment(
                Catalog.shipped().models().get("llama-2-7b"),
                gpu,
                1,
                Precision.FP16,
                Precision.FP16,
                Catalog.shipped().engine("vllm", gpu)));
    var engine = new Engine(replica.clock(), 1, replica.limits());
    engine.submit(new Sequence(1000, 3, 0, first), 0);
    engine.submit(new Sequence(500, 3, 0, second), 0);
    run(engine);
    double prefill = model.seconds(StepBatch.prefill(1000));
    double mixed = model.seconds(new StepBatch(1, 1001, 500, 500 * 250));
    double decode = model.seconds(StepBatch.decode(2, 1002 + 501));
    double last = model.seconds(StepBatch.decode(1, 502));
    assertThat(first.times).hasSize(3);
    assertThat(first.times.get(0) / 1e9).isCloseTo(prefill, within(1e-8));
    assertThat(first.times.get(1) / 1e9).isCloseTo(prefill + mixed, within(1e-8));
    assertThat(first.times.get(2) / 1e9).isCloseTo(prefill + mixed + decode, within(1e-8));
    assertThat(second.times.get(2) / 1e9).isCloseTo(prefill + mixed + decode + last, within(1e-8));
    assertThat(mixed)
        .as("another's prompt slows a token")
        .isGreaterThan(2 * model.seconds(StepBatch.decode(1, 1001)));
  }

  @Test
  void batch_ofMany_slowsEveryToken() {
    var engine = new Engine(CLOCK, 1, ROOMY);
    var heard = new ArrayList<Heard>();
    for (int i = 0; i < 8; i++) {
      heard.add(new Heard());
      engine.submit(new Sequence(10, 5, 0, heard.get(i)), 0);
    }
    run(engine);
    assertThat(heard.get(7).times.get(1) - heard.get(7).times.get(0)).isEqualTo(18 * MS);
  }

  @Test
  void longPrompt_isTakenInByChunks_andOthersGoOn() {
    var engine = new Engine(CLOCK, 1, ROOMY);
    engine.submit(new Sequence(10, 5, 0, first), 0);
    engine.submit(new Sequence(20_000, 1, 0, second), 1 * MS);
    run(engine);
    long chunk = 11 * MS + 8191 * MS / 10;
    assertThat(first.times.subList(1, 3)).containsExactly(11 * MS + chunk, 11 * MS + 2 * chunk);
    assertThat(second.times)
        .containsExactly(11 * MS + 2 * chunk + 11 * MS + (20_000 - 2 * 8191) * MS / 10);
  }

  @Test
  void kvMemory_full_queuesUntilItIsFree() {
    var engine = new Engine(CLOCK, 1, new Limits(160, 256, 8192, 16));
    engine.submit(new Sequence(100, 20, 0, first), 0);
    engine.submit(new Sequence(100, 20, 0, second), 0);
    engine.advance(1 * MS, Integer.MAX_VALUE);
    assertThat(engine.running()).isEqualTo(1);
    assertThat(engine.waiting()).isEqualTo(1);
    run(engine);
    assertThat(second.ended().admittedNanos()).isEqualTo(first.ended().finishedNanos());
    assertThat(engine.kvUsage()).isZero();
  }

  @Test
  void places_full_queueInTheOrderOfArrival() {
    var engine = new Engine(CLOCK, 1, new Limits(100_000, 1, 8192, 16));
    engine.submit(new Sequence(10, 2, 0, first), 0);
    engine.submit(new Sequence(10, 2, 0, second), 0);
    run(engine);
    assertThat(second.ended().admittedNanos()).isEqualTo(first.ended().finishedNanos());
  }

  @Test
  void priority_lowerNumber_goesFirst() {
    var engine = new Engine(CLOCK, 1, new Limits(100_000, 1, 8192, 16));
    engine.submit(new Sequence(10, 2, 0, new Heard()), 0);
    engine.submit(new Sequence(10, 2, 5, first), 1);
    engine.submit(new Sequence(10, 2, -5, second), 2);
    run(engine);
    assertThat(first.ended().admittedNanos()).isEqualTo(second.ended().finishedNanos());
  }

  @Test
  void growth_overTheMemory_preemptsTheLastAndFinishesBoth() {
    var engine = new Engine(CLOCK, 1, new Limits(256, 256, 8192, 16));
    engine.submit(new Sequence(100, 100, 0, first), 0);
    engine.submit(new Sequence(100, 100, 0, second), 0);
    run(engine);
    assertThat(engine.preemptions()).isPositive();
    assertThat(first.times).hasSize(100);
    assertThat(second.times).hasSize(100).isSorted();
    assertThat(second.ended().preemptions()).isPositive();
    assertThat(engine.kvUsage()).isZero();
  }

  @Test
  void cancel_running_freesItsPlaceAtOnce() {
    var engine = new Engine(CLOCK, 1, new Limits(100_000, 1, 8192, 16));
    var cancelled = new Sequence(10, 1000, 0, first);
    engine.submit(cancelled, 0);
    engine.submit(new Sequence(10, 1, 0, second), 0);
    engine.advance(50 * MS, Integer.MAX_VALUE);
    engine.cancel(cancelled);
    assertThat(engine.running()).isZero();
    assertThat(engine.kvUsage()).isZero();
    run(engine);
    assertThat(first.ended).isNull();
    assertThat(second.times).hasSize(1);
  }

  @Test
  void promptAlone_finishesWithoutAToken() {
    var engine = new Engine(CLOCK, 1, ROOMY);
    engine.submit(new Sequence(100, 0, 0, first), 0);
    run(engine);
    assertThat(first.times).isEmpty();
    assertThat(first.ended().finishedNanos()).isEqualTo(20 * MS);
  }

  /**
   * Whatever comes and goes: memory never overflows, all that is not cancelled is answered whole,
   * and nothing is left.
   */
  @Test
  void anyTraffic_keepsTheLaws() {
    var random = new SplittableRandom(4);
    var engine = new Engine(CLOCK, 1, new Limits(2_000, 8, 256, 16));
    List<Heard> heard = new ArrayList<>();
    List<Sequence> sequences = new ArrayList<>();
    long now = 0;
    for (int i = 0; i < 500; i++) {
      now += random.nextLong(60 * MS);
      engine.advance(now, Integer.MAX_VALUE);
      heard.add(new Heard());
      sequences.add(
          new Sequence(
              1 + random.nextInt(600), 1 + random.nextInt(60), random.nextInt(3), heard.get(i)));
      engine.submit(sequences.get(i), now);
      if (random.nextInt(5) == 0) {
        int victim = random.nextInt(sequences.size());
        engine.cancel(sequences.get(victim));
        heard.get(victim).cancelled = true;
      }
      assertThat(engine.kvUsage()).isBetween(0d, 1d);
      assertThat(engine.running()).isLessThanOrEqualTo(8);
    }
    run(engine);
    assertThat(engine.kvUsage()).isZero();
    assertThat(engine.waiting() + engine.running()).isZero();
    assertThat(engine.preemptions()).isPositive();
    for (int i = 0; i < heard.size(); i++) {
      if (!heard.get(i).cancelled) {
        assertThat(heard.get(i).times).hasSize(sequences.get(i).wantedTokens).isSorted();
        assertThat(heard.get(i).times.getFirst()).isGreaterThan(sequences.get(i).arrivedNanos);
      }
    }
  }

  private static void run(Engine engine) {
    while (engine.nextNanos() != Engine.IDLE) {
      engine.advance(engine.nextNanos(), Integer.MAX_VALUE);
    }
  }

  private static final class Heard implements Sequence.Listener {
    private final List<Long> times = new ArrayList<>();
    private Timeline ended;
    private boolean cancelled;

    @Override
    public void token(int index, long atNanos) {
      assertThat(index).isEqualTo(times.size());
      times.add(atNanos);
    }

    @Override
    public void finished(Timeline timeline) {
      assertThat(ended).isNull();
      ended = timeline;
    }

    Timeline ended() {
      assertThat(ended).isNotNull();
      return ended;
    }
  }
}
