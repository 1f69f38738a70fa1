package io.penstock.gateway;

import io.penstock.gateway.upstream.Upstream;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The end of one loop's share of the data port. It waits until no call is in flight and every byte
 * of every answer has left; at the deadline the calls that are left are ended, each in the way that
 * its client understands. To close the server at once would not do: it closes a connection as soon
 * as its answer was handed to the kernel, which may not have taken it yet.
 */
final class Drain {
  private static final long LOOK_MILLIS = 10;
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Upstream upstream;
  private final Set<HttpConnection> connections;
  private final BooleanSupplier noCallLeft;
  private final long deadlineNanos;
  private final Promise<Void> drained = Promise.promise();
  private boolean interrupted;

  private Drain(
      Upstream upstream,
      Set<HttpConnection> connections,
      BooleanSupplier noCallLeft,
      Duration atMost) {
    this.upstream = upstream;
    this.connections = connections;
    this.noCallLeft = noCallLeft;
    this.deadlineNanos = System.nanoTime() + atMost.toNanos();
  }

  static Future<Void> start(
      Vertx vertx,
      Upstream upstream,
      Set<HttpConnection> connections,
      BooleanSupplier noCallLeft,
      Duration atMost) {
    Drain drain = new Drain(upstream, connections, noCallLeft, atMost);
    long timer = vertx.setPeriodic(0, LOOK_MILLIS, _ -> drain.look(System.nanoTime()));
    return drain.drained.future().onComplete(_ -> vertx.cancelTimer(timer));
  }

  private void look(long now) {
    if (noCallLeft.getAsBoolean() && connections.stream().allMatch(Drain::isFlushed)) {
      drained.tryComplete();
    } else if (now - deadlineNanos > GRACE_NANOS) {
      drained.tryComplete();
    } else if (now > deadlineNanos && !interrupted) {
      interrupted = true;
      upstream.interruptAll("shutdown", "The gateway is shutting down.");
    }
  }

  private static boolean isFlushed(HttpConnection connection) {
    if (!(connection instanceof ConnectionBase base)) {
      return true;
    }
    var waiting = base.channel().unsafe().outboundBuffer();
    return waiting == null || waiting.isEmpty();
  }
}
