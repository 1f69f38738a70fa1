package io.penstock.gateway.call;

/** Stops and starts what flows towards a client that cannot take it as fast as it comes. */
public interface Valve {
  void pause();

  void resume();
}
