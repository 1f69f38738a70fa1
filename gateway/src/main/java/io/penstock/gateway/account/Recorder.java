package io.penstock.gateway.account;

import io.penstock.gateway.call.Ending;

/** Keeps what came of a call; on any loop, which it never holds up. */
@FunctionalInterface
public interface Recorder {
  void record(Ending ending, long microUsd);
}
