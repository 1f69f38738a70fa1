package io.penstock.planner.capacity;

/**
 * How far an engine on a GPU stays behind the datasheet: the eight numbers that a fit may move.
 * They are coefficients, not truths, and bounded so that none can pass what is physically possible.
 *
 * @param compute share of the peak FLOP/s that matrix products reach
 * @param weightBandwidth share of the bandwidth that reading weights reaches
 * @param kvBandwidth share of the bandwidth that reading the KV cache reaches; a little over 1
 *     where caches help
 * @param layerSeconds fixed, per layer and step: launches, norms, sampling
 * @param sequenceSeconds per sequence and step: scheduling, detokenising
 * @param collectiveSeconds latency of one all-reduce, two of which are in a layer
 * @param requestSeconds per request: HTTP, tokenising, first scheduling
 * @param burst the share of the other sequences' prefills that meets one's own
 */
public record EngineParameters(
    double compute,
    double weightBandwidth,
    double kvBandwidth,
    double layerSeconds,
    double sequenceSeconds,
    double collectiveSeconds,
    double requestSeconds,
    double burst) {
  /** How many numbers a fit may move. */
  public static final int COUNT = 8;

  private static final String[] NAMES = {
    "compute",
    "weight-bandwidth",
    "kv-bandwidth",
    "layer-seconds",
    "sequence-seconds",
    "collective-seconds",
    "request-seconds",
    "burst"
  };
  private static final double[] LOWEST = {0.02, 0.05, 0.02, 1e-7, 1e-8, 1e-6, 1e-5, 1e-3};
  private static final double[] HIGHEST = {1.0, 1.0, 1.15, 1e-3, 1e-3, 3e-4, 1.0, 1.0};

  /** What an engine is expected to reach before anything was measured. */
  public static final EngineParameters PRIOR =
      new EngineParameters(0.65, 0.80, 0.72, 12e-6, 12e-6, 9e-6, 6e-3, 0.12);

  public EngineParameters {
    double[] values = {
      compute,
      weightBandwidth,
      kvBandwidth,
      layerSeconds,
      sequenceSeconds,
      collectiveSeconds,
      requestSeconds,
      burst
    };
    for (int i = 0; i < COUNT; i++) {
      if (!(values[i] >= LOWEST[i] && values[i] <= HIGHEST[i])) {
        throw new IllegalArgumentException(
            NAMES[i] + ": must be in [" + LOWEST[i] + ", " + HIGHEST[i] + "], not " + values[i]);
      }
    }
  }

  /** The name of each number, in order. */
  public static String name(int index) {
    return NAMES[index];
  }

  /** The numbers in order. */
  public double[] toArray() {
    return new double[] {
      compute,
      weightBandwidth,
      kvBandwidth,
      layerSeconds,
      sequenceSeconds,
      collectiveSeconds,
      requestSeconds,
      burst
    };
  }

  /** The numbers in order; refused where one is out of its bounds. */
  public static EngineParameters of(double[] v) {
    return new EngineParameters(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]);
  }

  /** The numbers in order, each moved into its bounds. */
  public static EngineParameters clamped(double[] values) {
    double[] v = new double[COUNT];
    for (int i = 0; i < COUNT; i++) {
      v[i] = Math.clamp(values[i], LOWEST[i], HIGHEST[i]);
    }
    return of(v);
  }
}
