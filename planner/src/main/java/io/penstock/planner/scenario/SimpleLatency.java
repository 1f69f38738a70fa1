package io.penstock.planner.scenario;

/**
 * The calculator of source 002: a request is its completion at a fixed speed.
 *
 * <p>{@code latency = batch · completion · factor / speed + overhead}; {@code cost = latency/3600 ·
 * $/h · GPUs}; the cost of a token is that over completion tokens alone. It knows neither memory
 * bandwidth nor prompts nor idle hours.
 *
 * @param completionTokens of a request
 * @param tokensPerSecond the speed that it supposes
 * @param batch requests that share the speed
 * @param factor what distribution costs
 * @param overheadMs beside
 * @param usdPerGpuHour of one GPU
 * @param gpus how many
 */
public record SimpleLatency(
    double completionTokens,
    double tokensPerSecond,
    double batch,
    double factor,
    double overheadMs,
    double usdPerGpuHour,
    int gpus) {
  public SimpleLatency {
    if (!(completionTokens >= 1) || !(tokensPerSecond > 0) || !(batch >= 1) || !(factor >= 1)) {
      throw new IllegalArgumentException(
          "completion-tokens, tokens-per-second, batch and factor must be above 0");
    }
    if (!(overheadMs >= 0) || !(usdPerGpuHour >= 0) || gpus < 1) {
      throw new IllegalArgumentException("overhead and price must be 0 or more, gpus 1 or more");
    }
  }

  /** Milliseconds of a request. */
  public double latencyMs() {
    return batch * completionTokens * factor / tokensPerSecond * 1000 + overheadMs;
  }

  /** USD of a request. */
  public double usdPerRequest() {
    return latencyMs() / 1000 / 3600 * usdPerGpuHour * gpus;
  }

  /** USD of a completion token. */
  public double usdPerToken() {
    return usdPerRequest() / completionTokens;
  }

  /** Completion tokens a second of one request. */
  public double tokensPerSecondSeen() {
    return completionTokens / (latencyMs() / 1000);
  }
}
