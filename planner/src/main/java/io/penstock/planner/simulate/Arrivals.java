package io.penstock.planner.simulate;

import java.util.SplittableRandom;

/** Calls that were not recorded but made up: when they come and how long they are. */
public final class Arrivals {
  private Arrivals() {}

  /** How long a prompt or a completion is. */
  @FunctionalInterface
  public interface Length {
    /** Tokens, from a number that is uniform in [0, 1) and one that is normal. */
    double tokens(double uniform, double normal);

    /** Always the same. */
    static Length fixed(double tokens) {
      return (_, _) -> tokens;
    }

    /** Exponential, in whole tokens: every further token with the same chance. */
    static Length geometric(double mean) {
      double stay = StrictMath.log1p(-1 / mean);
      return (uniform, _) -> mean <= 1 ? 1 : 1 + Math.floor(StrictMath.log1p(-uniform) / stay);
    }

    /** Log-normal of that mean, with {@code variation} as standard deviation over mean. */
    static Length logNormal(double mean, double variation) {
      double variance = StrictMath.log1p(variation * variation);
      double sigma = Math.sqrt(variance);
      return (_, normal) -> mean * StrictMath.exp(sigma * normal - variance / 2);
    }
  }

  /** A Poisson stream of so many calls, all of the middle priority. */
  public static Calls poisson(
      long seed, double perSecond, int count, Length prompt, Length completion) {
    return stream(seed, Pattern.POISSON, perSecond, count, prompt, completion);
  }

  /** The same, whose rate moves about {@code perSecond} in a pattern. */
  public static Calls stream(
      long seed, Pattern pattern, double perSecond, int count, Length prompt, Length completion) {
    if (!(perSecond > 0 && perSecond < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("a rate must be above 0, not " + perSecond);
    }
    var random = new SplittableRandom(seed);
    var calls = new Calls.Builder();
    double at = 0;
    for (int i = 0; i < count; i++) {
      at = next(random, pattern, perSecond, at);
      int in = tokens(prompt, random);
      calls.add(Math.round(at * ReplicaSpec.NANOS), in, tokens(completion, random), 1);
    }
    return calls.build();
  }

  /** The next of a faster stream that is kept: as many are dropped as make up for the pattern. */
  private static double next(
      SplittableRandom random, Pattern pattern, double perSecond, double from) {
    double most = pattern == Pattern.POISSON ? 1 : Pattern.MOST;
    double at = from;
    do {
      at += -StrictMath.log1p(-random.nextDouble()) / (perSecond * most);
    } while (most > 1 && random.nextDouble() * most > pattern.at(at));
    return at;
  }

  private static int tokens(Length length, SplittableRandom random) {
    double uniform = random.nextDouble();
    double tokens = length.tokens(uniform, random.nextGaussian());
    return (int) Math.clamp(Math.rint(tokens), 1, 1e8);
  }
}
