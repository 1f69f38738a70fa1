package io.penstock.gateway.call;

/** The accept stage's answer: a call, or why there is none. */
public sealed interface Accepted permits Accepted.Request, Refusal {

  /**
   * A request that can be decided on.
   *
   * @param call its facts
   */
  record Request(Call call) implements Accepted {}
}
