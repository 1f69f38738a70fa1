package io.penstock.gateway.call;

import io.penstock.config.Pool;
import java.util.List;

/**
 * The pool that serves a call.
 *
 * @param pool the pool
 * @param reason in words, for the dry run
 * @param alternatives the tier's other pools, with why each was not taken
 */
public record Route(Pool pool, String reason, List<Alternative> alternatives) implements Routed {

  /**
   * A pool that was not taken.
   *
   * @param pool the pool
   * @param whyNot in words
   */
  public record Alternative(Pool pool, String whyNot) {}
}
