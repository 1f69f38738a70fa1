package io.penstock.loadtest.text;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Repeatable chance: the same seed and the same keys give the same throws, on every machine. */
public final class Dice {
  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private final RandomGenerator random;

  private Dice(long state) {
    this.random = new SplittableRandom(state);
  }

  public static Dice of(long seed, Object... keys) {
    long hash = FNV_OFFSET ^ seed * 0x9e3779b97f4a7c15L;
    for (Object key : keys) {
      hash = hash(hash, key.toString());
    }
    return new Dice(hash);
  }

  private static long hash(long from, String text) {
    long hash = from;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * FNV_PRIME;
    }
    return (hash ^ 0xFFFF) * FNV_PRIME;
  }

  /** From 0 to {@code bound}, without it. */
  public int below(int bound) {
    return random.nextInt(bound);
  }

  public boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  public double fraction() {
    return random.nextDouble();
  }

  public <T> T one(java.util.List<T> of) {
    return of.get(below(of.size()));
  }

  /** A length whose logarithm is normal, never below one. */
  public int length(double median, double sigma) {
    return (int)
        Math.max(1, Math.min(1e9, Math.rint(median * Math.exp(sigma * random.nextGaussian()))));
  }

  public double gaussian() {
    return random.nextGaussian();
  }

  public String hex(int digits) {
    var text = new StringBuilder(digits);
    for (int i = 0; i < digits; i++) {
      text.append(Character.forDigit(below(16), 16));
    }
    return text.toString();
  }
}
