package io.penstock.loadtest.load;

import io.penstock.loadtest.text.Dice;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A little traffic as a gateway sees it: the {@link Prompts} in a random order under several keys,
 * streams and not, some embeddings and completions, some clients that go away. It goes on until it
 * is stopped, at random moments with the same average rate.
 */
public final class DemoTraffic {
  private final Vertx vertx;
  private final Loop loop;
  private final String deployment;

  private DemoTraffic(Vertx vertx, Loop loop, String deployment) {
    this.vertx = vertx;
    this.loop = loop;
    this.deployment = deployment;
  }

  /**
   * @param target only scheme, host and port count
   * @param keys each as often as it is named
   * @param perSecond requests
   * @param abandons the share of streams whose client leaves
   */
  public record Options(
      URI target, List<String> keys, double perSecond, double abandons, long seed) {
    public Options {
      keys = List.copyOf(keys);
      if (keys.isEmpty() || !(perSecond > 0)) {
        throw new IllegalArgumentException("traffic needs a key and a rate above 0");
      }
    }

    /** Two requests a second; one stream in twenty is abandoned. */
    public static Options defaults(URI target, List<String> keys) {
      return new Options(target, keys, 2, 0.05, 1);
    }
  }

  /**
   * @param answered with 200 and to the end
   * @param refused with another status
   * @param abandoned by their clients
   * @param failed on the way
   */
  public record Counts(long sent, long answered, long refused, long abandoned, long failed) {}

  public static Future<DemoTraffic> start(Vertx vertx, Options options) {
    var loop = new Loop(options);
    return vertx.deployVerticle(loop).map(deployment -> new DemoTraffic(vertx, loop, deployment));
  }

  public Counts counts() {
    return new Counts(
        loop.sent.get(),
        loop.answered.get(),
        loop.refused.get(),
        loop.abandoned.get(),
        loop.failed.get());
  }

  /** Sends no more; what is in flight is dropped. */
  public Future<Void> stop() {
    return vertx.undeploy(deployment);
  }

  private static final class Loop extends VerticleBase {
    private final Options options;
    private final Dice dice;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong abandoned = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private @Nullable HttpClient client;
    private boolean stopping;

    Loop(Options options) {
      this.options = options;
      this.dice = Dice.of(options.seed(), "demo");
    }

    @Override
    public Future<?> start() {
      client = vertx.createHttpClient(new PoolOptions().setHttp1MaxSize(500));
      askLater();
      return Future.succeededFuture();
    }

    @Override
    public Future<?> stop() {
      stopping = true;
      return Future.succeededFuture();
    }

    private void fail() {
      if (!stopping) {
        failed.incrementAndGet();
      }
    }

    private void askLater() {
      long millis =
          Math.max(1, Math.round(-Math.log(1 - dice.fraction()) / options.perSecond() * 1e3));
      vertx.setTimer(
          millis,
          _ -> {
            ask();
            askLater();
          });
    }

    private void ask() {
      sent.incrementAndGet();
      double kind = dice.fraction();
      if (kind < 0.06) {
        post("/v1/embeddings", embeddings(), false);
      } else if (kind < 0.12) {
        post("/v1/completions", completion(), false);
      } else {
        boolean stream = dice.chance(0.7);
        post(
            "/v1/chat/completions",
            dice.one(Prompts.all()).body("auto", stream),
            stream && dice.chance(options.abandons()));
      }
    }

    private JsonObject embeddings() {
      return new JsonObject()
          .put("model", "auto")
          .put("input", new JsonArray().add(text()).add(text()));
    }

    private JsonObject completion() {
      return new JsonObject()
          .put("model", "auto")
          .put("prompt", text())
          .put("max_tokens", 20 + dice.below(80));
    }

    private String text() {
      var messages = dice.one(Prompts.all()).messages();
      return messages.getJsonObject(messages.size() - 1).getString("content");
    }

    private void post(String path, JsonObject body, boolean abandon) {
      var request =
          new RequestOptions()
              .setMethod(HttpMethod.POST)
              .setHost(options.target().getHost())
              .setPort(options.target().getPort())
              .setURI(path)
              .putHeader("content-type", "application/json")
              .putHeader("authorization", "Bearer " + dice.one(options.keys()));
      Objects.requireNonNull(client)
          .request(request)
          .compose(connected -> connected.send(body.toBuffer()))
          .onFailure(_ -> fail())
          .onSuccess(response -> read(response, abandon));
    }

    private void read(HttpClientResponse response, boolean abandon) {
      if (abandon) {
        response.exceptionHandler(_ -> {});
        response.handler(_ -> leave(response));
        response.endHandler(_ -> end(response));
      } else {
        response.exceptionHandler(_ -> fail());
        response.handler(Loop::drop);
        response.endHandler(_ -> end(response));
      }
    }

    private void leave(HttpClientResponse response) {
      response.handler(Loop::drop);
      response.endHandler(_ -> {});
      abandoned.incrementAndGet();
      response.request().reset();
    }

    private void end(HttpClientResponse response) {
      (response.statusCode() == 200 ? answered : refused).incrementAndGet();
    }

    private static void drop(Buffer bytes) {
      // The traffic is for its own sake.
    }
  }
}
