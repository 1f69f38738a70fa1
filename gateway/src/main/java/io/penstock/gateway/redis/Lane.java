package io.penstock.gateway.redis;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.penstock.gateway.redis.Endpoint.Connected;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One event loop's connection, used by that loop alone. It opens at the first call and again after
 * it was given up; a server that is silent for long, though its connection stands, has it given up.
 *
 * <p>Every call has the same time-out, so that the calls end in the order in which they began, and
 * one timer, for the oldest of them, bounds them all.
 */
final class Lane {
  /** A loop's timers come this much late, and a caller is to wait for no more than its time-out. */
  private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final ContextInternal context;
  private final Endpoint.Client client;
  private final Breaker breaker;
  private final long timeoutNanos;
  private final long silenceNanos;
  private final ArrayDeque<Pending<?>> pending = new ArrayDeque<>();
  private List<Pending<?>> unsent = new ArrayList<>();
  private @Nullable Connected connected;
  private boolean connecting;
  private boolean timing;
  private boolean closed;
  private long heardNanos;

  Lane(ContextInternal context, Endpoint.Client client, Breaker breaker, long timeoutNanos) {
    this.context = context;
    this.client = client;
    this.breaker = breaker;
    this.timeoutNanos = Math.max(timeoutNanos / 2, timeoutNanos - LATE_NANOS);
    this.silenceNanos = Math.max(TimeUnit.SECONDS.toNanos(2), 10 * timeoutNanos);
  }

  ContextInternal context() {
    return context;
  }

  /** On the loop. */
  <T> void call(
      Function<RedisClusterAsyncCommands<byte[], byte[]>, CompletionStage<T>> command,
      Promise<T> answer) {
    long now = System.nanoTime();
    Pending<T> call = new Pending<>(command, answer, now + timeoutNanos);
    if (closed) {
      call.end(null, new StoreUnavailable("closed"));
      return;
    }
    if (pending.isEmpty()) {
      heardNanos = now;
    }
    pending.addLast(call);
    Connected open = connected;
    if (open != null) {
      call.send(open.commands());
    } else {
      unsent.add(call);
      connect();
    }
    watch(now);
  }

  private void connect() {
    if (connecting) {
      return;
    }
    connecting = true;
    try {
      client.connect().whenComplete((opened, no) -> onLoop(() -> connected(opened, no)));
    } catch (RuntimeException no) {
      connected(null, no);
    }
  }

  private void connected(@Nullable Connected opened, @Nullable Throwable no) {
    connecting = false;
    if (opened != null && closed) {
      client.close(opened);
      return;
    }
    connected = opened;
    heardNanos = System.nanoTime();
    List<Pending<?>> waiting = unsent;
    unsent = new ArrayList<>();
    for (Pending<?> call : waiting) {
      if (opened != null) {
        call.send(opened.commands());
      } else {
        call.end(null, no == null ? new StoreUnavailable("not connected") : no);
      }
    }
  }

  private void watch(long now) {
    Pending<?> oldest = pending.peekFirst();
    if (!timing && oldest != null) {
      timing = true;
      var _ =
          context
              .nettyEventLoop()
              .schedule(this::look, Math.max(0, oldest.deadlineNanos - now), TimeUnit.NANOSECONDS);
    }
  }

  private void look() {
    timing = false;
    long now = System.nanoTime();
    while (!pending.isEmpty()
        && (pending.getFirst().ended || pending.getFirst().deadlineNanos - now <= 0)) {
      pending.removeFirst().expire();
    }
    if (connected != null && now - heardNanos > silenceNanos && !pending.isEmpty()) {
      giveUp();
    }
    watch(now);
  }

  private void giveUp() {
    Connected silent = connected;
    connected = null;
    if (silent != null) {
      client.close(silent);
    }
  }

  /** On the loop. */
  void close() {
    closed = true;
    giveUp();
    pending.forEach(call -> call.end(null, new StoreUnavailable("closed")));
    pending.clear();
    unsent.clear();
  }

  private void onLoop(Runnable task) {
    if (context.nettyEventLoop().inEventLoop()) {
      task.run();
    } else {
      context.nettyEventLoop().execute(task);
    }
  }

  /** A call that its caller waits for. */
  private final class Pending<T> {
    final long deadlineNanos;
    private final Function<RedisClusterAsyncCommands<byte[], byte[]>, CompletionStage<T>> command;
    private final Promise<T> answer;
    boolean ended;

    Pending(
        Function<RedisClusterAsyncCommands<byte[], byte[]>, CompletionStage<T>> command,
        Promise<T> answer,
        long deadlineNanos) {
      this.command = command;
      this.answer = answer;
      this.deadlineNanos = deadlineNanos;
    }

    void send(RedisClusterAsyncCommands<byte[], byte[]> commands) {
      if (ended) {
        return;
      }
      try {
        command.apply(commands).whenComplete((value, no) -> onLoop(() -> end(value, no)));
      } catch (RuntimeException no) {
        end(null, no);
      }
    }

    void expire() {
      if (!ended) {
        end(null, new StoreUnavailable("no answer within its time-out"));
      }
    }

    void end(@Nullable T value, @Nullable Throwable no) {
      if (no == null) {
        heardNanos = System.nanoTime();
      }
      if (ended) {
        return;
      }
      ended = true;
      if (no == null) {
        breaker.succeeded();
        answer.tryComplete(value);
      } else {
        breaker.failed(no);
        answer.tryFail(no);
      }
    }
  }
}
