package io.penstock.gateway.scale;

import java.io.IOException;

/** Makes a pool have so many replicas; being told the same twice changes nothing. */
@FunctionalInterface
interface Actor {
  /** Waits until it is done or under way; throws with one line where it is not. */
  void scale(int replicas) throws IOException, InterruptedException;
}
