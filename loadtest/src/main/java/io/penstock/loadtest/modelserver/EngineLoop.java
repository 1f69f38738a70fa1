package io.penstock.loadtest.modelserver;

import io.vertx.core.Vertx;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Drives the {@link Engine} on one event loop: looks at the end of every step, by the engine's own
 * schedule, and never before. Vert.x timers count whole milliseconds, so steps that are shorter are
 * looked at together.
 */
final class EngineLoop {
  private static final int TOKENS_PER_TURN = 512;
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Vertx vertx;
  private final Engine engine;
  private final Meters meters;
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger hanging = new AtomicInteger();
  private final AtomicLong aborted = new AtomicLong();
  private final AtomicLong lastAbortNanos = new AtomicLong();
  private long wakesAtNanos = Engine.IDLE;

  EngineLoop(Vertx vertx, Engine engine, Meters meters) {
    this.vertx = vertx;
    this.engine = engine;
    this.meters = meters;
  }

  Engine engine() {
    return engine;
  }

  void submit(Sequence sequence) {
    engine.submit(sequence, System.nanoTime());
    publish();
    schedule();
  }

  void cancel(Sequence sequence) {
    engine.cancel(sequence);
    publish();
  }

  /** A client left before its answer was complete. */
  void aborted() {
    aborted.incrementAndGet();
    lastAbortNanos.set(System.nanoTime());
  }

  /** A request that will never be answered takes a place in the counts. */
  void hangs(int by) {
    hanging.addAndGet(by);
  }

  ModelServer.Stats stats() {
    return new ModelServer.Stats(
        running.get() + hanging.get(),
        waiting.get(),
        aborted.get(),
        lastAbortNanos.get(),
        meters.finished());
  }

  private void turn() {
    wakesAtNanos = Engine.IDLE;
    engine.advance(System.nanoTime(), TOKENS_PER_TURN);
    engine.takeStepSizes().forEach(meters::step);
    publish();
    schedule();
  }

  private void schedule() {
    long next = engine.nextNanos();
    if (next >= wakesAtNanos) {
      return;
    }
    wakesAtNanos = next;
    long delay = next - System.nanoTime();
    if (delay <= 0) {
      vertx.runOnContext(_ -> turn());
    } else {
      vertx.setTimer((delay + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI, _ -> turn());
    }
  }

  private void publish() {
    running.set(engine.running());
    waiting.set(engine.waiting());
  }
}
