package io.penstock.planner.calibrate;

import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.StepTime;

/**
 * Learns from requests how long the steps of a pool's replicas really take. The model says what a
 * decode step and a prompt token cost on the hardware that the config names; what is learned is a
 * factor on each, a fixed time per request and one for each other that is there, which a request's
 * two times are linear in:
 *
 * <pre>
 *   TPOT = decode·T(n) + prefill·(tokens beside)·t/steps
 *   TTFT = decode·1.5·T(n−1) + prefill·(own prompt and those ahead)·t + request + crowd·(n−1)
 * </pre>
 *
 * with {@code T(n)} the step of {@code n} sequences and {@code t} what a prompt token adds to it.
 * What comes from outside the engine, a network or threads that wait for a core, does not grow with
 * a prompt, but with the load it may: the last two take it up, and only what grows with the prompt
 * is prefill's. A request at a full server says nothing of its first token, which waited for a
 * place.
 *
 * <p>Safe for several threads; a sighting costs a microsecond or two.
 */
public final class Calibration {
  private static final int DECODE = 0;
  private static final int PREFILL = 1;
  private static final int REQUEST = 2;

  private static final int TPOT = 0;
  private static final int TTFT = 1;
  private static final int TOTAL = 2;
  private static final int KINDS = 3;

  /** Of what memory holds: over it, a request may have waited for a place. */
  private static final double FULL = 0.9;

  /** How much of the mean the newest one makes up. */
  private static final double NEWEST = 0.02;

  /** Of decode steps: fewer say little of the time per token. */
  private static final double FEWEST_TOKENS = 8;

  /**
   * What a first token takes besides the engine, and by how much that strays: HTTP, threads that
   * wait for a core. A short prompt's time is little more than this, and says little of prefill.
   */
  private static final double OUTSIDE_SECONDS = 0.010;

  /** How much longer that may well be for each other request that is there. */
  private static final double CROWD_SECONDS = 0.005;

  /** What of that comes with the load, call after call, so that no number of calls averages it. */
  private static final double OUTSIDE_ALIKE_SECONDS = 0.002;

  /** The share of a time that the model may have wrong each time alike. */
  private static final double ALIKE = 0.01;

  private final Deployment prior;
  private final StepTime step;
  private final double mostSequences;
  private final Filter filter;
  private double othersMean;
  private long samples;
  private double lastSeconds = Double.NaN;

  private Calibration(Deployment prior) {
    this.prior = prior;
    var replica = ContinuousBatching.of(prior);
    this.step = replica.step();
    this.mostSequences = prior.engine().maxSequences();
    double fixed = prior.engine().parameters().requestSeconds();
    this.filter =
        new Filter(
            KINDS,
            REQUEST,
            new double[] {1, 1, fixed, 0},
            new double[] {0.4, 0.4, Math.max(fixed, 2 * OUTSIDE_SECONDS), CROWD_SECONDS},
            new double[] {0.01, 0.01, fixed / 50, CROWD_SECONDS / 50});
  }

  /** Starts from the catalogue's figures. Throws with one line where the model does not fit. */
  public static Calibration of(Deployment prior) {
    return new Calibration(prior);
  }

  /** The replica as it was planned. */
  public Deployment prior() {
    return prior;
  }

  /** Takes one request in. */
  public synchronized void see(Sighting seen) {
    double n = Math.clamp(seen.batch(), 1, mostSequences);
    filter.pass(Double.isNaN(lastSeconds) ? 0 : seen.atSeconds() - lastSeconds);
    lastSeconds = seen.atSeconds();
    samples++;
    if (seen.tpotSeconds() > 0 && seen.completionTokens() >= FEWEST_TOKENS) {
      double doubt = besideSeconds(seen.besideDoubt(), n, seen) / (seen.completionTokens() - 1);
      filter.measure(
          TPOT, tpotShares(seen, n), seen.tpotSeconds(), doubt, ALIKE * seen.tpotSeconds());
    }
    if (seen.ttftSeconds() > 0 && n < FULL * mostSequences) {
      othersMean += NEWEST * (n - 1 - othersMean);
      double doubt = aheadSeconds(seen.aheadDoubt(), n - 1, seen);
      filter.measure(
          TTFT,
          ttftShares(seen, n),
          seen.ttftSeconds(),
          Math.hypot(OUTSIDE_SECONDS, doubt),
          OUTSIDE_ALIKE_SECONDS);
    }
    if (Double.isNaN(seen.ttftSeconds()) && n < FULL * mostSequences) {
      othersMean += NEWEST * (n - 1 - othersMean);
      filter.measure(
          TOTAL,
          totalShares(seen, n),
          seen.totalSeconds(),
          aheadSeconds(seen.aheadDoubt(), n, seen) + besideSeconds(seen.besideDoubt(), n, seen),
          OUTSIDE_ALIKE_SECONDS + ALIKE * seen.totalSeconds());
    }
  }

  private double[] totalShares(Sighting seen, double n) {
    double[] total = ttftShares(seen, n);
    if (seen.completionTokens() > 1) {
      double[] perToken = tpotShares(seen, n);
      for (int i = 0; i < total.length; i++) {
        total[i] += perToken[i] * (seen.completionTokens() - 1);
      }
    }
    return total;
  }

  private double[] tpotShares(Sighting seen, double n) {
    double decode = step.seconds(n, n * seen.contextTokens(), 0, 0);
    double steps = seen.completionTokens() - 1;
    return new double[] {decode, besideSeconds(seen.tokensBeside(), n, seen) / steps, 0, 0};
  }

  private double[] ttftShares(Sighting seen, double n) {
    double others = n - 1;
    double decode = step.seconds(others, others * seen.contextTokens(), 0, 0);
    double tokens = seen.promptTokens() + seen.tokensAhead();
    return new double[] {1.5 * decode, aheadSeconds(tokens, others, seen), 1, others};
  }

  /** Prompts of others, which come one by one. */
  private double besideSeconds(double tokens, double others, Sighting seen) {
    return promptSeconds(tokens, others, seen, seen.contextTokens());
  }

  /** Its own prompt and those ahead of it, which are there together. */
  private double aheadSeconds(double tokens, double others, Sighting seen) {
    return promptSeconds(tokens, others, seen, tokens);
  }

  /**
   * What so many prompt tokens add to steps that decode {@code others} anyway.
   *
   * @param at how many of them are there at a time
   */
  private double promptSeconds(double tokens, double others, Sighting seen, double at) {
    if (!(tokens > 0)) {
      return 0;
    }
    double context = others * seen.contextTokens();
    double chunks = Math.max(1, tokens / Math.clamp(at, 1, prior.engine().stepTokens()));
    double with = step.seconds(others, context, tokens / chunks, 0);
    return chunks * (with - step.seconds(others, context, 0, 0))
        + step.prefillAttentionSeconds(tokens, tokens * seen.promptTokens() / 2);
  }

  /**
   * What the model, as learned so far, makes of a request that was seen.
   *
   * @param ttftSeconds from its dispatch to its first token, if it did not wait for a place
   * @param tpotSeconds per token after the first; 0 where there was none
   */
  public record Times(double ttftSeconds, double tpotSeconds) {}

  /** What a request should have taken. */
  public synchronized Times expected(Sighting seen) {
    double n = Math.clamp(seen.batch(), 1, mostSequences);
    double tpot = seen.completionTokens() > 1 ? filter.expected(tpotShares(seen, n)) : 0;
    return new Times(filter.expected(ttftShares(seen, n)), tpot);
  }

  /** What was learned so far. */
  public synchronized Calibrated calibrated() {
    return new Calibrated(
        parameter(DECODE),
        parameter(PREFILL),
        requestSeconds(),
        samples,
        filter.noise(),
        filter.changes());
  }

  /** With as many others there as there are in the mean. */
  private Calibrated.Parameter requestSeconds() {
    double[] shares = {0, 0, 1, othersMean};
    return new Calibrated.Parameter(
        filter.prior(REQUEST), filter.expected(shares), filter.error(shares));
  }

  private Calibrated.Parameter parameter(int index) {
    return new Calibrated.Parameter(filter.prior(index), filter.value(index), filter.error(index));
  }
}
