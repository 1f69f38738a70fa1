package io.penstock.gateway;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.gateway.accept.Accept;
import io.penstock.gateway.call.Problem;
import io.penstock.gateway.listen.Heads;
import io.penstock.gateway.tls.PortTls;
import io.penstock.gateway.upstream.Upstream;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One event loop's share of the data port: its listener, its pipeline, its connections to the
 * backends. A request lives and dies on one loop.
 */
final class DataPort extends VerticleBase {
  private static final int MAX_LINE_BYTES = 8 << 10;
  private static final int HTTP_1_CHUNK_BYTES = 64 << 10;

  private static final String INVALID = "invalid_request_error";

  private final PenstockConfig config;
  private final int port;
  private final PortTls tls;
  private volatile Stages stages;
  private @Nullable Upstream upstream;
  private @Nullable Pipeline pipeline;
  private @Nullable Models models;
  private @Nullable HttpServer server;
  private final Set<HttpConnection> connections = new HashSet<>();
  private boolean draining;

  /**
   * @param port to bind; below 0 a free one, which all loops share that are given the same number
   */
  DataPort(Stages stages, int port, PortTls tls) {
    this.config = stages.config();
    this.stages = stages;
    this.port = port;
    this.tls = tls;
  }

  @Override
  public Future<?> start() {
    upstream = new Upstream(vertx);
    use(stages);
    HttpServer opening =
        vertx
            .createHttpServer(tls.secure(options()))
            .requestHandler(this::handle)
            .invalidRequestHandler(this::invalid)
            .exceptionHandler(DataPort::unlogged)
            .connectionHandler(this::connected);
    server = opening;
    return opening.listen(port, config.server().host()).onSuccess(this::opened);
  }

  private void opened(HttpServer opened) {
    tls.keep(opened);
    Heads.guard(vertx, opened, config.server().headTimeout());
  }

  private void connected(HttpConnection connection) {
    Heads.watch(connection);
    connections.add(connection);
    connection.closeHandler(_ -> connections.remove(connection));
    connection.exceptionHandler(DataPort::unlogged);
  }

  /**
   * By default each client that breaks off writes into the log, and with it what it had sent. What
   * a call needs to know of it, the response's own handlers say.
   */
  private static void unlogged(Throwable brokenConnection) {}

  private HttpServerOptions options() {
    return new HttpServerOptions()
        .setTcpNoDelay(true)
        .setHandle100ContinueAutomatically(true)
        .setMaxHeaderSize(config.server().maxHeaderBytes())
        .setMaxInitialLineLength(MAX_LINE_BYTES)
        .setMaxChunkSize(HTTP_1_CHUNK_BYTES)
        .setCompressionSupported(false)
        .setDecompressionSupported(false)
        .setHttp2ClearTextEnabled(true)
        .setStrictThreadMode(true)
        .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
        .setIdleTimeout((int) idle().toMillis());
  }

  /**
   * Nothing is sent while a whole answer is waited for: that connection is silent, but not idle.
   */
  private Duration idle() {
    Duration idle = config.server().idleTimeout();
    for (Pool pool : config.pools().values()) {
      Duration answer = pool.timeouts().total().plusSeconds(5);
      idle = idle.compareTo(answer) < 0 ? answer : idle;
    }
    return idle;
  }

  /** The stages of a new config, for the requests from now on. */
  void reload(Stages next) {
    stages = next;
    context.runOnContext(_ -> use(next));
  }

  private void use(Stages next) {
    Upstream reached = Objects.requireNonNull(upstream);
    reached.keep(backends(next));
    pipeline = new Pipeline(next, reached);
    models = new Models(next);
  }

  private static Set<Pool.Backend> backends(Stages of) {
    return of.config().pools().values().stream()
        .flatMap(pool -> pool.backends().stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  private void handle(HttpServerRequest request) {
    String path = request.path();
    if (draining) {
      refuse(
          request, problem(503, "overloaded_error", "draining", "The gateway is shutting down."));
    } else if (path != null && Models.isHere(path)) {
      Objects.requireNonNull(models).handle(request, path);
    } else {
      Objects.requireNonNull(pipeline).handle(request);
    }
  }

  /** What is no HTTP request gets an answer all the same; its connection is closed after it. */
  private void invalid(HttpServerRequest request) {
    refuse(
        request,
        switch (request.decoderResult().cause()) {
          case TooLongHttpHeaderException _ ->
              problem(431, INVALID, "header_too_large", "The request's headers are too large.");
          case TooLongHttpLineException _ ->
              problem(414, INVALID, "url_too_long", "The request's URL is too long.");
          case null, default -> problem(400, INVALID, "invalid_http", "This is no HTTP request.");
        });
  }

  private void refuse(HttpServerRequest request, Problem problem) {
    Accept.stamp(request);
    Visit.open(request, stages).refuse(problem);
  }

  private static Problem problem(int status, String type, String code, String message) {
    return new Problem(status, type, code, null, message, Duration.ZERO, true);
  }

  int boundPort() {
    return Objects.requireNonNull(server).actualPort();
  }

  /**
   * Refuses requests from now on, lets those in flight finish, and ends at the deadline what is
   * left.
   *
   * @param noCallLeft whether no loop has a call in flight
   */
  Future<Void> drain(Duration atMost, BooleanSupplier noCallLeft) {
    Promise<Void> drained = Promise.promise();
    context.runOnContext(_ -> {
      draining = true;
      Drain.start(vertx, Objects.requireNonNull(upstream), connections, noCallLeft, atMost)
          .onComplete(drained);
    });
    return drained.future();
  }

  @Override
  public Future<?> stop() {
    Objects.requireNonNull(upstream).close();
    return Future.succeededFuture();
  }
}
