package io.penstock.planner.capacity;

import io.penstock.planner.capacity.FirstTokens.Wait;
import io.penstock.planner.capacity.Occupancy.Line;

/**
 * A replica under a Poisson stream of one kind of request.
 *
 * <p>With {@code n} sequences that decode, a step without prompts takes {@code D(n)}, and each
 * prompt that comes adds {@code I(n)} to one. Prompts come at the rate {@code λ} however many
 * decode, so that a step takes {@code τ(n) = (D(n) + β)/(1 − λ·I(n))} on average, where {@code β}
 * is a step's share of the prompts that came while a request's own was taken in, and that now stand
 * between its tokens; but on average no longer than where the replica is full.
 *
 * <ul>
 *   <li>How many decode is a birth–death process ({@link Occupancy}), and so is how long a step
 *       takes.
 *   <li>Who finds all places taken waits for one, and then for steps that take the prompt in
 *       ({@link PromptQueue}).
 *   <li>The time to the first token is both waits and the prompt's own steps ({@link FirstTokens}),
 *       the time per token a step ({@link Steps}), and the end-to-end time one and as many of the
 *       other as a completion takes ({@link Totals}).
 * </ul>
 *
 * Each part grows with the rate, so that no mean and no percentile ever falls.
 */
final class OpenLoop {
  /** Of a prompt, what a memory that has no room for the next one leaves unused on average. */
  private static final double UNUSED = 0.25;

  /** How much of their variation prompts have in common that share a step. */
  private static final double MERGED = 0.5;

  /** Of how far it is from all places, the most of variance over mean that the number has. */
  private static final double STRAY = 0.3;

  /** Prompts that are shorter take nothing. */
  private static final double LEAST_TOKENS = 1e-9;

  private static final double LEAST_PROBABILITY = 1e-9;

  /** Prompts in a step, of those that would come if it had none. */
  private static final double LENGTHENED = 1.5;

  /** Of the time, what prompts take at most as far as the number of sequences strays for it. */
  private static final double MOST_BUSY = 0.95;

  private static final int ROUNDS = 4;

  private final ContinuousBatching replica;
  private final Workload load;
  private final double steps;
  private final double promptsPerStep;
  private final double skew;
  private final double most;
  private final double tightness;
  private final double places;
  private final double fed;
  private final double saturation;

  OpenLoop(ContinuousBatching replica, Workload load) {
    this.replica = replica;
    this.load = load;
    this.steps = load.decodeSteps();
    double prompt = load.prompt().mean();
    this.skew = prompt > 0 ? load.prompt().meanSquare() / (prompt * prompt) : 1;
    this.promptsPerStep = replica.stepTokens() / Math.max(LEAST_TOKENS, load.freshPromptTokens());
    double inMemory = replica.sequencesInMemory(load);
    double unused = UNUSED * skew * prompt / load.meanContextTokens();
    this.most = Math.clamp(inMemory - unused, 1, replica.engineSequences());
    this.tightness = Math.clamp(2 - inMemory / replica.engineSequences(), 0, 1);
    this.fed = steps * promptsPerStep;
    double chunks = Math.max(1, 1 / promptsPerStep);
    double full = most * steps / (steps + chunks);
    double rate = 0;
    for (int i = 0; i < ROUNDS; i++) {
      double n = Math.min(full, fed);
      double decode = decodeSeconds(n);
      double added = addedSeconds(steps > 0 ? n / steps : promptsPerStep, n, decode);
      rate = fullRate((steps + chunks) * decode, added);
      full = rate * steps * decode / (1 - rate * added);
      rate = Math.min(rate, promptsPerStep / (decode + promptsPerStep * added));
    }
    this.places = full;
    this.saturation = rate;
  }

  /**
   * Requests a second that keep all places taken: {@code most/λ = S·τ + D + I·(1 + λ·τ)}, the steps
   * of a completion and the one that takes the prompt in, with those that come in it.
   */
  private double fullRate(double decode, double added) {
    double linear = decode + added * (1 + most);
    return 2 * most / (linear + Math.sqrt(linear * linear - 4 * added * added * most));
  }

  /** Requests a second that the replica finishes at most. */
  double saturation() {
    return saturation;
  }

  /** Whether at saturation all places are taken, and prompts leave steps some room. */
  boolean fillsItsPlaces() {
    return places <= fed;
  }

  /** What requests see that come at a rate below saturation. */
  Prediction at(double rate) {
    var occupancy = steps > 0 ? occupancy(rate) : Occupancy.NONE;
    double n = occupancy.decoding();
    double decode = steps > 0 ? decodeSeconds(Math.max(1, n)) : 0;
    double among = Math.max(crowd(), n);
    double added = addedSeconds(LENGTHENED * rate * decode, among, decodeSeconds(among));
    var queue = queue(rate, decode, added);
    double step = occupancy.stepSeconds();
    var first = firstTokens(rate, occupancy, decode, queue);
    double single =
        steps > 0 ? rate * step * skew * square(queue.addedSeconds() * step / decode) : 0;
    var after =
        new Steps(decodeSeconds(1), step, longestStep(), square(occupancy.straySeconds()), single);
    double seen = Math.min(n + 1, most);
    return new Prediction(
        rate * (first.mean() + steps * step),
        seen,
        rate,
        first.latency(),
        after.perToken(load.completion().classes(), load.tokensPerStep()),
        new Totals(load.completion().classes(), load.tokensPerStep(), first, after).latency(),
        decodeSeconds(seen),
        rate / saturation,
        false);
  }

  /**
   * At saturation and over it a line grows without bound, and steps are those of a full replica.
   */
  Prediction beyond(double rate) {
    double infinite = Double.POSITIVE_INFINITY;
    var never = new Latency(infinite, infinite, infinite, infinite);
    double perToken = longestStep() / load.tokensPerStep();
    var longest = new Latency(perToken, perToken, perToken, perToken);
    return new Prediction(
        infinite,
        most,
        saturation,
        never,
        longest,
        never,
        decodeSeconds(most),
        rate / saturation,
        true);
  }

  private FirstTokens firstTokens(
      double rate, Occupancy occupancy, double decode, PromptQueue queue) {
    double n = occupancy.decoding();
    double going = 1 - occupancy.idle() * (1 - queue.busy());
    double step = Math.max(decode, occupancy.stepSeconds());
    double meets = Math.max(LEAST_PROBABILITY, queue.metProbability(rate * step));
    double beside =
        replica.promptSeconds(load, 1 + queue.beside(), n) - replica.promptSeconds(load, 1, n);
    double waits = queue.waitSeconds(going, decode / 2, beside);
    var prompts = load.prompt().classes();
    double[] own = new double[prompts.count()];
    for (int i = 0; i < own.length; i++) {
      own[i] = replica.ownSeconds(load, prompts.tokens()[i], n);
    }
    return new FirstTokens(
        prompts.shares(),
        own,
        going * decode,
        new Wait(meets, waits / meets),
        new Wait(occupancy.waitProbability(), occupancy.waitSeconds()));
  }

  private Occupancy occupancy(double rate) {
    double all = Math.min(places, fed);
    double longest = longestStep();
    var step = new StepCurve(all, n -> Math.min(longest, stepSeconds(rate, n)));
    double work = rate * steps;
    double completions = variation(load.completion());
    double memory = tightness * contextVariation();
    double service = (1 + completions) * (1 + memory) / 2;
    var line =
        fillsItsPlaces()
            ? new Line(Math.pow(rate / saturation, 1 / service), service / (saturation - rate))
            : Line.NONE;
    double balance = Math.min(all, step.balance(work));
    double decode = decodeSeconds(all);
    double added = addedSeconds(LENGTHENED * rate * decode, all, decode);
    double busy = Math.min(MOST_BUSY, rate * added);
    double spread =
        spread(busy / (1 - busy), completions, all - balance)
            * (1 + memory * Math.min(1, balance / most));
    return Occupancy.of(step, work, spread, all, line);
  }

  /**
   * The variance of the number of sequences over that of a Poisson variable. A prompt that comes is
   * one more, and for its time nobody ends, which is {@code s} more where steps are {@code 1 + s}
   * times as long for prompts. Where completions are all alike the number is that of the prompts
   * that came in the last steps, which strays twice as far as that of exponential ones; and where
   * it is near its limit it has no room to stray.
   */
  private double spread(double slower, double completions, double room) {
    double alike = Math.max(0, 1 - completions);
    double strays = 1 + slower * (2 + skew * slower) * (1 + alike) / 2;
    return Math.min(strays, Math.max(1, STRAY * room));
  }

  /** {@code τ(n)}. */
  private double stepSeconds(double rate, double n) {
    double decode = decodeSeconds(n);
    double added = addedSeconds(LENGTHENED * rate * decode, n, decode);
    var queue = queue(rate, decode, added);
    double own = decode + added * (1 + queue.beside()) + queue.furtherSeconds();
    double left = 1 - rate * added;
    return left > 0 ? (decode + rate * added * own / steps) / left : Double.POSITIVE_INFINITY;
  }

  private PromptQueue queue(double rate, double decode, double added) {
    return PromptQueue.of(rate, decode, added, skew, promptsPerStep);
  }

  /**
   * Few sequences leave experts out that a prompt then touches, so that it adds less to a step of
   * more; but no request shall be faster for others.
   */
  private double crowd() {
    return Math.max(1, Math.min(replica.step().crowd(), most / 2));
  }

  /** A step of a replica that is full. */
  private double longestStep() {
    return steps > 0 ? Math.min(places, fed) / (saturation * steps) : 0;
  }

  private double decodeSeconds(double n) {
    return n > 0 ? replica.decodeSeconds(load, n) : 0;
  }

  /**
   * {@code I(n)} where so many prompts come in a step on average. What hides behind the weights
   * that are read anyway does so less the more come together, and counts by how many a prompt
   * finds; experts that the first one touches are touched for all, and count by how many a step has
   * that has any.
   */
  private double addedSeconds(double prompts, double n, double decode) {
    double found = added(1 + MERGED * (skew - 1) + prompts, n, decode);
    return replica.step().crowd() > 1 && prompts > 0
        ? Math.max(found, added(prompts / -Math.expm1(-prompts), n, decode))
        : found;
  }

  private double added(double together, double n, double decode) {
    double prompts = Math.min(Math.max(1, promptsPerStep), together);
    return replica.mergedSeconds(load, prompts, n, decode);
  }

  /** The variance of what a sequence in progress holds, over the square of its mean. */
  private double contextVariation() {
    double completion = load.completion().meanByToken();
    return (load.prompt().variance() + square(completion) / 12) / square(load.meanContextTokens());
  }

  private static double variation(Lengths lengths) {
    return lengths.variance() / square(lengths.mean());
  }

  private static double square(double x) {
    return x * x;
  }
}
