package io.penstock.gateway;

import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.gateway.choose.Backends;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Asks the model servers of every pool that wants it for their {@code /health}, beside the calls
 * and at no cost to them. A server that says 500 or more is down by its own word, at once; one that
 * cannot be reached is down after two failures in a row, so that one lost packet takes nobody out.
 * It is up again with the next answer under 500 (a server without the route answers 404), and when
 * the config wants no probes any more. All on one loop.
 */
final class Probes {
  private static final long TICK_MILLIS = 50;
  private static final int FAILURES = 2;
  private static final int SERVER_ERROR = 500;
  private static final long PATIENCE_SECONDS = 2;

  private final Vertx vertx;
  private final Supplier<PenstockConfig> config;
  private final Backends backends;
  private final HttpClientAgent client;
  private final Map<Place, Asked> asked = new HashMap<>();
  private long timer;

  Probes(Vertx vertx, Supplier<PenstockConfig> config, Backends backends) {
    this.vertx = vertx;
    this.config = config;
    this.backends = backends;
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS))
                .setVerifyHost(true));
  }

  Probes start() {
    timer = vertx.setPeriodic(TICK_MILLIS, _ -> look());
    return this;
  }

  void stop() {
    vertx.cancelTimer(timer);
    var _ = client.close();
  }

  private void look() {
    Set<Place> wanted = new HashSet<>();
    for (Pool pool : config.get().pools().values()) {
      long everyNanos = pool.resilience().healthInterval().toNanos();
      if (everyNanos > 0) {
        for (Pool.Backend backend : pool.backends()) {
          Place place = new Place(pool.name(), backend);
          wanted.add(place);
          askIfDue(place, everyNanos);
        }
      }
    }
    asked.keySet().removeIf(place -> !wanted.contains(place) && forgotten(place));
  }

  private boolean forgotten(Place place) {
    backends.checked(place.pool(), place.backend().id(), true);
    return true;
  }

  private void askIfDue(Place place, long everyNanos) {
    long now = System.nanoTime();
    Asked state = asked.computeIfAbsent(place, _ -> new Asked());
    if (!state.underWay && now - state.lastNanos >= everyNanos) {
      state.underWay = true;
      state.lastNanos = now;
      ask(place.backend().url())
          .onComplete(result -> {
            state.underWay = false;
            boolean reached = result.succeeded();
            state.failures = reached ? 0 : state.failures + 1;
            if (reached || state.failures >= FAILURES) {
              told(place, state, reached && result.result() < SERVER_ERROR);
            }
          });
    }
  }

  /** What was asked before a reload that no longer wants it says nothing. */
  private void told(Place place, Asked state, boolean healthy) {
    if (asked.get(place) == state) {
      backends.checked(place.pool(), place.backend().id(), healthy);
    }
  }

  private Future<Integer> ask(URI url) {
    String path = url.getRawPath() == null ? "" : url.getRawPath().replaceAll("/+$", "");
    RequestOptions health =
        new RequestOptions()
            .setAbsoluteURI(url.resolve(path + "/health").toString())
            .setIdleTimeout(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
    return client
        .request(health)
        .compose(HttpClientRequest::send)
        .compose(answer -> drained(answer).map(answer.statusCode()))
        .timeout(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** Its status is all that is of interest; the body is read so that the connection can be kept. */
  private static Future<Void> drained(HttpClientResponse answer) {
    return answer.end();
  }

  /** A backend of a pool; another url is another place. */
  private record Place(String pool, Pool.Backend backend) {}

  /** What became of the questions to one place. */
  private static final class Asked {
    private boolean underWay;
    private int failures;
    private long lastNanos = System.nanoTime() - TimeUnit.DAYS.toNanos(1);
  }
}
