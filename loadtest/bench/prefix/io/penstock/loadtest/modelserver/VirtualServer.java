package io.penstock.loadtest.modelserver;

import io.penstock.loadtest.modelserver.Sequence.Timeline;
import java.util.function.Consumer;

/** The engine of a simulated model server without a port, in a time that its driver turns. */
public final class VirtualServer {
  private final Engine engine;

  public VirtualServer(String model, String gpu) {
    var replica =
        Replica.of(
            ModelServer.Options.defaults().withHardware(ModelServer.Hardware.on(model, gpu)));
    engine = new Engine(replica.clock(), 1, replica.limits());
  }

  /** When what happened to a request, in nanoseconds of the driver's time. */
  public record Served(long arrivedNanos, long firstTokenNanos, long finishedNanos) {}

  /** Whether its memory can ever hold so many tokens. */
  public boolean holds(int tokens) {
    return engine.holds(tokens);
  }

  /**
   * @param ids of the prompt's tokens; equal ids, equal text
   */
  public void submit(int[] ids, int completionTokens, long nowNanos, Consumer<Served> done) {
    long[] hashes = new TokenChain().add(ids).blocks();
    engine.submit(
        new Sequence(
            ids.length,
            completionTokens,
            0,
            hashes,
            new Sequence.Listener() {
              @Override
              public void token(int index, long atNanos) {}

              @Override
              public void finished(Timeline line) {
                done.accept(
                    new Served(line.arrivedNanos(), line.firstTokenNanos(), line.finishedNanos()));
              }
            }),
        nowNanos);
  }

  /** Does what has happened by now. */
  public void advance(long nowNanos) {
    engine.advance(nowNanos, Integer.MAX_VALUE);
    engine.takeStepSizes();
  }

  public boolean idle() {
    return engine.nextNanos() == Engine.IDLE;
  }

  public long queriedTokens() {
    return engine.queriedTokens();
  }

  public long hitTokens() {
    return engine.hitTokens();
  }

  public long preemptions() {
    return engine.preemptions();
  }

  public int waiting() {
    return engine.waiting();
  }
}
