package io.penstock.gateway.redis;

import static java.lang.System.Logger.Level.WARNING;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoop;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The store that a fleet shares. It is asked on the caller's event loop, over that loop's own
 * connection, and answers there within the config's time-out: with what Redis said, or with a
 * failed future. It connects when it is first asked, never fails to be made, and finds its way back
 * by itself when Redis was away.
 *
 * <p>While Redis does not answer, calls fail at once with {@link StoreUnavailable}; probes run
 * beside them, on every loop's connection, until all are answered.
 */
public final class Redis {
  private static final System.Logger LOG = System.getLogger(Redis.class.getName());
  private static final long PROBE_MILLIS = 100;
  private static final long RESUBSCRIBE_MILLIS = 500;

  private final VertxInternal vertx;
  private final io.penstock.config.Redis config;
  private final Loops loops;
  private final Endpoint endpoint;
  private final Breaker breaker = new Breaker();
  private final Map<EventLoop, Lane> lanes = new ConcurrentHashMap<>();
  private final List<Endpoint.Client> clients = new ArrayList<>();
  private final Counter calls;
  private final Counter failures;
  private final Counter notAsked;
  private volatile boolean closed;
  private volatile long probing = -1;

  private Redis(Vertx vertx, io.penstock.config.Redis config, MeterRegistry meters) {
    this.vertx = (VertxInternal) vertx;
    this.config = config;
    loops = new Loops(vertx);
    endpoint = new Endpoint(config);
    Gauge.builder("penstock.store.up", breaker, known -> known.isUp() ? 1 : 0)
        .description("1 while the store answers")
        .tag("store", "redis")
        .register(meters);
    calls = counter(meters, "answered");
    failures = counter(meters, "failed");
    notAsked = counter(meters, "not_asked");
    breaker.onDown(this::probeUntilUp);
  }

  /** The store that the config names; it is asked for a sign of life, which nobody waits for. */
  public static Redis open(Vertx vertx, io.penstock.config.Redis config, MeterRegistry meters) {
    Redis redis = new Redis(vertx, config, meters);
    redis.call(RedisClusterAsyncCommands::ping).onFailure(_ -> redis.probeUntilUp());
    return redis;
  }

  private static Counter counter(MeterRegistry meters, String result) {
    return Counter.builder("penstock.store.calls")
        .description("Round trips to the store, and calls that were spared one")
        .tags("store", "redis", "result", result)
        .register(meters);
  }

  /** Text as Redis keeps it. */
  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** What Redis keeps, as text. */
  public static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  public io.penstock.config.Redis config() {
    return config;
  }

  /** Whether it answered lately; false before its first answer. */
  public boolean isUp() {
    return breaker.isUp();
  }

  /** Whether it is not asked, since it did not answer. */
  public boolean isDown() {
    return breaker.isOpen();
  }

  /** Called each time that it answers again, and for the first time; on any thread. */
  public void onUp(Runnable listener) {
    breaker.onUp(listener);
  }

  /** Called each time that it is found not to answer; on any thread. */
  public void onDown(Runnable listener) {
    breaker.onDown(listener);
  }

  /** Any command: {@code call(redis -> redis.get(key))}. */
  public <T> Future<T> call(
      Function<RedisClusterAsyncCommands<byte[], byte[]>, CompletionStage<T>> command) {
    ContextInternal context = vertx.getOrCreateContext();
    if (breaker.isOpen()) {
      notAsked.increment();
      return context.failedFuture(new StoreUnavailable("it does not answer, and is not asked"));
    }
    return send(context, command);
  }

  private <T> Future<T> send(
      ContextInternal context,
      Function<RedisClusterAsyncCommands<byte[], byte[]>, CompletionStage<T>> command) {
    Promise<T> answer = context.promise();
    EventLoop loop = context.nettyEventLoop();
    if (loop.inEventLoop()) {
      lane(context).call(command, answer);
    } else {
      loop.execute(() -> lane(context).call(command, answer));
    }
    return answer.future().onComplete(done -> (done.succeeded() ? calls : failures).increment());
  }

  private Lane lane(ContextInternal context) {
    return lanes.computeIfAbsent(
        context.nettyEventLoop(),
        loop -> {
          Endpoint.Client client = endpoint.open(loops.on(loop));
          synchronized (clients) {
            clients.add(client);
          }
          return new Lane(context, client, breaker, config.timeout().toNanos());
        });
  }

  /**
   * One {@code EVALSHA}; only a server that does not know the script yet is sent the whole of it,
   * in a second round trip.
   *
   * @return what the script returned: {@code Long}, {@code byte[]}, or lists of these
   */
  public Future<List<Object>> eval(Script script, byte[][] keys, byte[]... arguments) {
    return this.<List<Object>>call(redis ->
        onceMore(
            redis.<List<Object>>evalsha(script.digest(), ScriptOutputType.MULTI, keys, arguments),
            () -> redis.eval(script.text(), ScriptOutputType.MULTI, keys, arguments)));
  }

  private static CompletionStage<List<Object>> onceMore(
      CompletionStage<List<Object>> first, Supplier<CompletionStage<List<Object>>> whole) {
    return first.exceptionallyCompose(
        no -> isNoScript(no) ? whole.get() : CompletableFuture.failedStage(no));
  }

  private static boolean isNoScript(Throwable no) {
    return no instanceof RedisNoScriptException
        || (no instanceof CompletionException && no.getCause() instanceof RedisNoScriptException);
  }

  /**
   * Hears a channel until this is closed, over a connection of its own and on its thread, where
   * nothing may block; what is said while Redis is away is not heard.
   */
  public void subscribe(String channel, Consumer<byte[]> listener) {
    ContextInternal context = vertx.createEventLoopContext();
    Endpoint.Client client = endpoint.open(loops.on(context.nettyEventLoop()));
    synchronized (clients) {
      clients.add(client);
    }
    subscribe(client, channel, listener);
  }

  private void subscribe(Endpoint.Client client, String channel, Consumer<byte[]> listener) {
    if (closed) {
      return;
    }
    client
        .connectPubSub()
        .whenComplete((opened, no) -> {
          if (no != null) {
            vertx.setTimer(RESUBSCRIBE_MILLIS, _ -> subscribe(client, channel, listener));
          } else {
            listen(opened, channel, listener);
          }
        });
  }

  private static void listen(
      StatefulRedisPubSubConnection<byte[], byte[]> opened,
      String channel,
      Consumer<byte[]> listener) {
    opened.addListener(
        new RedisPubSubAdapter<>() {
          @Override
          public void message(byte[] from, byte[] message) {
            try {
              listener.accept(message);
            } catch (RuntimeException bug) {
              LOG.log(WARNING, "a bug, in what a message of the channel " + channel + " did", bug);
            }
          }
        });
    var _ = opened.async().subscribe(bytes(channel));
  }

  private synchronized void probeUntilUp() {
    if (probing == -1 && !closed) {
      probing = vertx.setPeriodic(PROBE_MILLIS, _ -> probe());
    }
  }

  /** Asks on every lane, since each has a connection of its own to find again. */
  private void probe() {
    if (closed) {
      return;
    }
    Future.all(pings()).onSuccess(_ -> up());
  }

  private List<Future<?>> pings() {
    List<Future<?>> answers = new ArrayList<>();
    lanes
        .values()
        .forEach(lane -> answers.add(send(lane.context(), RedisClusterAsyncCommands::ping)));
    return answers;
  }

  /** Done when every call so far, on whatever loop, was answered or timed out. */
  public Future<Void> quiet() {
    return Future.join(pings()).transform(_ -> Future.succeededFuture());
  }

  private void up() {
    synchronized (this) {
      vertx.cancelTimer(probing);
      probing = -1;
    }
    breaker.closed();
  }

  /** Lets go of every connection; calls from now on fail. */
  public Future<Void> close() {
    closed = true;
    synchronized (this) {
      if (probing != -1) {
        vertx.cancelTimer(probing);
      }
    }
    lanes.forEach((loop, lane) -> loop.execute(lane::close));
    List<Future<?>> closing = new ArrayList<>();
    synchronized (clients) {
      clients.forEach(client -> closing.add(Future.fromCompletionStage(client.close())));
    }
    return Future.join(closing)
        .transform(_ -> {
          loops.close();
          return Future.succeededFuture();
        });
  }
}
