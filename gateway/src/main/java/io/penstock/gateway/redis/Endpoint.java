package io.penstock.gateway.redis;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where Redis is and how it is spoken to, from the config's section. Several hosts are seeds of a
 * cluster, but for {@code redis-sentinel}, where they are the sentinels.
 */
final class Endpoint {
  /** A dead address is given up after this; requests do not wait for it, the probes do. */
  private static final Duration CONNECT = Duration.ofSeconds(1);

  /** What has been asked and not answered, per connection; beyond it a call fails at once. */
  private static final int QUEUE = 20_000;

  private static final Pattern HOSTS =
      Pattern.compile("^([a-z-]+://)([^/]*@)?([^/?#@]*)([/?#].*)?$");

  private final List<RedisURI> uris;
  private final boolean cluster;
  private final ClientOptions options;

  Endpoint(io.penstock.config.Redis config) {
    String url = config.url().reveal();
    Matcher parts = HOSTS.matcher(url);
    if (!parts.matches()) {
      throw new IllegalArgumentException("the redis url is no address");
    }
    boolean sentinel = url.startsWith("redis-sentinel");
    String[] hosts = sentinel ? new String[] {parts.group(3)} : parts.group(3).split(",");
    cluster = config.cluster() || hosts.length > 1;
    uris = new ArrayList<>();
    for (String host : hosts) {
      uris.add(uri(parts, host, config));
    }
    options = cluster ? clusterOptions(config) : plainOptions(config);
  }

  private static RedisURI uri(Matcher parts, String host, io.penstock.config.Redis config) {
    String user = parts.group(2) == null ? "" : parts.group(2);
    String rest = parts.group(4) == null ? "" : parts.group(4);
    RedisURI uri = RedisURI.create(parts.group(1) + user + host + rest);
    uri.setTimeout(CONNECT.plus(config.timeout()));
    uri.setClientName("penstock");
    return uri;
  }

  private static ClientOptions plainOptions(io.penstock.config.Redis config) {
    return common(ClientOptions.builder(), config)
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        .build();
  }

  /** A node's connection is made at the first call to it, so that a call has to wait for it. */
  private static ClientOptions clusterOptions(io.penstock.config.Redis config) {
    var refresh =
        ClusterTopologyRefreshOptions.builder()
            .enablePeriodicRefresh(Duration.ofSeconds(30))
            .adaptiveRefreshTriggersTimeout(Duration.ofSeconds(1))
            .build();
    var builder = ClusterClientOptions.builder();
    common(builder, config);
    return builder.topologyRefreshOptions(refresh).validateClusterNodeMembership(false).build();
  }

  /**
   * A call is sent once or not at all: what was on its way when a connection broke is not sent
   * again, for its caller has decided without it by then.
   */
  private static <B extends ClientOptions.Builder> B common(
      B builder, io.penstock.config.Redis config) {
    builder
        .autoReconnect(true)
        .replayFilter(_ -> true)
        .requestQueueSize(QUEUE)
        .timeoutOptions(TimeoutOptions.create())
        .socketOptions(
            SocketOptions.builder()
                .connectTimeout(CONNECT)
                .tcpNoDelay(true)
                .keepAlive(true)
                .build());
    config
        .ca()
        .ifPresent(ca ->
            builder.sslOptions(
                SslOptions.builder().jdkSslProvider().trustManager(ca.toFile()).build()));
    return builder;
  }

  /** A client whose connections are made with these resources. */
  Client open(ClientResources resources) {
    if (cluster) {
      RedisClusterClient client = RedisClusterClient.create(resources, uris);
      client.setOptions((ClusterClientOptions) options);
      return new ClusterClient(client);
    }
    RedisClient client = RedisClient.create(resources, uris.getFirst());
    client.setOptions(options);
    return new PlainClient(client, uris.getFirst());
  }

  /** One server, one behind sentinels, or a cluster: the same to whoever asks. */
  sealed interface Client {
    AbstractRedisClient lettuce();

    CompletionStage<Connected> connect();

    CompletionStage<? extends StatefulRedisPubSubConnection<byte[], byte[]>> connectPubSub();

    /** Lets a connection go, which nobody waits for; on any thread. */
    void close(Connected opened);

    CompletionStage<Void> close();
  }

  /** A connection, and what it takes. */
  record Connected(
      StatefulConnection<byte[], byte[]> connection,
      RedisClusterAsyncCommands<byte[], byte[]> commands) {}

  private record PlainClient(RedisClient lettuce, RedisURI uri) implements Client {
    @Override
    public CompletionStage<Connected> connect() {
      return lettuce.connectAsync(ByteArrayCodec.INSTANCE, uri).thenApply(PlainClient::connected);
    }

    private static Connected connected(StatefulRedisConnection<byte[], byte[]> opened) {
      return new Connected(opened, opened.async());
    }

    @Override
    public CompletionStage<? extends StatefulRedisPubSubConnection<byte[], byte[]>>
        connectPubSub() {
      return lettuce.connectPubSubAsync(ByteArrayCodec.INSTANCE, uri);
    }

    @Override
    public void close(Connected opened) {
      var _ = opened.connection().closeAsync();
    }

    @Override
    public CompletionStage<Void> close() {
      return lettuce.shutdownAsync();
    }
  }

  /**
   * Closing its connection stands, whatever its name says, until the nodes' connections are closed,
   * and those are closed by their loop: on that loop it would stand for good.
   */
  private record ClusterClient(RedisClusterClient lettuce) implements Client {
    @Override
    public CompletionStage<Connected> connect() {
      return lettuce
          .refreshPartitionsAsync()
          .thenCompose(_ -> lettuce.connectAsync(ByteArrayCodec.INSTANCE))
          .thenApply(ClusterClient::connected);
    }

    private static Connected connected(StatefulRedisClusterConnection<byte[], byte[]> opened) {
      return new Connected(opened, opened.async());
    }

    @Override
    public CompletionStage<? extends StatefulRedisPubSubConnection<byte[], byte[]>>
        connectPubSub() {
      return lettuce
          .refreshPartitionsAsync()
          .thenCompose(_ -> lettuce.connectPubSubAsync(ByteArrayCodec.INSTANCE));
    }

    @Override
    public void close(Connected opened) {
      var _ = elsewhere(opened.connection()::closeAsync);
    }

    @Override
    public CompletionStage<Void> close() {
      return elsewhere(lettuce::shutdownAsync);
    }

    private static CompletionStage<Void> elsewhere(Supplier<CompletableFuture<Void>> closing) {
      return CompletableFuture.completedFuture(null)
          .thenComposeAsync(_ -> closing.get(), task -> Thread.ofVirtual().start(task));
    }
  }
}
