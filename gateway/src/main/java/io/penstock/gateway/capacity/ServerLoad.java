package io.penstock.gateway.capacity;

import org.jspecify.annotations.Nullable;

/**
 * What a model server says of itself, in the names of vLLM or SGLang. Whatever gave it its work is
 * in it, this gateway or another.
 *
 * @param running sequences that it computes
 * @param waiting requests that it has no room for
 * @param kvUsage the share of its KV memory that is in use; 0 where it does not say
 * @param atNanos when it said so
 */
public record ServerLoad(double running, double waiting, double kvUsage, long atNanos) {
  private static final double FULL_MEMORY = 0.97;

  /** A prompt that has just come is counted as waiting until the next step. */
  private static final double COMING = 1;

  /** From the text of its {@code /metrics}; null where the figures are not in it. */
  public static @Nullable ServerLoad parse(String text, long atNanos) {
    double running = Double.NaN;
    double waiting = Double.NaN;
    double kv = 0;
    for (String line : text.lines().toList()) {
      switch (name(line)) {
        case "vllm:num_requests_running", "sglang:num_running_reqs" ->
            running = plus(running, line);
        case "vllm:num_requests_waiting", "sglang:num_queue_reqs" -> waiting = plus(waiting, line);
        case "vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc", "sglang:token_usage" ->
            kv = Math.max(kv, value(line));
        default -> {}
      }
    }
    return Double.isNaN(running) || Double.isNaN(waiting)
        ? null
        : new ServerLoad(running, waiting, kv, atNanos);
  }

  private static String name(String line) {
    int end = 0;
    while (end < line.length() && line.charAt(end) != '{' && line.charAt(end) != ' ') {
      end++;
    }
    return line.substring(0, end);
  }

  /** Engines of one server are added up. */
  private static double plus(double sum, String line) {
    return (Double.isNaN(sum) ? 0 : sum) + value(line);
  }

  private static double value(String line) {
    String after = line.substring(line.lastIndexOf('}') + 1);
    String[] words = after.strip().split(" +");
    try {
      double value = Double.parseDouble(line.indexOf('}') < 0 ? words[1] : words[0]);
      return Double.isFinite(value) && value > 0 ? value : 0;
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException notANumber) {
      return 0;
    }
  }

  /**
   * How many of a server's places are not this gateway's to give: those of calls that others gave
   * it, and, where it has none left for those who wait there, all that it does not compute.
   *
   * @param before what it said before this; null: nothing
   * @param own calls that this gateway has there
   * @param places that the model gives it
   */
  public double lost(@Nullable ServerLoad before, int own, double places) {
    double others = Math.max(0, running + waiting - own);
    boolean full = full() && before != null && before.full();
    double none = full ? Math.max(0, places - running) : 0;
    return Math.min(places, others + none);
  }

  private boolean full() {
    return waiting > COMING || kvUsage >= FULL_MEMORY;
  }
}
