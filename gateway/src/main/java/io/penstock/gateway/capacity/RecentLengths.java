package io.penstock.gateway.capacity;

import io.penstock.planner.capacity.Lengths;
import io.vertx.core.json.JsonArray;
import java.util.List;

/**
 * How long prompts or completions have been of late: a histogram with four classes for each
 * doubling, in which what is older counts less. One thread.
 */
final class RecentLengths {
  private static final int CLASSES_PER_DOUBLING = 4;
  private static final int CLASSES = 21 * CLASSES_PER_DOUBLING;

  private final double[] weight = new double[CLASSES];
  private final double[] tokens = new double[CLASSES];

  void add(double length) {
    double clipped = Math.max(1, length);
    int index = (int) Math.min(CLASSES - 1, CLASSES_PER_DOUBLING * Math.log(clipped) / Math.log(2));
    weight[index]++;
    tokens[index] += clipped;
  }

  /** What was added so far counts {@code keep} times as much from now on. */
  void fade(double keep) {
    for (int i = 0; i < CLASSES; i++) {
      weight[i] *= keep;
      tokens[i] *= keep;
    }
  }

  /** Requests that count. */
  double count() {
    double sum = 0;
    for (double each : weight) {
      sum += each;
    }
    return sum;
  }

  /** As one gateway tells another: of each class that counts its number, weight and tokens. */
  JsonArray json() {
    var json = new JsonArray();
    for (int i = 0; i < CLASSES; i++) {
      if (weight[i] > 1e-6) {
        json.add(i).add((float) weight[i]).add((float) tokens[i]);
      }
    }
    return json;
  }

  static RecentLengths of(JsonArray json) {
    var lengths = new RecentLengths();
    for (int i = 0; i + 2 < json.size(); i += 3) {
      int index = json.getInteger(i);
      lengths.weight[index] = json.getDouble(i + 1);
      lengths.tokens[index] = json.getDouble(i + 2);
    }
    return lengths;
  }

  /** A copy, with what others saw. */
  RecentLengths with(List<RecentLengths> others) {
    var sum = new RecentLengths();
    for (int i = 0; i < CLASSES; i++) {
      sum.weight[i] = weight[i];
      sum.tokens[i] = tokens[i];
      for (RecentLengths other : others) {
        sum.weight[i] += other.weight[i];
        sum.tokens[i] += other.tokens[i];
      }
    }
    return sum;
  }

  /** The lengths; {@code otherwise} where nothing is known. */
  Lengths lengths(double otherwise) {
    int used = 0;
    for (double each : weight) {
      used += each > 1e-6 ? 1 : 0;
    }
    if (used == 0) {
      return Lengths.fixed(otherwise);
    }
    double[] means = new double[used];
    double[] shares = new double[used];
    int next = 0;
    for (int i = 0; i < CLASSES; i++) {
      if (weight[i] > 1e-6) {
        means[next] = tokens[i] / weight[i];
        shares[next++] = weight[i];
      }
    }
    return Lengths.histogram(means, shares);
  }
}
