package io.penstock.planner.capacity;

/**
 * The steady state of one replica that batches continuously.
 *
 * <p>With {@code n} sequences in the batch a decode step takes {@code T_d(n)}, and a prompt that is
 * taken in beside {@code n − 1} decodes lengthens a step by {@code T_inc(n)}. While one request
 * lives, every other one takes its prompt in once, so it stays {@code R(n) = steps·T_d(n) +
 * n·T_inc(n) + t_req}, and the replica finishes {@code X(n) = n/R(n)} requests a second (Little's
 * law).
 *
 * <ul>
 *   <li>{@link #closedLoop}: a fixed number of requests in flight; those over {@code n_max} wait.
 *   <li>{@link #openLoop}: requests come at a rate, as a Poisson stream ({@link OpenLoop}).
 * </ul>
 *
 * Immutable and shared freely; a prediction takes microseconds.
 */
public final class ContinuousBatching {
  /**
   * The rate at which prompts alone would fill this share of the time is over what can be served.
   */
  private static final double MOST_PREFILL = 0.95;

  /** Of saturation: beyond, a line is as good as endless. */
  private static final double FULLEST = 1 - 1e-9;

  private static final int BISECTIONS = 40;
  private static final double PRECISION = 1e-8;

  private final StepTime step;
  private final MemoryBudget memory;
  private final int maxSequences;
  private final double stepTokens;
  private final double requestSeconds;
  private final double burst;
  private final double slot;
  private final double reserve;

  private ContinuousBatching(Deployment deployment, MemoryBudget memory) {
    var engine = deployment.engine();
    this.step = StepTime.of(deployment);
    this.memory = memory;
    this.maxSequences = engine.maxSequences();
    this.stepTokens = engine.stepTokens();
    this.requestSeconds = engine.parameters().requestSeconds();
    this.burst = engine.parameters().burst();
    this.slot = engine.parameters().slot();
    this.reserve = engine.memory().reserve();
  }

  /** The replica. Throws with one line where the model does not fit. */
  public static ContinuousBatching of(Deployment deployment) {
    return new ContinuousBatching(deployment, MemoryBudget.of(deployment));
  }

  /** The step time underneath. */
  public StepTime step() {
    return step;
  }

  /** The memory underneath. */
  public MemoryBudget memory() {
    return memory;
  }

  /** Sequences of this workload that run at once at most; at least 1. */
  public double maxSequences(Workload load) {
    return Math.clamp(memory.sequences(load.roomTokens(reserve)), 1, maxSequences);
  }

  /** One decode step of {@code n} sequences. */
  public double decodeSeconds(Workload load, double n) {
    return step.seconds(n, n * load.meanContextTokens(), 0, 0);
  }

  /**
   * By how much steps beside {@code n − 1} decodes grow in all when they take a prompt in. A lone
   * prompt pays for its steps whole; a fraction of a neighbour pays that fraction of them.
   */
  public double prefillSeconds(Workload load, double n) {
    double others = Math.max(0, n - 1);
    if (others >= 1) {
      return prefillBeside(load, others);
    }
    return (1 - others) * prefillBeside(load, 0) + others * prefillBeside(load, 1);
  }

  private double prefillBeside(Workload load, double others) {
    double chunks = Math.max(1, load.freshPromptTokens() / stepTokens);
    double context = others * load.meanContextTokens();
    return promptSeconds(load, 1, others) - chunks * step.seconds(others, context, 0, 0);
  }

  /** The steps that take in so many prompts beside {@code others} decodes, whole. */
  double promptSeconds(Workload load, double prompts, double others) {
    double tokens = prompts * load.freshPromptTokens();
    double chunks = Math.max(1, tokens / stepTokens);
    double context = others * load.meanContextTokens();
    return chunks * step.seconds(others, context, tokens / chunks, 0)
        + step.prefillAttentionSeconds(tokens, prompts * load.promptPairs());
  }

  /** What one more prompt adds at least: its arithmetic, where the weights are read anyway. */
  private double leastPromptSeconds(Workload load) {
    double fresh = load.freshPromptTokens();
    return step.computeSeconds(fresh) + step.prefillAttentionSeconds(fresh, load.promptPairs());
  }

  /** The same where a fraction of a neighbour counts as that fraction. */
  private double sharedPromptSeconds(Workload load, double prompts, double others) {
    return others >= 1
        ? promptSeconds(load, prompts, others)
        : (1 - others) * promptSeconds(load, prompts, 0) + others * promptSeconds(load, prompts, 1);
  }

  /**
   * Seconds of the whole replica that one request uses up when {@code n} run together: its own
   * prompt and its share of the decode steps. What it costs is this times the replica's price.
   */
  public double shareSeconds(Workload load, double n) {
    return load.decodeSteps() * decodeSeconds(load, n) / n + prefillSeconds(load, n);
  }

  /** Requests a second that {@code n} sequences at once finish. */
  public double throughput(Workload load, double n) {
    return n / residenceSeconds(load, n, n);
  }

  /** Requests a second of a Poisson stream that the replica finishes at most. */
  public double saturation(Workload load) {
    return new OpenLoop(this, load).saturation();
  }

  /**
   * Whether what keeps the replica from more than that is its places, by memory or by the engine's
   * own bound; else it is prompts, which fill every step before.
   */
  public boolean fillsItsPlaces(Workload load) {
    return new OpenLoop(this, load).fillsItsPlaces();
  }

  /** A fixed number of requests in flight: each that ends is followed by another at once. */
  public Prediction closedLoop(Workload load, double inFlight) {
    return closedLoop(load, inFlight, 0, 0);
  }

  /**
   * The same where the engine was started with as many places as there are clients, as benchmarks
   * do: a request then waits until a place is seen to be free, which takes the longer the fewer
   * there are. Alone among the loads it may answer sooner at a higher one. Clients that started
   * together come in waves, so that the prompts that one met before its first token do not come
   * between its tokens again.
   */
  public Prediction closedLoopWithoutSpare(Workload load, double inFlight) {
    return closedLoop(load, inFlight, slot, burst);
  }

  private Prediction closedLoop(Workload load, double inFlight, double slots, double gone) {
    if (!(inFlight >= 1 && inFlight < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("requests in flight must be 1 or more, not " + inFlight);
    }
    double most = maxSequences(load);
    double n = Math.min(inFlight, most);
    double rate = throughput(load, n);
    double ahead = Math.max(inFlight - n, slots * Math.min(1, n - 1));
    double waiting = ahead / rate;
    var wait = Wait.around(waiting, waiting / rate);
    double met = burst * (n - 1);
    double between = (1 - gone) * (n - 1);
    return prediction(
        load, inFlight, n, n - 1, rate, wait, met, between, n / most, inFlight > most);
  }

  /** Requests that come as a Poisson stream. A saturated replica's times are infinite. */
  public Prediction openLoop(Workload load, double requestsPerSecond) {
    if (!(requestsPerSecond > 0 && requestsPerSecond < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("a rate must be above 0, not " + requestsPerSecond);
    }
    var open = new OpenLoop(this, load);
    return requestsPerSecond < FULLEST * open.saturation()
        ? open.at(requestsPerSecond)
        : open.beyond(requestsPerSecond);
  }

  /** A batch that starts together and ends together; what does not fit goes in further rounds. */
  public Prediction staticBatch(Workload load, double sequences) {
    double most = maxSequences(load);
    double n = Math.min(sequences, most);
    double rounds = sequences / n;
    double decode = decodeSeconds(load, n);
    double first = promptSeconds(load, n, 0) + requestSeconds;
    double total = rounds * (first + load.decodeSteps() * decode);
    return new Prediction(
        sequences,
        n,
        sequences / total,
        Latency.spread(first, 0),
        Latency.spread(decode / load.tokensPerStep(), 0),
        Latency.spread(total, 0),
        decode,
        n / most,
        sequences > most);
  }

  /** So many requests, all there at once, of which a client keeps so many open. */
  public Prediction burst(Workload load, double requests, double atOnce) {
    double most = maxSequences(load);
    double n = Math.min(Math.min(requests, fed(load)), Math.min(atOnce, most));
    double rate = throughput(load, n);
    double prefill = prefillSeconds(load, n);
    double fill = n * prefill;
    double late = Math.max(0, Math.min(requests, atOnce) - n) / rate;
    double firstRound = n / requests;
    double wait = firstRound * fill / 2 + (1 - firstRound) * waitOfLater(requests, atOnce, n, rate);
    double decode = decodeSeconds(load, n);
    double steps = load.decodeSteps();
    double met = (n - 1) * (1 - firstRound / 2);
    double tpot = pace(load, n, met).tpotSeconds();
    double ttft = wait + prefill + requestSeconds;
    double spread = square(fill + late) / 12;
    double drain = drainSeconds(load, n);
    return new Prediction(
        requests,
        n,
        requests / (requests / rate + drain),
        Latency.spread(ttft, spread),
        Latency.spread(tpot / load.tokensPerStep(), 0),
        Latency.spread(ttft + steps * tpot, spread),
        decode,
        n / most,
        requests > most);
  }

  /**
   * Sequences that run at once at most while prompts queue: each step takes in so many prompt
   * tokens and no more, and a sequence that has come in leaves after its own steps.
   */
  private double fed(Workload load) {
    double fresh = load.freshPromptTokens();
    if (!(fresh > 0)) {
      return Double.POSITIVE_INFINITY;
    }
    double each = stepTokens / fresh;
    return load.decodeSteps() * each + Math.max(1, each);
  }

  /**
   * After the last request came in, the longest completions run on while the batch empties: half of
   * what they have over the mean, at the pace of a small batch.
   */
  private double drainSeconds(Workload load, double n) {
    double over = load.completion().longest() - load.completion().mean();
    return over / load.tokensPerStep() * decodeSeconds(load, Math.max(1, n / 4));
  }

  private static double waitOfLater(double requests, double atOnce, double n, double rate) {
    return atOnce < requests ? Math.max(0, atOnce - n) / rate : (requests + n) / 2 / rate;
  }

  /**
   * A Poisson stream that ends after so many requests. Over the whole run, from the first arrival
   * to the last token, Little's law gives {@code n = N·R(n)/(N/λ + R(n))}: the open loop's where
   * the run is long, the burst's where the rate is high.
   */
  public Prediction run(Workload load, double requestsPerSecond, double requests) {
    double most = maxSequences(load);
    double high = inRun(load, requestsPerSecond, requests, most);
    double residence = runResidence(load, high, most);
    double n = Math.min(high, most);
    double drain = drainSeconds(load, n);
    double rate = requests / (requests / requestsPerSecond + residence + drain);
    double seen = Math.min(n + 1, most);
    double busy = Math.min(MOST_PREFILL, rate * prefillSeconds(load, seen));
    double met = busy / (2 * (1 - busy)) * promptSkew(load);
    double waiting = (high - n) / rate;
    var wait = Wait.around(waiting, square(waiting) / 3);
    double others = Math.min(n, most - 1);
    return prediction(load, high, seen, others, rate, wait, met, others, n / most, high > most);
  }

  /** The {@code n} of {@link #run}, by false position: what comes is nearly a line in it. */
  private double inRun(Workload load, double requestsPerSecond, double requests, double most) {
    double low = 0;
    double atLow = -inside(load, requestsPerSecond, requests, most, low);
    double high = requests;
    double atHigh = high - inside(load, requestsPerSecond, requests, most, high);
    for (int i = 0; i < BISECTIONS && high - low > PRECISION * high && atHigh > 0; i++) {
      double n = (low * atHigh - high * atLow) / (atHigh - atLow);
      double over = n - inside(load, requestsPerSecond, requests, most, n);
      if (Math.abs(over) <= PRECISION * n) {
        return n;
      }
      if (over > 0) {
        high = n;
        atHigh = over;
        atLow /= 2;
      } else {
        low = n;
        atLow = over;
        atHigh /= 2;
      }
    }
    return high;
  }

  private double inside(
      Workload load, double requestsPerSecond, double requests, double most, double n) {
    double residence = runResidence(load, n, most);
    double drain = drainSeconds(load, Math.min(n, most));
    return requests * residence / (requests / requestsPerSecond + residence + drain);
  }

  private double runResidence(Workload load, double n, double most) {
    double inside = Math.min(n, most);
    double residence = residenceSeconds(load, Math.min(inside + 1, most), inside);
    return n <= most ? residence : residence * n / most;
  }

  /**
   * What a request meets at a replica that already works on {@code others} like it. Its prompt is
   * known, its completion is a guess, which widens the total; one token there always is.
   */
  public Prediction expect(double promptTokens, double completionTokens, int others) {
    var completion = completionTokens <= 1 ? Lengths.fixed(1) : Lengths.guess(completionTokens);
    var load = new Workload(Lengths.fixed(promptTokens), completion, 0, 1);
    return closedLoop(load, others + 1.0);
  }

  /**
   * The first token of a request that comes to {@code others} which have all had theirs: half of
   * the step that is going on, and the steps that take its prompt in.
   */
  public double nextFirstToken(double promptTokens, int others) {
    var load = new Workload(Lengths.fixed(Math.max(1, promptTokens)), Lengths.fixed(1), 0, 1);
    double beside = Math.min(others, maxSequences(load) - 1);
    return besideSeconds(load, beside) / 2 + sharedPromptSeconds(load, 1, beside) + requestSeconds;
  }

  /**
   * The most sequences at once with which the mean times stay within limits; 0 where one alone is
   * too slow.
   */
  public double largestWithin(Workload load, double ttftSeconds, double tpotSeconds) {
    double most = maxSequences(load);
    if (within(load, most, ttftSeconds, tpotSeconds)) {
      return most;
    }
    if (!within(load, 1, ttftSeconds, tpotSeconds)) {
      return 0;
    }
    double low = 1;
    double high = most;
    for (int i = 0; i < BISECTIONS; i++) {
      double middle = (low + high) / 2;
      if (within(load, middle, ttftSeconds, tpotSeconds)) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private boolean within(Workload load, double n, double ttftSeconds, double tpotSeconds) {
    var prediction = closedLoop(load, n);
    return prediction.ttft().mean() <= ttftSeconds && prediction.tpot().mean() <= tpotSeconds;
  }

  private double residenceSeconds(Workload load, double batch, double others) {
    return load.decodeSteps() * decodeSeconds(load, batch)
        + others * prefillSeconds(load, batch)
        + requestSeconds;
  }

  /**
   * What each of so many prompts adds that are taken in together beside decodes whose step takes
   * {@code decode} without them: the first hides behind the weights that are read anyway, the next
   * hide less.
   */
  double mergedSeconds(Workload load, double prompts, double others, double decode) {
    double chunks = Math.max(1, prompts * load.freshPromptTokens() / stepTokens);
    return (promptSeconds(load, prompts, others) - chunks * decode) / prompts;
  }

  /** The step that is going on when a request comes to {@code others}. */
  private double besideSeconds(Workload load, double others) {
    return Math.min(1, others) * decodeSeconds(load, Math.max(1, others));
  }

  /**
   * What a request sees.
   *
   * @param met prompts that are taken in before its first token, beside its own
   * @param between prompts that are taken in between its tokens
   */
  private Prediction prediction(
      Workload load,
      double inFlight,
      double n,
      double others,
      double rate,
      Wait wait,
      double met,
      double between,
      double utilisation,
      boolean saturated) {
    double decode = decodeSeconds(load, n);
    double beside = besideSeconds(load, others);
    double steps = load.decodeSteps();
    double interruption = prefillBeside(load, Math.max(1, others));
    double interruptionSquare = interruption * interruption * promptSkew(load);
    double together = sharedPromptSeconds(load, 1 + met, others);
    double another = leastPromptSeconds(load);
    double ttft = beside / 2 + together + requestSeconds;
    double ttftVariance = beside * beside / 12 + (met + promptSkew(load) - 1) * square(another);
    var pace = pace(load, n, between);
    double tpot = pace.tpotSeconds();
    double interrupted = tpot - decode;
    double late = ttft + pace.queuedSeconds();
    double tpotVariance = steps > 0 ? others * interruptionSquare / (steps * steps) : 0;
    double perToken = load.tokensPerStep();
    double after = Math.max(0, load.completion().mean() - 1);
    double lengthVariance = load.completion().variance() * square(tpot / perToken);
    return new Prediction(
        inFlight,
        n,
        rate,
        after(late, ttftVariance, wait),
        interrupted(
            Latency.spread(tpot / perToken, tpotVariance / square(perToken)),
            decode / perToken,
            interrupted / perToken / Math.sqrt(1 + promptSkew(load) / Math.max(others, 1e-9))),
        after(
            late + after * tpot / perToken,
            ttftVariance + square(after / perToken) * tpotVariance + lengthVariance,
            wait),
        decode,
        utilisation,
        saturated);
  }

  /**
   * A time that follows a wait. Its median is the sum of both medians: the median of a sum with few
   * long waits in it would fall while those grow, if it were taken from mean and variance.
   */
  private static Latency after(double mean, double variance, Wait wait) {
    var all = Latency.spread(mean + wait.meanSeconds(), variance + wait.variance());
    double median = Latency.spread(mean, variance).p50() + wait.medianSeconds();
    return new Latency(all.mean(), median, all.p95(), all.p99());
  }

  /**
   * A time per token whose median is a step and the prompts that half of all meet: their number is
   * around its mean as a Poisson variable, and few prompts come between the steps of many.
   */
  private static Latency interrupted(Latency all, double step, double prompts) {
    return new Latency(all.mean(), step + Math.max(0, prompts), all.p95(), all.p99());
  }

  /**
   * Decode steps and the prompts that they take in. A step takes at most so many prompt tokens, so
   * where prompts come faster than steps can take them, they queue before the first token instead.
   */
  private Pace pace(Workload load, double n, double prompts) {
    double decode = decodeSeconds(load, n);
    double steps = load.decodeSteps();
    if (!(steps > 0)) {
      return new Pace(0, prompts * prefillBeside(load, 1));
    }
    double work = prompts * prefillBeside(load, Math.max(1, prompts));
    double fullest = fullestStepSeconds(load, n) - decode;
    double taken = Math.min(work, steps * fullest);
    return new Pace(decode + taken / steps, work - taken);
  }

  /** A step beside {@code n} decodes that takes in as many prompt tokens as it may. */
  private double fullestStepSeconds(Workload load, double n) {
    double fresh = load.freshPromptTokens();
    double prompts = fresh > 0 ? stepTokens / fresh : 0;
    double context = n * load.meanContextTokens();
    return step.seconds(n, context, stepTokens, prompts * load.promptPairs());
  }

  double stepTokens() {
    return stepTokens;
  }

  int engineSequences() {
    return maxSequences;
  }

  /** Sequences of this workload that the memory holds, whatever the engine does. */
  double sequencesInMemory(Workload load) {
    return memory.sequences(load.roomTokens(reserve));
  }

  /**
   * From when a prompt's first step begins to its first token, beside {@code others} decodes, and
   * what the request spends outside of the engine.
   */
  double ownSeconds(Workload load, double promptTokens, double others) {
    double tokens = load.freshTokens(promptTokens);
    double chunks = Math.max(1, tokens / stepTokens);
    double context = others * load.meanContextTokens();
    return chunks * step.seconds(others, context, tokens / chunks, 0)
        + step.prefillAttentionSeconds(tokens, load.pairs(promptTokens * promptTokens))
        + requestSeconds;
  }

  private record Pace(double tpotSeconds, double queuedSeconds) {}

  /** The mean square of a prompt's time over the square of its mean. */
  private static double promptSkew(Workload load) {
    double mean = load.prompt().mean();
    return mean > 0 ? load.prompt().meanSquare() / (mean * mean) : 1;
  }

  private static double square(double x) {
    return x * x;
  }

  private record Wait(double meanSeconds, double variance, double medianSeconds) {
    /** A time that is spread around its mean. */
    static Wait around(double mean, double variance) {
      return new Wait(mean, variance, Latency.spread(mean, variance).p50());
    }
  }
}
