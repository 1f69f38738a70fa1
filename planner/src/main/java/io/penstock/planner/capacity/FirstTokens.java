package io.penstock.planner.capacity;

/**
 * The distribution of the time to the first token: the steps that take the prompt in, which are as
 * long as the prompt is; any part of a step without prompts; with some probability an exponential
 * time for other prompts, and with some another one for a place.
 */
final class FirstTokens {
  private static final double PRECISION = 1e-11;

  /** An exponential time is not taken for shorter than this part of how far the rest strays. */
  private static final double LEAST_SHARE = 1 / 500.0;

  /** Two exponential times that are as good as equal are taken for a little different. */
  private static final double ALIKE = 1e-6;

  private final double[] shares;
  private final double[] from;
  private final double[] to;
  private final Wait prompts;
  private final Wait place;
  private final double[] promptTail;
  private final double[] placeTail;
  private final double mean;
  private final double variance;

  /**
   * A probability to wait, and then an exponential time.
   *
   * @param probability of waiting
   * @param seconds of who waits, on average
   */
  record Wait(double probability, double seconds) {
    double mean() {
      return probability * seconds;
    }

    double variance() {
      return mean() * (2 * seconds - mean());
    }

    Wait notShorter(double least) {
      return seconds < least ? new Wait(probability, least) : this;
    }
  }

  /**
   * The distribution.
   *
   * @param shares of prompts by length
   * @param own what takes the prompt in, by length
   * @param stepSeconds a step without prompts, of which any part may be left
   * @param prompts for other prompts
   * @param place for a place
   */
  FirstTokens(double[] shares, double[] own, double stepSeconds, Wait prompts, Wait place) {
    int count = shares.length;
    this.shares = shares;
    this.from = new double[count];
    this.to = new double[count];
    double ownMean = 0;
    double square = 0;
    for (int i = 0; i < count; i++) {
      ownMean += shares[i] * own[i];
      square += shares[i] * own[i] * own[i];
      double down = i > 0 ? own[i] - own[i - 1] : count > 1 ? own[1] - own[0] : 0;
      double up = i < count - 1 ? own[i + 1] - own[i] : down;
      from[i] = own[i] - down / 2;
      to[i] = own[i] + up / 2 + stepSeconds;
    }
    this.mean = ownMean + stepSeconds / 2 + prompts.mean() + place.mean();
    this.variance =
        Math.max(0, square - ownMean * ownMean)
            + stepSeconds * stepSeconds / 12
            + prompts.variance()
            + place.variance();
    double least = LEAST_SHARE * (to[count - 1] - from[0]);
    var first = prompts.notShorter(least);
    var second = place.notShorter(least);
    double apart = first.seconds - second.seconds;
    if (Math.abs(apart) < ALIKE * first.seconds) {
      second = new Wait(second.probability, first.seconds * (1 + ALIKE));
      apart = first.seconds - second.seconds;
    }
    double both = first.probability * second.probability;
    this.prompts = new Wait(first.probability - both + both * first.seconds / apart, first.seconds);
    this.place =
        new Wait(second.probability - both - both * second.seconds / apart, second.seconds);
    this.promptTail = tails(this.prompts);
    this.placeTail = tails(this.place);
  }

  /** What of each class is still waiting at the end of the last one, for an exponential wait. */
  private double[] tails(Wait wait) {
    double[] tails = new double[shares.length];
    double last = to[to.length - 1];
    for (int i = 0; i < tails.length; i++) {
      double width = (to[i] - from[i]) / wait.seconds;
      double within = width > 1e-9 ? -Math.expm1(-width) / width : 1;
      tails[i] = wait.probability * shares[i] * within * Math.exp((to[i] - last) / wait.seconds);
    }
    return tails;
  }

  /** The mean and the percentiles. */
  Latency latency() {
    double p50 = within(0.50, from[0]);
    double p95 = within(0.95, p50);
    return new Latency(mean, p50, p95, within(0.99, p95));
  }

  double mean() {
    return mean;
  }

  double variance() {
    return variance;
  }

  /** What a share of requests stays under; no less than {@code least}. */
  private double within(double share, double least) {
    double low = least;
    double overLow = longer(low) - (1 - share);
    double high = Math.max(low, to[to.length - 1]);
    double overHigh = longer(high) - (1 - share);
    for (double more = prompts.seconds + place.seconds; overHigh > 0; more *= 2) {
      low = high;
      overLow = overHigh;
      high += more;
      overHigh = longer(high) - (1 - share);
    }
    double seconds =
        Roots.falling(this::longer, 1 - share, low, overLow, high, overHigh, PRECISION);
    return Math.max(least, seconds);
  }

  /** The share of requests that take longer. */
  private double longer(double seconds) {
    double last = to[to.length - 1];
    double prompt = 0;
    double forPlace = 0;
    double longer = 0;
    for (int i = 0; i < shares.length; i++) {
      if (seconds >= to[i]) {
        prompt += promptTail[i];
        forPlace += placeTail[i];
      } else if (seconds > from[i]) {
        double width = to[i] - from[i];
        double passed = seconds - from[i];
        double still =
            prompts.probability * prompts.seconds * -Math.expm1(-passed / prompts.seconds)
                + place.probability * place.seconds * -Math.expm1(-passed / place.seconds);
        longer += shares[i] * (width - passed + still) / width;
      } else {
        longer += shares[i];
      }
    }
    longer += prompt != 0 ? prompt * Math.exp((last - seconds) / prompts.seconds) : 0;
    return forPlace != 0 ? longer + forPlace * Math.exp((last - seconds) / place.seconds) : longer;
  }
}
