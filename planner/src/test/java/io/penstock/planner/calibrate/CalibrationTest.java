package io.penstock.planner.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.penstock.planner.Sample;
import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.StepTime;
import io.penstock.planner.capacity.Workload;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers whose hardware is not what the config says are found out from what their calls took. */
class CalibrationTest {
  private static final Deployment PLANNED = Sample.of(Sample.LLAMA_7B, Sample.A100, 1);
  private static final Workload LOAD = Workload.of(400, 150);

  /** A server whose steps take so many times as long, and requests to it, one every half second. */
  private static final class Server {
    private final StepTime step;
    private final Random random;
    private double decode;
    private double prefill;
    private final double noise;
    private double now;

    Server(long seed, double decode, double prefill, double noise) {
      this.step = ContinuousBatching.of(PLANNED).step();
      this.random = new Random(seed);
      this.decode = decode;
      this.prefill = prefill;
      this.noise = noise;
    }

    private double noisy(double seconds) {
      return seconds * Math.exp(noise * random.nextGaussian());
    }

    Sighting next() {
      now += 0.5;
      double n = 1 + random.nextInt(60);
      double prompt = 50 + random.nextInt(1500);
      double context = 600;
      double ahead = random.nextInt(3) == 0 ? random.nextInt(1500) : 0;
      double completion = 20 + random.nextInt(300);
      double beside = random.nextInt(20_000);
      double own = step.seconds(n, n * context, 0, 0);
      double others = step.seconds(n - 1, (n - 1) * context, 0, 0);
      double perToken =
          (step.seconds(n, n * context, 512, 0)
                  - own
                  + step.prefillAttentionSeconds(512, 512 * 400))
              / 512;
      double tpot = decode * own + prefill * perToken * beside / completion;
      double ttft =
          decode * 1.5 * others
              + prefill
                  * (step.seconds(n - 1, (n - 1) * context, prompt + ahead, 0)
                      - others
                      + step.prefillAttentionSeconds(prompt + ahead, (prompt + ahead) * prompt / 2))
              + 0.010;
      return new Sighting(
          now, n, prompt, context, ahead, beside, completion, noisy(ttft), noisy(tpot), Double.NaN);
    }
  }

  private static Calibration after(Server server, int requests) {
    var calibration = Calibration.of(PLANNED);
    for (int i = 0; i < requests; i++) {
      calibration.see(server.next());
    }
    return calibration;
  }

  @Test
  void calibrated_beforeAnyRequest_isTheCatalogue() {
    var prior = Calibration.of(PLANNED).calibrated();

    assertThat(prior.apply(PLANNED)).isEqualTo(PLANNED);
    assertThat(prior.contradicts()).isFalse();
    assertThat(prior.uncertainty(0.5)).isEqualTo(1.25);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "0.6, 0.6", "3, 3", "1.5, 2.2", "1.2, 0.8"})
  void decodeAndPrefill_areFound(double decode, double prefill) {
    var found = after(new Server(1, decode, prefill, 0.15), 400).calibrated();

    assertThat(found.decode().value()).isCloseTo(decode, within(0.08 * decode));
    assertThat(found.prefill().value()).isCloseTo(prefill, within(0.2 * prefill));
    assertThat(found.contradicts()).isEqualTo(decode >= 1.5 || decode <= 0.6);
  }

  /** Nobody streams: a whole answer's time says it, too. */
  @Test
  void saturation_isFoundFromWholeAnswers() {
    var server = new Server(6, 2, 2, 0.15);
    var calibration = Calibration.of(PLANNED);
    for (int i = 0; i < 200; i++) {
      var seen = server.next();
      double total = seen.ttftSeconds() + (seen.completionTokens() - 1) * seen.tpotSeconds();
      calibration.see(
          new Sighting(
              seen.atSeconds(),
              seen.batch(),
              seen.promptTokens(),
              seen.contextTokens(),
              seen.tokensAhead(),
              seen.tokensBeside(),
              seen.completionTokens(),
              Double.NaN,
              Double.NaN,
              total));
    }
    double planned = ContinuousBatching.of(PLANNED).saturation(LOAD);
    var found = calibration.calibrated().apply(PLANNED);
    assertThat(ContinuousBatching.of(found).saturation(LOAD) / planned)
        .isCloseTo(0.5, within(0.07));
  }

  /**
   * Threads that wait for a core, the longer the more there is to do, are no slow prefill: short
   * prompts say too little of it. (Without {@code leftOut} in the filter the factor fell to a
   * twentieth, with an error of a tenth.)
   */
  @ParameterizedTest
  @ValueSource(doubles = {0.003, 0.008, 0.020, 0.030})
  void shortPromptsOnABusyMachine_neitherClaimNorAlarm(double busySeconds) {
    var server = new Outside(1, 15, 80, 0, busySeconds);
    var calibration = Calibration.of(PLANNED);
    for (int i = 0; i < 1500; i++) {
      calibration.see(server.next());
      var now = calibration.calibrated();
      assertThat(now.contradicts()).as("%s", now).isFalse();
      assertThat(Math.abs(now.prefill().value() - 1)).isLessThan(3 * now.prefill().error());
    }
    var found = calibration.calibrated();
    assertThat(found.decode().value()).isBetween(0.95, 1.15);
    assertThat(found.prefill().value()).isBetween(0.6, 1.5);
    assertThat(found.prefill().error()).isGreaterThan(0.08);
    // What is not known of prefill hardly matters where prompts are short.
    assertThat(found.uncertainty(0.05)).isLessThan(1.1);
  }

  /** A network's 30 ms are the same for each prompt: they are the request's, not prefill's. */
  @ParameterizedTest
  @CsvSource({"15, 80", "100, 400", "200, 3000"})
  void delayOutside_thatIsAlwaysTheSame_isAnOffsetAndNoAlarm(int shortest, int longer) {
    var server = new Outside(1, shortest, longer, 0.030, 0.001);
    var calibration = Calibration.of(PLANNED);
    for (int i = 0; i < 1500; i++) {
      calibration.see(server.next());
      var now = calibration.calibrated();
      assertThat(now.contradicts()).as("%s after %d", now, i).isFalse();
    }
    var found = calibration.calibrated();
    assertThat(found.offset().value()).isCloseTo(0.030, within(0.006));
    assertThat(found.prefill().value()).isBetween(0.75, 1.25);
  }

  /**
   * Of ten long prompts ahead nine were cached, and nobody knows which: what was told of them is
   * the mean, and prefill is no faster for it.
   */
  @Test
  void promptsAhead_ofWhichSomeWereCached_makePrefillNoFaster() {
    var random = new Random(5);
    var step = ContinuousBatching.of(PLANNED).step();
    var calibration = Calibration.of(PLANNED);
    for (int i = 0; i < 3000; i++) {
      double n = 2 + random.nextInt(4);
      double prompt = random.nextInt(50) == 0 ? 2000 : 60 + random.nextInt(100);
      boolean follows = random.nextInt(2) == 0;
      double truth = follows && random.nextInt(10) == 0 ? 2000 : 0;
      double others = step.seconds(n - 1, (n - 1) * 600, 0, 0);
      double with = step.seconds(n - 1, (n - 1) * 600, prompt + truth, 0);
      double ttft =
          (1.5 * others + 1.3 * (with - others) + 0.015) * Math.exp(0.1 * random.nextGaussian());
      double tpot = step.seconds(n, n * 600, 0, 0) * Math.exp(0.05 * random.nextGaussian());
      calibration.see(
          new Sighting(
              i / 2.0,
              n,
              prompt,
              600,
              follows ? 200 : 0,
              0,
              follows ? 600 : 0,
              0,
              200,
              ttft,
              tpot,
              Double.NaN));
    }
    var found = calibration.calibrated();
    assertThat(found.prefill().value()).isCloseTo(1.3, within(0.2));
    assertThat(found.contradicts()).as("%s", found).isFalse();
  }

  /** Half as slow again is found out behind the same network, where prompts are long. */
  @ParameterizedTest
  @CsvSource({"0, 0.001", "0.030, 0.001", "0.030, 0.008"})
  void slowPrefill_ofLongPrompts_isAnAlarm(double delaySeconds, double busySeconds) {
    var server = new Outside(1.5, 200, 3000, delaySeconds, busySeconds);
    var calibration = Calibration.of(PLANNED);
    for (int i = 0; i < 600; i++) {
      calibration.see(server.next());
    }
    var found = calibration.calibrated();
    assertThat(found.prefill().contradicts()).as("%s", found).isTrue();
    assertThat(found.prefill().value()).isCloseTo(1.5, within(0.15));
    assertThat(found.decode().contradicts()).isFalse();
  }

  /** A server of few calls, of which a first token takes some time outside the engine. */
  private static final class Outside {
    private final StepTime step = ContinuousBatching.of(PLANNED).step();
    private final Random random = new Random(4);
    private final double prefill;
    private final int shortest;
    private final int longer;
    private final double delaySeconds;
    private final double busySeconds;
    private double now;

    /**
     * @param prefill times as long as planned
     * @param shortest prompt
     * @param longer by which another may be
     * @param delaySeconds that each takes
     * @param busySeconds that one takes in the mean where three are there, by chance
     */
    Outside(double prefill, int shortest, int longer, double delaySeconds, double busySeconds) {
      this.prefill = prefill;
      this.shortest = shortest;
      this.longer = longer;
      this.delaySeconds = delaySeconds;
      this.busySeconds = busySeconds;
    }

    Sighting next() {
      now += 0.5;
      double n = 1 + random.nextInt(5);
      double prompt = shortest + random.nextInt(longer);
      double context = prompt + 60;
      // The more are there, the likelier one has just come.
      double ahead = random.nextInt(12) < n ? shortest + random.nextInt(longer) : 0;
      double decode = step.seconds(n, n * context, 0, 0);
      double others = step.seconds(n - 1, (n - 1) * context, 0, 0);
      double busy = busySeconds * n / 3;
      double ttft =
          others * random.nextDouble()
              + others
              + prefill * promptSeconds(prompt + ahead, prompt, n - 1, context)
              + PLANNED.engine().parameters().requestSeconds()
              + delaySeconds
              - busy * Math.log(1 - random.nextDouble());
      double completion = 20 + random.nextInt(200);
      double beside = (n - 1) * prompt * random.nextDouble();
      double tpot =
          decode
              + prefill * promptSeconds(beside, prompt, n, context) / completion
              + busy / 20 * random.nextDouble();
      return new Sighting(
          now, n, prompt, context, ahead, beside, completion, ttft, tpot, Double.NaN);
    }

    private double promptSeconds(double tokens, double prompt, double n, double context) {
      double chunks = Math.max(1, tokens / PLANNED.engine().stepTokens());
      double with = step.seconds(n, n * context, tokens / chunks, 0);
      return chunks * (with - step.seconds(n, n * context, 0, 0))
          + step.prefillAttentionSeconds(tokens, tokens * prompt / 2);
    }
  }

  /** Half as fast is found out after a minute of a request every half second. */
  @Test
  void saturation_ofHardwareHalfAsFast_isHalf() {
    var found = after(new Server(2, 2, 2, 0.2), 120).calibrated();

    double planned = ContinuousBatching.of(PLANNED).saturation(LOAD);
    double real = ContinuousBatching.of(found.apply(PLANNED)).saturation(LOAD);
    assertThat(real / planned).isCloseTo(0.5, within(0.06));
    assertThat(found.uncertainty(0.5)).isLessThan(1.25);
  }

  @Test
  void outliers_moveNothing() {
    var server = new Server(3, 1.3, 1.3, 0.1);
    var calibration = Calibration.of(PLANNED);
    for (int i = 0; i < 1000; i++) {
      var seen = server.next();
      calibration.see(i % 20 == 7 ? slowed(seen, 30) : seen);
    }

    assertThat(calibration.calibrated().decode().value()).isCloseTo(1.3, within(0.1));
    assertThat(calibration.calibrated().drifts()).isZero();
  }

  private static Sighting slowed(Sighting seen, double factor) {
    return new Sighting(
        seen.atSeconds(),
        seen.batch(),
        seen.promptTokens(),
        seen.contextTokens(),
        seen.tokensAhead(),
        seen.tokensBeside(),
        seen.completionTokens(),
        seen.ttftSeconds() * factor,
        seen.tpotSeconds() * factor,
        seen.totalSeconds() * factor);
  }

  /** It has been right for hours, and then the GPU throttles. */
  @Test
  void hardwareThatChanges_isFoundOutAndSaid() {
    var server = new Server(4, 1, 1, 0.15);
    var calibration = after(server, 5000);
    assertThat(calibration.calibrated().drifts()).isZero();

    server.decode = 2;
    server.prefill = 2;
    for (int i = 0; i < 150; i++) {
      calibration.see(server.next());
    }

    assertThat(calibration.calibrated().drifts()).isPositive();
    assertThat(calibration.calibrated().decode().value()).isCloseTo(2, within(0.2));
  }

  /** The error that is told is the error that is made. */
  @Test
  void errors_coverTheTruth() {
    int inside = 0;
    for (int seed = 0; seed < 60; seed++) {
      var decode = after(new Server(seed, 1.7, 1.7, 0.2), 200).calibrated().decode();
      if (Math.abs(decode.value() - 1.7) <= 2.5 * decode.error() + 0.02) {
        inside++;
      }
    }
    assertThat(inside).isGreaterThanOrEqualTo(51);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, 0, -1})
  void timesThatAreNone_areLeftOut(double seconds) {
    var calibration = Calibration.of(PLANNED);
    for (int i = 0; i < 100; i++) {
      calibration.see(new Sighting(i, 4, 100, 200, 0, 0, 50, seconds, seconds, seconds));
    }

    assertThat(calibration.calibrated().decode().value()).isEqualTo(1);
    assertThat(calibration.calibrated().requestSeconds().value())
        .isEqualTo(PLANNED.engine().parameters().requestSeconds());
  }

  /** A clock that jumps back, batches of none, prompts of none: no NaN comes out. */
  @Test
  void nonsense_leavesNumbers() {
    var random = new Random(9);
    var calibration = Calibration.of(PLANNED);
    for (int i = 0; i < 5000; i++) {
      calibration.see(
          new Sighting(
              random.nextDouble() * 1e6,
              random.nextInt(2000),
              random.nextInt(3) * 100_000.0,
              random.nextInt(3) * 1000.0,
              random.nextInt(3) * 1e6,
              random.nextInt(3) * 1e6,
              random.nextInt(3000),
              random.nextBoolean() ? Double.NaN : Math.exp(20 * random.nextGaussian()),
              Math.exp(20 * random.nextGaussian()),
              Math.exp(20 * random.nextGaussian())));
    }
    var found = calibration.calibrated();

    assertThat(found.decode().value()).isPositive().isFinite();
    assertThat(found.prefill().value()).isPositive().isFinite();
    assertThat(found.decode().error()).isPositive().isFinite();
    assertThat(ContinuousBatching.of(found.apply(PLANNED)).saturation(LOAD)).isPositive();
  }
}
