package io.penstock.gateway.call;

import org.jspecify.annotations.Nullable;

/**
 * How one call ended, told to the account stage exactly once, whatever happened. What was not
 * reached is null or zero. Times are nanoseconds from the call's start; 0 where it did not come so
 * far.
 *
 * @param outcome one of four, so that accepted = answered + refused + failed + cancelled
 * @param reason a short fixed word for metrics and logs: {@code ok}, a problem's code, the state in
 *     which the client left ({@code reading queued connecting waiting streaming}), ...
 * @param call null where the request never became one
 * @param caller null before authentication
 * @param demand null before classification
 * @param route null before a pool was chosen
 * @param backend the last backend tried; null where none was
 * @param usage tokens, as far as known
 * @param status the HTTP status that the client was sent; 0 where none was
 * @param attempts how many backends were called
 * @param dispatchNanos when the request was first sent to a backend
 * @param upstreamFirstByteNanos when the first content frame (or the answer's head) came
 * @param firstByteNanos when its first byte went to the client
 * @param endNanos when the call ended
 * @param inFlightAtDispatch calls at the backend, this one included
 * @param streamBroken whether a stream failed after its first content frame
 */
public record Ending(
    Outcome outcome,
    String reason,
    @Nullable Call call,
    @Nullable Caller caller,
    @Nullable Demand demand,
    @Nullable Route route,
    @Nullable String backend,
    Usage usage,
    int status,
    int attempts,
    long dispatchNanos,
    long upstreamFirstByteNanos,
    long firstByteNanos,
    long endNanos,
    int inFlightAtDispatch,
    boolean streamBroken) {

  /** The four ways a call can end. */
  public enum Outcome {
    /** The client has a whole answer of a model server, whatever its status below 500. */
    ANSWERED,
    /** Penstock said no. */
    REFUSED,
    /** A model server failed and nothing else was left. */
    FAILED,
    /** The client went away first. */
    CANCELLED
  }
}
