package io.penstock.gateway.authenticate;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.penstock.config.PenstockConfig;
import io.penstock.gateway.redis.Redis;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Which store a config's keys are in, beside those that stand in it. */
public final class KeyStores {
  /** A person waits, not a request: a slow network is no reason to say no. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final long CLOSE_SECONDS = 5;

  private KeyStores() {}

  /** The store, open; its close lets go of it. */
  public static Optional<KeyStore> open(PenstockConfig config) {
    Optional<KeyStore> redis = config.redis().map(KeyStores::redis);
    return redis.or(() -> config.keysFile().map(KeysFile::new));
  }

  private static KeyStore redis(io.penstock.config.Redis config) {
    var patient =
        new io.penstock.config.Redis(
            config.url(),
            config.cluster(),
            config.ca(),
            config.prefix(),
            PATIENCE,
            config.lease(),
            config.onFailure(),
            config.onFailureOf());
    Vertx vertx = Vertx.vertx();
    Redis redis = Redis.open(vertx, patient, new SimpleMeterRegistry());
    return new RedisKeys(redis, () -> close(vertx, redis));
  }

  private static void close(Vertx vertx, Redis redis) {
    try {
      redis
          .close()
          .eventually(vertx::close)
          .toCompletionStage()
          .toCompletableFuture()
          .get(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException _) {
      // The process ends anyway.
    }
  }
}
