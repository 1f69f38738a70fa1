package io.penstock.gateway.call;

import org.jspecify.annotations.Nullable;

/**
 * A request as it came, read and scanned.
 *
 * @param id the client's own well-formed {@code x-request-id}, else one of ours
 * @param startNanos {@link System#nanoTime} when its head had arrived
 * @param operation what is asked
 * @param authorization the header's value; for the authenticate stage alone
 * @param directives what the {@code x-penstock-*} headers ask
 * @param body the client's bytes and where the few fields are that matter
 */
public record Call(
    String id,
    long startNanos,
    Operation operation,
    @Nullable String authorization,
    Directives directives,
    ScannedBody body) {

  @Override
  public String toString() {
    return "Call[" + id + ' ' + operation + ']';
  }
}
