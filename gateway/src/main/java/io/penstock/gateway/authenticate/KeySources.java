package io.penstock.gateway.authenticate;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.penstock.config.ApiKey;
import io.penstock.config.Jwt;
import io.penstock.config.PenstockConfig;
import io.penstock.gateway.redis.Redis;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The keys that are not in the config: those of a file, of the store, and an identity provider's
 * tokens. They outlive a reload of the config, which may change where they come from. Shared by all
 * loops.
 */
public final class KeySources implements AutoCloseable {
  private static final String STORE_UP = "penstock.store.up";
  private static final String STORE = "store";

  private final MeterRegistry meters;
  private final WorkerExecutor judges;
  private final KeyTable fileKeys = new KeyTable();
  private final KeyTable storeKeys = new KeyTable();
  private final @Nullable StoreWatch store;
  private volatile @Nullable FileWatch file;
  private volatile @Nullable Tokens tokens;

  /**
   * @param redis the store, where the config names one
   */
  public KeySources(Vertx vertx, MeterRegistry meters, Optional<Redis> redis) {
    this.meters = meters;
    int threads = Math.max(2, Runtime.getRuntime().availableProcessors() / 2);
    this.judges = vertx.createSharedWorkerExecutor("penstock-jwt", threads);
    Gauge.builder("penstock.keys", fileKeys, KeyTable::size)
        .description("Keys that are known beside those of the config")
        .tag("source", "file")
        .register(meters);
    this.store = redis.map(this::watch).orElse(null);
  }

  private StoreWatch watch(Redis redis) {
    var watch = new StoreWatch(new RedisKeys(redis, () -> {}), storeKeys);
    Gauge.builder("penstock.keys", storeKeys, KeyTable::size)
        .description("Keys that are known beside those of the config")
        .tag("source", "store")
        .register(meters);
    up("keys", watch::up);
    watch.start();
    return watch;
  }

  /** Takes up what a config names and lets go what it names no more. */
  public synchronized void follow(PenstockConfig config) {
    followFile(config.keysFile());
    followTokens(config.jwt());
  }

  private void followFile(Optional<Path> path) {
    FileWatch before = file;
    if (before != null && path.filter(before.file().path()::equals).isPresent()) {
      return;
    }
    if (before != null) {
      before.close();
      fileKeys.clear();
    }
    file = path.map(this::watch).orElse(null);
  }

  private FileWatch watch(Path path) {
    var watch = new FileWatch(new KeysFile(path), fileKeys);
    watch.start();
    up(
        "keys-file",
        () -> {
          FileWatch now = file;
          return now == null || now.usable();
        });
    return watch;
  }

  private void followTokens(Optional<Jwt> jwt) {
    Tokens before = tokens;
    if (before != null && jwt.filter(before.config()::equals).isPresent()) {
      return;
    }
    if (before != null) {
      before.close();
    }
    tokens = jwt.map(this::take).orElse(null);
  }

  private Tokens take(Jwt jwt) {
    var next = new Tokens(jwt, System::currentTimeMillis, System::nanoTime);
    next.start();
    up(
        "jwks",
        () -> {
          Tokens now = tokens;
          return now == null || now.jwks().reachable();
        });
    return next;
  }

  private void up(String store, java.util.function.BooleanSupplier isUp) {
    if (meters.find(STORE_UP).tag(STORE, store).gauge() == null) {
      Gauge.builder(STORE_UP, isUp, up -> up.getAsBoolean() ? 1 : 0)
          .description("Whether a store answers")
          .strongReference(true)
          .tag(STORE, store)
          .register(meters);
    }
  }

  @Nullable ApiKey find(KeyHash hash) {
    ApiKey key = fileKeys.find(hash);
    return key != null ? key : storeKeys.find(hash);
  }

  @Nullable Tokens tokens() {
    return tokens;
  }

  WorkerExecutor judges() {
    return judges;
  }

  /** Where keys can be added and revoked. */
  public Optional<KeyStore> store() {
    FileWatch watched = file;
    if (store != null) {
      return Optional.of(store.store());
    }
    return watched == null ? Optional.empty() : Optional.of(watched.file());
  }

  /** Whether there are keys that this gateway has never been told of: it would refuse them. */
  public Optional<String> whyNotReady() {
    return store == null || store.loaded()
        ? Optional.empty()
        : Optional.of("the keys of the store were not read yet");
  }

  @Override
  public synchronized void close() {
    FileWatch watched = file;
    if (watched != null) {
      watched.close();
    }
    if (store != null) {
      store.close();
    }
    Tokens taken = tokens;
    if (taken != null) {
      taken.close();
    }
    judges.close();
  }
}
