package io.penstock.planner.calibrate;

import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.EngineParameters;

/**
 * What a pool's replicas turned out to be, beside what the catalogue says of them.
 *
 * @param decode times as long as modelled a decode step takes
 * @param prefill times as long as modelled a prompt token takes
 * @param requestSeconds fixed, per request, before its first token
 * @param samples requests that it rests on
 * @param noise by which share of it a single request's time strays from the model
 * @param drifts how often the hardware was found to have changed
 */
public record Calibrated(
    Parameter decode,
    Parameter prefill,
    Parameter requestSeconds,
    long samples,
    double noise,
    int drifts) {

  /**
   * One number.
   *
   * @param prior what the catalogue makes of it
   * @param value what traffic makes of it
   * @param error its standard error
   */
  public record Parameter(double prior, double value, double error) {
    /**
     * Whether traffic contradicts the catalogue: by over three standard errors, and by over a
     * quarter even if it were one of them nearer.
     */
    public boolean contradicts() {
      double off = Math.abs(value - prior);
      return off > 3 * error && off - error > 0.25 * prior;
    }
  }

  /**
   * What a first token takes beyond what was planned, however long its prompt is: what a network or
   * a machine that is busy adds. It contradicts nothing.
   */
  public Parameter offset() {
    return new Parameter(0, requestSeconds.value - requestSeconds.prior, requestSeconds.error);
  }

  /** The replica that was seen, where {@code prior} is the one that was planned. */
  public Deployment apply(Deployment prior) {
    double[] v = prior.engine().parameters().toArray();
    for (int i = 0; i < v.length; i++) {
      v[i] =
          switch (EngineParameters.name(i)) {
            case "compute" -> v[i] / prefill.value;
            case "weight-bandwidth", "kv-bandwidth", "decode-compute", "link-bandwidth" ->
                v[i] / decode.value;
            case "layer-seconds", "sequence-seconds", "collective-seconds", "host-seconds" ->
                v[i] * decode.value;
            case "request-seconds" -> requestSeconds.value;
            default -> v[i];
          };
    }
    return prior.with(EngineParameters.clamped(v));
  }

  /**
   * By how much the model may still be too optimistic: two standard errors of a request's work.
   *
   * @param prefillShare the share of its work that is its prompt's
   */
  public double uncertainty(double prefillShare) {
    double decodes = (1 - prefillShare) * decode.error / decode.value;
    double prompts = prefillShare * prefill.error / prefill.value;
    return 1 + Math.min(0.25, 2 * Math.hypot(decodes, prompts));
  }

  /** Whether the hardware is not what the config says. */
  public boolean contradicts() {
    return decode.contradicts() || prefill.contradicts();
  }
}
