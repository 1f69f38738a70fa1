package io.penstock.gateway.redis;

import static io.penstock.gateway.testing.TestBed.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.SetArgs;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.penstock.config.Redis.OnFailure;
import io.penstock.config.Secret;
import io.penstock.gateway.Gateway;
import io.penstock.gateway.testing.RedisServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.logging.Filter;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The connection, against real servers. */
final class RedisTest {
  private static final Duration PATIENT = Duration.ofSeconds(20);
  private static final Script ADD = new Script("return {redis.call('INCRBY', KEYS[1], ARGV[1])}");

  private static Vertx vertx;

  @BeforeEach
  void start() {
    vertx = Gateway.vertx(2);
  }

  @AfterEach
  void stop() {
    get(vertx.close());
  }

  @Test
  void values_binaryWithATime_comeBackOnTheCallersLoop() throws Exception {
    try (var server = RedisServer.start();
        var open = open(server.url())) {
      byte[] value = {0, -1, 13, 10, 127};
      var thread = new AtomicReference<Thread>();
      var caller = new AtomicReference<Thread>();
      Future<byte[]> read =
          onLoop(() -> {
            caller.set(Thread.currentThread());
            return open.redis
                .call(redis -> redis.set(Redis.bytes("k"), value, SetArgs.Builder.px(60_000)))
                .compose(_ -> open.redis.call(redis -> redis.get(Redis.bytes("k"))))
                .onComplete(_ -> thread.set(Thread.currentThread()));
          });

      assertThat(get(read)).isEqualTo(value);
      assertThat(thread.get()).isSameAs(caller.get());
      assertThat(server.command("PTTL", "k")).isNotEqualTo(":-1\r\n");
    }
  }

  @Test
  void script_unknownToTheServer_isSentWholeOnce() throws Exception {
    try (var server = RedisServer.start();
        var open = open(server.url())) {
      assertThat(add(open)).isEqualTo(2);
      assertThat(add(open)).isEqualTo(4);
      server.command("SCRIPT", "FLUSH");
      assertThat(add(open)).isEqualTo(6);
      assertThat(server.command("INFO", "commandstats")).contains("cmdstat_eval:calls=2");
    }
  }

  @Test
  void deadServer_atTheStart_isFoundWhenItComes() throws Exception {
    var server = RedisServer.start();
    server.kill();
    try (server;
        var open = open(server.url(), Duration.ofMillis(200))) {
      for (int i = 0; i < 4; i++) {
        assertThat(failed(open.redis.call(RedisClusterAsyncCommands::ping))).isNotNull();
      }
      await(() -> !open.redis.isUp());
      server.restart();
      await(open.redis::isUp);
      String pong = get(open.redis.call(RedisClusterAsyncCommands::ping));
      assertThat(pong).isEqualTo("PONG");
    }
  }

  @Test
  void killedServer_whenItIsBack_answersAgainWithoutARestart() throws Exception {
    try (var server = RedisServer.start();
        var open = open(server.url())) {
      assertThat(add(open)).isEqualTo(2);
      var ups = new AtomicInteger();
      open.redis.onUp(ups::incrementAndGet);
      server.kill();
      for (int i = 0; i < 4; i++) {
        assertThat(failed(open.redis.call(RedisClusterAsyncCommands::ping))).isNotNull();
      }
      assertThat(open.redis.isUp()).isFalse();
      assertThat(open.meters.get("penstock.store.up").gauge().value()).isZero();
      server.restart();
      await(open.redis::isUp);
      await(() -> ups.get() == 1);
      assertThat(add(open)).isEqualTo(2);
    }
  }

  @Test
  void frozenServer_keepsNobodyWaiting() throws Exception {
    try (var server = RedisServer.start();
        var open = open(server.url(), Duration.ofMillis(100))) {
      await(open.redis::isUp);
      server.freeze();
      for (int i = 0; i < 3; i++) {
        assertThat(failed(open.redis.call(RedisClusterAsyncCommands::ping)))
            .isInstanceOf(StoreUnavailable.class);
      }
      assertThat(failed(open.redis.call(RedisClusterAsyncCommands::ping)))
          .hasMessageContaining("not asked");
      server.thaw();
      await(open.redis::isUp);
    }
  }

  /** However many calls fail, and however often it is probed. */
  @Test
  void serverThatGoesAndComes_isOneLineAndOneMetricEachTime() throws Exception {
    var log = Logger.getLogger(Redis.class.getName());
    List<String> lines = new CopyOnWriteArrayList<>();
    Filter listening =
        line -> {
          lines.add(line.getMessage());
          return true;
        };
    log.setFilter(listening);
    try (var server = RedisServer.start();
        var open = open(server.url(), Duration.ofMillis(200))) {
      await(open.redis::isUp);
      for (int round = 1; round <= 2; round++) {
        server.kill();
        for (int i = 0; i < 20; i++) {
          assertThat(failed(open.redis.call(RedisClusterAsyncCommands::ping))).isNotNull();
        }
        assertThat(open.meters.get("penstock.store.up").gauge().value()).isZero();
        server.restart();
        await(() -> open.meters.get("penstock.store.up").gauge().value() == 1);
        assertThat(add(open)).isEqualTo(2);
        int changes = 1 + 2 * round;
        await(() -> lines.size() == changes);
        assertThat(lines.get(changes - 2)).startsWith("redis: down, not asked until");
        assertThat(lines.get(changes - 1)).startsWith("redis: up after ");
      }
    } finally {
      log.setFilter(null);
    }
    assertThat(lines).hasSize(5);
  }

  @Test
  void tlsAndAclUser_fromTheUrl_areUsed() throws Exception {
    try (var server =
        RedisServer.startTls("--user gate on >secret ~* &* +@all --user default off".split(" "))) {
      String url = server.url().replace("//", "//gate:secret@");
      try (var open = open(url, Optional.of(server.certificate()))) {
        assertThat(add(open)).isEqualTo(2);
      }
      try (var open = open(server.url(), Optional.of(server.certificate()))) {
        assertThat(failed(open.redis.call(RedisClusterAsyncCommands::ping))).isNotNull();
      }
    }
  }

  @Test
  void cluster_ofThreeNodes_isAskedWhereTheKeyIs() throws Exception {
    try (var cluster = RedisServer.Cluster.start();
        var open = open(cluster.url())) {
      for (int i = 0; i < 20; i++) {
        byte[][] key = {Redis.bytes("key" + i)};
        assertThat(get(open.redis.eval(ADD, key, Redis.bytes("1")))).isEqualTo(List.of(1L));
      }
      for (RedisServer node : cluster.nodes()) {
        assertThat(node.command("DBSIZE")).isNotEqualTo(":0\r\n");
      }
    }
  }

  /** Whoever closes a cluster's connections waits for loops, and may be one of them. */
  @Test
  void cluster_closedWhileItsLoopsClose_ends() throws Exception {
    try (var cluster = RedisServer.Cluster.start()) {
      for (int round = 0; round < 60; round++) {
        try (var open = open(cluster.url())) {
          for (int i = 0; i < round % 20; i++) {
            byte[][] key = {Redis.bytes("key" + i)};
            assertThat(get(open.redis.eval(ADD, key, Redis.bytes("1")))).hasSize(1);
          }
        }
      }
    }
  }

  @Test
  void silentCluster_isGivenUp_andAskedAgainOnTheSameLoops() throws Exception {
    try (var cluster = RedisServer.Cluster.start();
        var open = open(cluster.url(), Duration.ofMillis(150))) {
      await(open.redis::isUp);
      byte[][] key = {Redis.bytes("sum")};
      Supplier<Future<List<Object>>> adding = () -> open.redis.eval(ADD, key, Redis.bytes("2"));
      await(() -> outcome(onLoop(adding)).succeeded());
      List<String> before = connections(cluster);
      assertThat(before).isNotEmpty();
      for (RedisServer node : cluster.nodes()) {
        node.freeze();
      }
      await(() -> outcome(onLoop(adding)).failed() && gone(before, cluster));
      for (RedisServer node : cluster.nodes()) {
        node.thaw();
      }
      await(open.redis::isUp);
      await(() -> outcome(onLoop(adding)).succeeded() && outcome(onLoop(adding)).succeeded());
    }
  }

  private static boolean gone(List<String> before, RedisServer.Cluster cluster) {
    return connections(cluster).stream().noneMatch(before::contains);
  }

  /** The local ends of what is connected to a node, as the kernel knows them. */
  private static List<String> connections(RedisServer.Cluster cluster) {
    List<String> nodes =
        cluster.nodes().stream().map(node -> String.format(":%04X", node.port())).toList();
    return Stream.of("/proc/net/tcp", "/proc/net/tcp6")
        .map(Path::of)
        .filter(Files::exists)
        .flatMap(RedisTest::lines)
        .map(line -> line.trim().split("\\s+"))
        .filter(line -> line[3].equals("01") && nodes.contains(port(line[2])))
        .map(line -> line[1])
        .toList();
  }

  private static String port(String address) {
    return address.substring(address.indexOf(':'));
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static <T> Future<T> outcome(Future<T> future) {
    await(future::isComplete);
    return future;
  }

  @Test
  void channel_isHeard_alsoAfterARestart() throws Exception {
    try (var server = RedisServer.start();
        var open = open(server.url())) {
      var heard = new AtomicReference<String>("");
      open.redis.subscribe("news", message -> heard.set(Redis.text(message)));
      await(() -> publish(server, "one") && heard.get().equals("one"));
      server.restart();
      await(() -> publish(server, "two") && heard.get().equals("two"));
    }
  }

  private static boolean publish(RedisServer server, String what) {
    try {
      server.command("PUBLISH", "news", what);
      return true;
    } catch (java.io.IOException gone) {
      return false;
    }
  }

  private static long add(Open open) {
    byte[][] keys = {Redis.bytes("sum")};
    return (Long) get(open.redis.eval(ADD, keys, Redis.bytes("2"))).getFirst();
  }

  private record Open(Redis redis, SimpleMeterRegistry meters) implements AutoCloseable {
    @Override
    public void close() {
      get(redis.close());
    }
  }

  private static Open open(String url) {
    return open(url, PATIENT);
  }

  private static Open open(String url, Duration timeout) {
    var meters = new SimpleMeterRegistry();
    var config = io.penstock.config.Redis.at(new Secret(url), timeout, OnFailure.LOCAL);
    return new Open(Redis.open(vertx, config, meters), meters);
  }

  private static Open open(String url, Optional<Path> ca) {
    var meters = new SimpleMeterRegistry();
    var plain = io.penstock.config.Redis.at(new Secret(url), PATIENT, OnFailure.LOCAL);
    var config =
        new io.penstock.config.Redis(
            plain.url(),
            false,
            ca,
            plain.prefix(),
            plain.timeout(),
            plain.lease(),
            plain.onFailure(),
            plain.onFailureOf());
    return new Open(Redis.open(vertx, config, meters), meters);
  }

  private static <T> Future<T> onLoop(Supplier<Future<T>> work) {
    io.vertx.core.Promise<T> done = io.vertx.core.Promise.promise();
    vertx.runOnContext(_ -> work.get().onComplete(done));
    return done.future();
  }

  private static <T> T get(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (Exception failed) {
      throw new AssertionError(failed);
    }
  }

  private static Throwable failed(Future<?> future) {
    await(future::isComplete);
    return future.cause();
  }
}
