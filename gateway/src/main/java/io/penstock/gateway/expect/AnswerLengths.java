package io.penstock.gateway.expect;

/**
 * How long answers of one kind have been of late, in four classes for each doubling: the newest
 * counts for a two-hundredth, so that a change of habits is followed. Of an answer that was cut at
 * its limit only a least length is known; what such answers would have had is taken from those that
 * were longer (the product-limit estimate: Kaplan and Meier, JASA 53, 1958). Safe for several
 * threads.
 */
final class AnswerLengths {
  private static final int CLASSES_PER_DOUBLING = 4;
  private static final int CLASSES = 18 * CLASSES_PER_DOUBLING;
  private static final double KEPT = 1 - 1.0 / 200;

  private final double[] weights = new double[CLASSES];
  private final double[] tokens = new double[CLASSES];
  private final double[] cut = new double[CLASSES];
  private double unit = 1;
  private double count;

  /**
   * One more answer.
   *
   * @param wasCut whether its limit ended it
   */
  synchronized void add(double length, boolean wasCut) {
    double clipped = Math.max(1, length);
    int index = (int) Math.min(CLASSES - 1, CLASSES_PER_DOUBLING * Math.log(clipped) / Math.log(2));
    // Newer ones weigh more instead of older ones less, which saves touching them all.
    unit /= KEPT;
    weights[index] += unit;
    cut[index] += wasCut ? unit : 0;
    tokens[index] += unit * clipped;
    count = count * KEPT + 1;
    if (unit > 1e9) {
      rescale();
    }
  }

  private void rescale() {
    for (int i = 0; i < CLASSES; i++) {
      weights[i] /= unit;
      tokens[i] /= unit;
      cut[i] /= unit;
    }
    unit = 1;
  }

  /** Answers that count. */
  synchronized double count() {
    return count;
  }

  /** The mean answer where none may pass {@code most} tokens; 0 before the first. */
  synchronized double mean(double most) {
    double atLeast = 0;
    for (double each : weights) {
      atLeast += each;
    }
    double mean = 0;
    double left = 1;
    double longest = 0;
    for (int i = 0; i < CLASSES && atLeast > 0; i++) {
      if (weights[i] > 0) {
        longest = Math.min(most, tokens[i] / weights[i]);
        double ended = left * Math.max(0, weights[i] - cut[i]) / atLeast;
        mean += ended * longest;
        left -= ended;
        atLeast -= weights[i];
      }
    }
    return mean + left * longest;
  }
}
