package io.penstock.gateway.upstream;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Turn;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** One loop's batches that are being collected, each for one server. */
final class Batches {
  private static final int MAX_BODY_BYTES = 256 << 10;

  private record Key(Pool.Backend backend, Operation operation, String others) {}

  private final Vertx vertx;
  private final Connections connections;
  private final Map<Key, Batch> open = new HashMap<>();

  Batches(Vertx vertx, Connections connections) {
    this.vertx = vertx;
    this.connections = connections;
  }

  /** Whether an attempt was taken in; else it is to be sent alone. */
  boolean take(Call call, Turn turn, Attempt attempt, long nowNanos) {
    var how = turn.pool().batch();
    if (!how.on() || !mayJoin(call, turn, how.await(), nowNanos)) {
      return false;
    }
    byte[] body = attempt.course().body(turn).getBytes();
    Optional<BatchPart> part = BatchPart.of(call, body).filter(each -> each.count() < how.max());
    part.ifPresent(found -> {
      Key key = new Key(turn.backend(), call.operation(), found.others());
      Batch batch = open.get(key);
      if (batch != null && (batch.closed() || batch.inputs() + found.count() > how.max())) {
        batch.send(nowNanos);
        batch = null;
      }
      if (batch == null) {
        batch = opened(key, call, turn, how.await());
      }
      batch.add(attempt, found);
      if (batch.inputs() >= how.max()) {
        send(key, batch);
      }
    });
    return part.isPresent();
  }

  private static boolean mayJoin(Call call, Turn turn, Duration wait, long nowNanos) {
    long deadline = call.directives().deadlineMillis();
    long left =
        deadline > 0
            ? TimeUnit.MILLISECONDS.toNanos(deadline) - (nowNanos - call.startNanos())
            : Long.MAX_VALUE;
    return call.operation() != Operation.CHAT_COMPLETIONS
        && turn.pool().provider() != Pool.Provider.ANTHROPIC
        && !call.body().stream()
        && call.body().choices() <= 1
        && call.body().length() <= MAX_BODY_BYTES
        && left > wait.toNanos();
  }

  private Batch opened(Key key, Call call, Turn turn, Duration wait) {
    Batch batch = new Batch(call.operation(), turn, connections);
    open.put(key, batch);
    vertx.setTimer(Math.max(1, wait.toMillis()), _ -> send(key, batch));
    return batch;
  }

  private void send(Key key, Batch batch) {
    open.remove(key, batch);
    batch.send(System.nanoTime());
  }
}
