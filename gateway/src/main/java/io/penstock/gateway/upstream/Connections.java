package io.penstock.gateway.upstream;

import io.penstock.config.Pool;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.impl.UnpooledHttpClientConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One loop's connections to the backends, one call at a time on each. The one that was used last is
 * taken first, so that a burst's connections age and go. Model servers close an idle connection
 * after five seconds or more; here it goes after three, so that few are found dead.
 *
 * <p>There is no upper bound: who may call, and how often at once, is decided before a call comes
 * here.
 */
final class Connections {
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final HttpClientAgent client;
  private final Map<Pool.Backend, Origin> origins = new HashMap<>();

  Connections(HttpClientAgent client) {
    this.client = client;
  }

  Origin origin(Pool.Backend backend) {
    Origin known = origins.get(backend);
    if (known == null) {
      known = new Origin(backend.url());
      origins.put(backend, known);
    }
    return known;
  }

  /** An open connection that waits for work; null where there is none. */
  @Nullable Lane idle(Origin origin, long nowNanos) {
    Lane lane = origin.idle.pollLast();
    if (lane != null && nowNanos - lane.idleSinceNanos > IDLE_NANOS) {
      lane.connection.close();
      expire(origin, nowNanos);
      return null;
    }
    return lane;
  }

  Future<Lane> connect(Origin origin) {
    HttpConnectOptions options =
        new HttpConnectOptions().setHost(origin.host).setPort(origin.port).setSsl(origin.ssl);
    return client.connect(options).map(connection -> open(origin, connection));
  }

  /**
   * A server may answer and close before it has read all of a body. By default the failure to write
   * the rest closes the channel, and the answer that has come is lost unread; so it does not here,
   * and the read side, which then sees the end, says what there was.
   */
  private static void readOnAfterFailedWrites(HttpClientConnection connection) {
    if (connection instanceof UnpooledHttpClientConnection unpooled
        && unpooled.unwrap() instanceof ConnectionBase base) {
      base.channel().config().setAutoClose(false);
    }
  }

  private static Lane open(Origin origin, HttpClientConnection connection) {
    readOnAfterFailedWrites(connection);
    Lane lane = new Lane(origin, connection);
    connection.closeHandler(_ -> lane.closed());
    // What is wrong is the attempt's to tell; by default it is logged, with what the server wrote.
    connection.exceptionHandler(_ -> lane.closed());
    return lane;
  }

  /** Forgets where other backends listen; who is on the way there closes what he opened. */
  void keep(Set<Pool.Backend> backends) {
    origins
        .entrySet()
        .removeIf(known -> !backends.contains(known.getKey()) && left(known.getValue()));
  }

  private static boolean left(Origin origin) {
    origin.left = true;
    List.copyOf(origin.idle).forEach(lane -> lane.connection.close());
    origin.idle.clear();
    return true;
  }

  /** Gives a connection back whose last answer was read to its end. */
  void release(Lane lane, long nowNanos) {
    if (lane.open && !lane.origin.left) {
      lane.idleSinceNanos = nowNanos;
      lane.origin.idle.addLast(lane);
    } else {
      lane.connection.close();
    }
  }

  /** Closes what has been idle for too long. */
  void expire(long nowNanos) {
    for (Origin origin : origins.values()) {
      expire(origin, nowNanos);
    }
  }

  private static void expire(Origin origin, long nowNanos) {
    Lane oldest = origin.idle.peekFirst();
    while (oldest != null && nowNanos - oldest.idleSinceNanos > IDLE_NANOS) {
      origin.idle.pollFirst();
      oldest.connection.close();
      oldest = origin.idle.peekFirst();
    }
  }

  /** Where a backend listens, and its connections that wait for work, the oldest first. */
  static final class Origin {
    final String host;
    final int port;
    final boolean ssl;
    final String pathPrefix;
    private final ArrayDeque<Lane> idle = new ArrayDeque<>();

    /** Whether its backend is nobody's any more. */
    private boolean left;

    Origin(java.net.URI url) {
      ssl = "https".equalsIgnoreCase(url.getScheme());
      host = url.getHost();
      port = url.getPort() >= 0 ? url.getPort() : ssl ? 443 : 80;
      String path = url.getPath() == null ? "" : url.getPath();
      pathPrefix = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }
  }

  /** One connection. */
  static final class Lane {
    final Origin origin;
    final HttpClientConnection connection;
    private long idleSinceNanos;
    private boolean open = true;

    Lane(Origin origin, HttpClientConnection connection) {
      this.origin = origin;
      this.connection = connection;
    }

    private void closed() {
      open = false;
      origin.idle.remove(this);
    }
  }
}
