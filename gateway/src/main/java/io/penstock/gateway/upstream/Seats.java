package io.penstock.gateway.upstream;

import io.penstock.gateway.call.Seated;
import io.penstock.gateway.call.Turn;

/** Where a call may go when a backend has failed it. */
public interface Seats {

  /**
   * A turn at a backend that has not failed this call yet, or a refusal when none is left.
   *
   * @param failed the turn that came to nothing
   * @param reason why, as a short fixed word for metrics
   */
  Seated another(Turn failed, String reason);

  /** A turn at another backend of the same pool, beside one that is still waited for. */
  Seated beside(Turn waiting);

  /**
   * One of two attempts at a first token is over.
   *
   * @param first the turn that there was before
   * @param loser whose work was for nothing
   * @param outcome a short fixed word for metrics
   * @param nanos how long the loser worked
   */
  void raced(Turn first, Turn loser, String outcome, long nanos);
}
