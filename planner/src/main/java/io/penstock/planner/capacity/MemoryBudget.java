package io.penstock.planner.capacity;

import io.penstock.planner.model.KvCache;
import io.penstock.planner.model.WeightMemory;
import java.util.Locale;

/**
 * The memory ledger of one GPU of a replica, in bytes.
 *
 * @param totalBytes what the driver leaves to programs
 * @param weightBytes this GPU's share of the weights
 * @param runtimeBytes what the engine keeps for itself: its context, activations and graphs
 * @param unclaimedBytes what the engine is told to leave
 * @param kvBytes the rest, for the KV cache
 * @param kv how a sequence uses it
 */
public record MemoryBudget(
    double totalBytes,
    double weightBytes,
    double runtimeBytes,
    double unclaimedBytes,
    double kvBytes,
    KvCache kv)
    implements Memory {
  /** Fixed part of the runtime on a large card; a small card's engine makes do with less. */
  private static final double RUNTIME_BYTES = 2.5e9;

  private static final double RUNTIME_SHARE = 0.02;

  static Memory measure(Deployment deployment) {
    var gpu = deployment.gpu();
    var weights = new WeightMemory(deployment.model(), deployment.weights());
    var kv = new KvCache(deployment.model(), deployment.kv(), deployment.tensorParallel());
    double total = gpu.memoryBytes();
    double runtime = RUNTIME_SHARE * total + Math.min(RUNTIME_BYTES, RUNTIME_SHARE * total);
    double weightBytes = weights.bytes() / deployment.tensorParallel();
    var claim = deployment.engine().memory();
    double unclaimed =
        (1 - claim.fraction())
            * switch (claim.of()) {
              case TOTAL -> total;
              case FREE -> Math.max(0, total - runtime - weightBytes);
            };
    double left = total - unclaimed - runtime - weightBytes;
    return left >= kv.tokenBytesPerGpu()
        ? new MemoryBudget(total, weightBytes, runtime, unclaimed, left, kv)
        : new DoesNotFit(refusal(deployment, weightBytes, total - unclaimed - runtime), -left);
  }

  private static String refusal(Deployment deployment, double weightBytes, double roomBytes) {
    return String.format(
        Locale.ROOT,
        "%s in %s needs %.1f GB of weights on each of %d %s, which has room for %.1f GB",
        deployment.model().name(),
        deployment.weights().label(),
        weightBytes / 1e9,
        deployment.tensorParallel(),
        deployment.gpu().name(),
        roomBytes / 1e9);
  }

  /** The ledger of {@code deployment}. Throws with one line where the model does not fit. */
  public static MemoryBudget of(Deployment deployment) {
    return switch (measure(deployment)) {
      case MemoryBudget budget -> budget;
      case DoesNotFit(String why, _) -> throw new IllegalArgumentException(why);
    };
  }

  /** Tokens of KV cache that the replica holds, while nothing slides. */
  public long kvTokens() {
    return (long) (kvBytes / kv.tokenBytesPerGpu());
  }

  /** Sequences of {@code contextTokens} each that fit at once; not a whole number. */
  public double sequences(double contextTokens) {
    return kvBytes / kv.sequenceBytesPerGpu(Math.max(1, contextTokens));
  }
}
