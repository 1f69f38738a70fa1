package io.penstock.planner.capacity;

/**
 * How far an engine on a GPU stays behind the datasheet: the thirteen numbers that a fit may move.
 * They are coefficients, not truths, and bounded so that none can pass what is physically possible.
 *
 * @param compute share of the peak FLOP/s that matrix products reach
 * @param expertCompute share of that which the small products of experts reach
 * @param weightBandwidth share of the bandwidth that reading weights reaches
 * @param kvBandwidth share of the bandwidth that reading the KV cache reaches; a little over 1
 *     where caches help
 * @param decodeCompute share of the peak 16-bit FLOP/s that attention of decodes reaches; little
 *     where its kernel does not use tensor cores
 * @param layerSeconds fixed, per layer and step: launches, norms, sampling
 * @param sequenceSeconds per sequence and step: scheduling, detokenising
 * @param collectiveSeconds latency of one all-reduce of four GPUs on NVLink or two on PCIe; two are
 *     in a layer
 * @param linkBandwidth share of the link's bandwidth that an all-reduce reaches; low where GPUs
 *     must go through the host
 * @param hostSeconds what the host needs per layer to launch it; hidden while the GPU is busier
 * @param requestSeconds per request: HTTP, tokenising, first scheduling
 * @param burst the share of the other sequences' prefills that meets one's own
 * @param slot how many others must finish before a request gets into a batch that is as large as
 *     the number of clients; an engine that frees places late has 1
 */
public record EngineParameters(
    double compute,
    double expertCompute,
    double weightBandwidth,
    double kvBandwidth,
    double decodeCompute,
    double layerSeconds,
    double sequenceSeconds,
    double collectiveSeconds,
    double linkBandwidth,
    double hostSeconds,
    double requestSeconds,
    double burst,
    double slot) {
  /** How many numbers a fit may move. */
  public static final int COUNT = 13;

  private static final String[] NAMES = {
    "compute",
    "expert-compute",
    "weight-bandwidth",
    "kv-bandwidth",
    "decode-compute",
    "layer-seconds",
    "sequence-seconds",
    "collective-seconds",
    "link-bandwidth",
    "host-seconds",
    "request-seconds",
    "burst",
    "slot"
  };
  private static final double[] LOWEST = {
    0.005, 0.02, 0.02, 0.02, 0.005, 1e-7, 1e-8, 1e-6, 0.005, 1e-6, 1e-5, 1e-3, 1e-3
  };
  private static final double[] HIGHEST = {
    1.0, 1.0, 1.0, 1.15, 1.0, 1e-3, 2e-3, 1e-3, 1.0, 3e-3, 1.0, 1.0, 2.0
  };

  /** What an engine is expected to reach before anything was measured. */
  public static final EngineParameters PRIOR =
      new EngineParameters(
          0.65, 0.80, 0.80, 0.72, 0.30, 12e-6, 12e-6, 9e-6, 0.55, 30e-6, 6e-3, 0.12, 0.03);

  public EngineParameters {
    double[] values = {
      compute,
      expertCompute,
      weightBandwidth,
      kvBandwidth,
      decodeCompute,
      layerSeconds,
      sequenceSeconds,
      collectiveSeconds,
      linkBandwidth,
      hostSeconds,
      requestSeconds,
      burst,
      slot
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
      expertCompute,
      weightBandwidth,
      kvBandwidth,
      decodeCompute,
      layerSeconds,
      sequenceSeconds,
      collectiveSeconds,
      linkBandwidth,
      hostSeconds,
      requestSeconds,
      burst,
      slot
    };
  }

  /** The numbers in order; refused where one is out of its bounds. */
  public static EngineParameters of(double[] v) {
    return new EngineParameters(
        v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11], v[12]);
  }

  /** The numbers in order, each moved into its bounds. */
  public static EngineParameters clamped(double[] values) {
    double[] v = new double[COUNT];
    for (int i = 0; i < COUNT; i++) {
      v[i] = Math.clamp(values[i], LOWEST[i], HIGHEST[i]);
    }
    return of(v);
  }

  /** These, each times {@code e} to the effect on it, moved into its bounds. */
  public EngineParameters scaled(double[] effects) {
    double[] v = toArray();
    for (int i = 0; i < COUNT; i++) {
      v[i] *= Math.exp(effects[i]);
    }
    return clamped(v);
  }
}
