package io.penstock.planner.capacity;

import java.util.Arrays;

/**
 * How long prompts or completions are: a histogram, so that means are not mistaken for requests.
 * Build one with {@link #fixed}, {@link #logNormal} or {@link #histogram}.
 */
public final class Lengths {
  /** Quantiles at which a continuous distribution becomes a histogram: the middles of 16 slices. */
  private static final int SLICES = 16;

  private final double[] tokens;
  private final double[] shares;
  private final double mean;
  private final double square;
  private final Classes classes;

  /** A length of 1 whose true value is guessed to within about half. */
  private static final Lengths GUESS = logNormal(1, 0.6);

  private Lengths(double[] tokens, double[] shares) {
    this(
        tokens,
        shares,
        tokens.length <= SLICES ? new Classes(tokens, shares) : Classes.of(tokens, shares));
  }

  private Lengths(double[] tokens, double[] shares, Classes classes) {
    this.tokens = tokens;
    this.shares = shares;
    double first = 0;
    double second = 0;
    for (int i = 0; i < tokens.length; i++) {
      first += shares[i] * tokens[i];
      second += shares[i] * tokens[i] * tokens[i];
    }
    this.mean = first;
    this.square = second;
    this.classes = classes;
  }

  /**
   * The same in few classes, which are narrow where percentiles are asked for.
   *
   * @param tokens the mean of each
   * @param shares of requests in each
   */
  record Classes(double[] tokens, double[] shares) {
    private static final double[] ENDS = {
      0.25, 0.45, 0.55, 0.75, 0.9, 0.94, 0.96, 0.98, 0.987, 0.993, 1
    };

    private static Classes of(double[] tokens, double[] shares) {
      double[] sums = new double[ENDS.length];
      double[] widths = new double[ENDS.length];
      double reached = 0;
      int at = 0;
      for (int i = 0; i < tokens.length; i++) {
        double left = shares[i];
        while (at < ENDS.length - 1 && reached + left > ENDS[at]) {
          double part = Math.max(0, ENDS[at] - reached);
          sums[at] += part * tokens[i];
          widths[at] += part;
          reached += part;
          left -= part;
          at++;
        }
        sums[at] += left * tokens[i];
        widths[at] += left;
        reached += left;
      }
      for (int i = 0; i < ENDS.length; i++) {
        sums[i] /= widths[i];
      }
      return new Classes(sums, widths);
    }

    /** Of the continuous distribution, each at its middle. */
    private static Classes logNormal(double mean, double sigma) {
      double[] tokens = new double[ENDS.length];
      double[] shares = new double[ENDS.length];
      double from = 0;
      double sum = 0;
      for (int i = 0; i < ENDS.length; i++) {
        shares[i] = ENDS[i] - from;
        tokens[i] = Math.exp(sigma * Normal.quantile((from + ENDS[i]) / 2));
        sum += shares[i] * tokens[i];
        from = ENDS[i];
      }
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] *= mean / sum;
      }
      return new Classes(tokens, shares);
    }

    /** How many. */
    int count() {
      return tokens.length;
    }
  }

  /** The same in few classes. */
  Classes classes() {
    return classes;
  }

  /** Every one is {@code tokens} long. */
  public static Lengths fixed(double tokens) {
    return histogram(new double[] {tokens}, new double[] {1});
  }

  /**
   * A log-normal distribution.
   *
   * @param mean tokens
   * @param variation standard deviation over mean; 0 is fixed
   */
  public static Lengths logNormal(double mean, double variation) {
    if (!(variation >= 0)) {
      throw new IllegalArgumentException("a variation must be 0 or more, not " + variation);
    }
    if (variation == 0) {
      return fixed(mean);
    }
    double sigma = Math.sqrt(Math.log1p(variation * variation));
    double[] tokens = new double[SLICES];
    double sum = 0;
    for (int i = 0; i < SLICES; i++) {
      tokens[i] = Math.exp(sigma * Normal.quantile((i + 0.5) / SLICES));
      sum += tokens[i];
    }
    double scale = mean * SLICES / sum;
    double[] shares = new double[SLICES];
    Arrays.fill(shares, 1.0 / SLICES);
    Arrays.setAll(tokens, i -> tokens[i] * scale);
    var slices = histogram(tokens, shares);
    return new Lengths(slices.tokens, slices.shares, Classes.logNormal(slices.mean, sigma));
  }

  /** A length that is expected but not known: 600 tokens as well as 300 where 400 are expected. */
  public static Lengths guess(double expected) {
    if (!(expected >= 0 && expected < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("an expected length must be 0 or more, not " + expected);
    }
    double[] tokens = GUESS.tokens.clone();
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] *= expected;
    }
    return new Lengths(tokens, GUESS.shares);
  }

  /**
   * Lengths as they were counted.
   *
   * @param tokens in rising order
   * @param weights of each, 0 or more, in any unit
   */
  public static Lengths histogram(double[] tokens, double[] weights) {
    if (tokens.length == 0 || tokens.length != weights.length) {
      throw new IllegalArgumentException("a histogram needs a weight for each length");
    }
    double sum = Arrays.stream(weights).sum();
    double previous = 0;
    for (int i = 0; i < tokens.length; i++) {
      if (!(tokens[i] >= previous && tokens[i] < Double.POSITIVE_INFINITY) || !(weights[i] >= 0)) {
        throw new IllegalArgumentException("lengths must rise from 0, their weights be 0 or more");
      }
      previous = tokens[i];
    }
    if (!(sum > 0 && sum < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("the weights of a histogram must sum to more than 0");
    }
    return new Lengths(tokens.clone(), Arrays.stream(weights).map(w -> w / sum).toArray());
  }

  /** The mean, in tokens. */
  public double mean() {
    return mean;
  }

  /** The mean of the square. */
  public double meanSquare() {
    return square;
  }

  /** The variance, in tokens squared. */
  public double variance() {
    return Math.max(0, square - mean * mean);
  }

  /** The mean over all tokens, not over requests: what a request in progress looks like. */
  public double meanByToken() {
    return mean > 0 ? square / mean : 0;
  }

  /** The longest. */
  public double longest() {
    return tokens[tokens.length - 1];
  }

  /** The length that a share {@code q} of requests does not pass. */
  public double quantile(double q) {
    double reached = 0;
    for (int i = 0; i < tokens.length; i++) {
      reached += shares[i];
      if (reached >= q - 1e-12) {
        return tokens[i];
      }
    }
    return tokens[tokens.length - 1];
  }
}
