package io.penstock.gateway.upstream;

import io.penstock.gateway.call.Seated;
import io.penstock.gateway.call.Turn;

/** Where a call may go when a backend has failed it. */
@FunctionalInterface
public interface Seats {

  /**
   * A turn at a backend that has not failed this call yet, or a refusal when none is left.
   *
   * @param failed the turn that came to nothing
   * @param reason why, as a short fixed word for metrics
   */
  Seated another(Turn failed, String reason);
}
