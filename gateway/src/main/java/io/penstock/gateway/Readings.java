package io.penstock.gateway;

import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.gateway.capacity.ServerLoad;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the {@code /metrics} of the model servers of every pool that wants it, beside the calls.
 * What a server said counts until it is three intervals old. Asked on one loop, read from any
 * thread.
 */
final class Readings {
  private static final long TICK_MILLIS = 50;
  private static final long PATIENCE_SECONDS = 2;
  private static final int OLD_INTERVALS = 3;
  private static final int LONGEST_BYTES = 4 << 20;

  private final Vertx vertx;
  private final Supplier<PenstockConfig> config;
  private final HttpClientAgent client;
  private final Map<Place, Read> read = new ConcurrentHashMap<>();
  private long timer;

  Readings(Vertx vertx, Supplier<PenstockConfig> config) {
    this.vertx = vertx;
    this.config = config;
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS))
                .setVerifyHost(true));
  }

  Readings start() {
    timer = vertx.setPeriodic(TICK_MILLIS, _ -> look());
    return this;
  }

  void stop() {
    vertx.cancelTimer(timer);
    var _ = client.close();
  }

  /** How many of a server's places are not this gateway's; 0 where nothing is known of late. */
  double lost(String pool, String backend, int own, double places) {
    Read found = read.get(new Place(pool, backend));
    return found == null ? 0 : found.lost(System.nanoTime(), own, places);
  }

  private void look() {
    Set<Place> wanted = new HashSet<>();
    for (Pool pool : config.get().pools().values()) {
      long everyNanos = pool.resilience().metricsInterval().toNanos();
      if (everyNanos > 0) {
        for (Pool.Backend backend : pool.backends()) {
          Place place = new Place(pool.name(), backend.id());
          wanted.add(place);
          askIfDue(read.computeIfAbsent(place, _ -> new Read()), backend.url(), everyNanos);
        }
      }
    }
    read.keySet().retainAll(wanted);
  }

  private void askIfDue(Read state, URI url, long everyNanos) {
    long now = System.nanoTime();
    if (!state.underWay && now - state.askedNanos >= everyNanos) {
      state.underWay = true;
      state.askedNanos = now;
      state.everyNanos = everyNanos;
      ask(url)
          .onComplete(result -> {
            state.underWay = false;
            if (result.succeeded()) {
              state.take(ServerLoad.parse(result.result().toString(), System.nanoTime()));
            }
          });
    }
  }

  private Future<Buffer> ask(URI url) {
    String path = url.getRawPath() == null ? "" : url.getRawPath().replaceAll("/+$", "");
    RequestOptions metrics =
        new RequestOptions()
            .setAbsoluteURI(url.resolve(path + "/metrics").toString())
            .setIdleTimeout(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
    return client
        .request(metrics)
        .compose(HttpClientRequest::send)
        .compose(Readings::body)
        .timeout(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private static Future<Buffer> body(HttpClientResponse answer) {
    Buffer text = Buffer.buffer();
    answer.handler(part -> {
      if (text.length() + part.length() > LONGEST_BYTES) {
        var _ = answer.request().reset();
      } else {
        text.appendBuffer(part);
      }
    });
    return answer.end().map(text);
  }

  /** A backend of a pool. */
  private record Place(String pool, String backend) {}

  /** What one server said. */
  private static final class Read {
    private boolean underWay;
    private long askedNanos = System.nanoTime() - TimeUnit.DAYS.toNanos(1);
    private volatile long everyNanos;
    private @Nullable ServerLoad latest;
    private @Nullable ServerLoad before;

    synchronized void take(@Nullable ServerLoad next) {
      if (next != null) {
        before = latest;
        latest = next;
      }
    }

    synchronized double lost(long now, int own, double places) {
      ServerLoad said = latest;
      return said == null || now - said.atNanos() > OLD_INTERVALS * everyNanos
          ? 0
          : said.lost(before, own, places);
    }
  }
}
