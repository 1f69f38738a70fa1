package io.penstock.gateway.cache;

/** Whether the cache has anything to do with a call. */
public sealed interface Asked permits Asked.Bypassed, Question {
  /** It has not. */
  enum Bypassed implements Asked {
    BYPASSED
  }
}
