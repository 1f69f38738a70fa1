package io.penstock.gateway.admit;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Redis.PerLimit;
import io.penstock.config.Secret;
import io.penstock.gateway.Gateway;
import io.penstock.gateway.call.Admission;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.redis.Redis;
import io.penstock.gateway.testing.TestBed;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The limits of one gateway of a fleet, with loops and connections of its own. */
record Member(Vertx vertx, Redis redis, Admit admit, SimpleMeterRegistry meters)
    implements AutoCloseable {
  static final Duration PATIENT = Duration.ofSeconds(20);

  static Member of(PenstockConfig config, String url) {
    return of(config, url, PATIENT, Duration.ofSeconds(30), null);
  }

  static Member of(
      PenstockConfig config,
      String url,
      Duration timeout,
      Duration lease,
      @Nullable PerLimit onFailure) {
    var plain =
        io.penstock.config.Redis.at(
            new Secret(url), timeout, io.penstock.config.Redis.OnFailure.LOCAL);
    var section =
        new io.penstock.config.Redis(
            plain.url(),
            false,
            Optional.empty(),
            plain.prefix(),
            timeout,
            lease,
            plain.onFailure(),
            onFailure == null ? plain.onFailureOf() : onFailure);
    Vertx vertx = Gateway.vertx(2);
    var meters = new SimpleMeterRegistry();
    Redis redis = Redis.open(vertx, section, meters);
    var member = new Member(vertx, redis, new Admit(config, meters, redis, vertx), meters);
    return member;
  }

  /** As its request would, on one of its loops. */
  Admission reserve(Caller caller, Demand demand, long maxMicroUsd) {
    return get(begin(caller, demand, maxMicroUsd));
  }

  Future<Admission> begin(Caller caller, Demand demand, long maxMicroUsd) {
    io.vertx.core.Promise<Admission> answer = io.vertx.core.Promise.promise();
    vertx.runOnContext(_ -> admit.reserve(caller, demand, maxMicroUsd).onComplete(answer));
    return answer.future();
  }

  /** Nothing is left that the store was not told. */
  void told() {
    TestBed.await(() -> meters.get("penstock.settlements.untold").gauge().value() == 0);
  }

  int gateways() {
    return (int) meters.get("penstock.fleet.gateways").gauge().value();
  }

  static <T> T get(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (Exception failed) {
      throw new AssertionError(failed);
    }
  }

  @Override
  public void close() {
    get(admit.close());
    get(redis.close());
    get(vertx.close());
  }
}
