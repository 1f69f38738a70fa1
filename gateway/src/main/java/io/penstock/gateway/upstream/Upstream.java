package io.penstock.gateway.upstream;

import static java.lang.System.Logger.Level.INFO;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Turn;
import io.vertx.core.Vertx;
import io.vertx.core.VertxException;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** The backends, as one loop reaches them. Made and used on that loop alone. */
public final class Upstream {
  private static final System.Logger LOG = System.getLogger(Upstream.class.getName());
  private static final int MAX_HEAD_BYTES = 64 << 10;

  private final Vertx vertx;
  private final HttpClientAgent client;
  private final Connections connections;
  private final Deadlines deadlines;
  private final Batches batches;
  private final Backoff backoff = new Backoff(new SplittableRandom());
  private final long sweep;

  public Upstream(Vertx vertx) {
    this.vertx = vertx;
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_1_1)
                .setTcpNoDelay(true)
                .setDecompressionSupported(false)
                .setMaxHeaderSize(MAX_HEAD_BYTES)
                .setVerifyHost(true)
                .setConnectTimeout(30_000));
    this.connections = new Connections(client);
    this.deadlines = new Deadlines(vertx);
    this.batches = new Batches(vertx, connections);
    this.sweep =
        vertx.setPeriodic(TimeUnit.SECONDS.toMillis(1), _ -> connections.expire(System.nanoTime()));
  }

  /**
   * A call's way to the turn's backend, and elsewhere while that is allowed; {@link Flight#start}
   * sends it. The turn is the flight's from now on.
   */
  public Flight flight(Errand errand, Turn first, Seats seats, AnswerSink sink, Landing landing) {
    return new Flight(this, errand, first, seats, sink, landing);
  }

  /** From now on these are the backends: connections to others are closed when they are free. */
  public void keep(Set<Pool.Backend> backends) {
    connections.keep(backends);
  }

  /** Ends every call under way, each in the way that its client understands. */
  public void interruptAll(String reason, String message) {
    deadlines.interruptAll(reason, message);
  }

  public void close() {
    vertx.cancelTimer(sweep);
    var _ = client.close();
  }

  /** Does something after the time that a call waits before its next attempt; on this loop. */
  void afterBackoff(int retry, Runnable next) {
    long millis = backoff.millis(retry);
    if (millis == 0) {
      next.run();
    } else {
      vertx.setTimer(millis, _ -> next.run());
    }
  }

  Connections connections() {
    return connections;
  }

  Batches batches() {
    return batches;
  }

  Deadlines deadlines() {
    return deadlines;
  }

  static void log(Turn turn, String reason, Throwable cause) {
    LOG.log(
        INFO,
        "pool {0}, backend {1}: {2}: {3}",
        turn.pool().name(),
        turn.backend().id(),
        reason,
        told(cause));
  }

  /** What the network says; what is wrong with an answer would quote it. */
  private static String told(Throwable cause) {
    return cause instanceof IOException || cause instanceof VertxException
        ? String.valueOf(cause.getMessage())
        : cause.getClass().getSimpleName();
  }
}
