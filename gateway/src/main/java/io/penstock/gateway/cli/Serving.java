package io.penstock.gateway.cli;

import io.penstock.config.PenstockConfig;
import io.penstock.config.Tls;
import io.penstock.gateway.Gateway;
import io.penstock.gateway.admin.Reloaded;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** A gateway in this process, from its start to its drained end. */
final class Serving {
  private final Vertx vertx;
  private final PenstockConfig config;
  private final Gateway gateway;

  private Serving(Vertx vertx, PenstockConfig config, Gateway gateway) {
    this.vertx = vertx;
    this.config = config;
    this.gateway = gateway;
  }

  static Vertx loops() {
    return Gateway.vertx(Runtime.getRuntime().availableProcessors());
  }

  /** Starts it and waits until it takes requests. */
  static Serving start(Vertx vertx, PenstockConfig config, Gateway.Options options) {
    requireFree(config.server().host(), config.server().port(), "--port");
    requireFree(config.admin().host(), config.admin().port(), "--admin-port");
    return new Serving(vertx, config, await(Gateway.start(vertx, config, options)));
  }

  String url() {
    return url(config.server().tls(), config.server().host(), gateway.port());
  }

  String adminUrl() {
    return url(config.admin().tls(), config.admin().host(), gateway.adminPort());
  }

  /** Reads the config again and says what came of it, a line each. */
  void reload(PrintWriter err) {
    switch (gateway.controls().reload()) {
      case Reloaded.Taken(var warnings) -> {
        warnings.forEach(warning -> err.println("warning: " + warning));
        err.println("penstock: the config was read again and serves");
      }
      case Reloaded.Refused(var errors) -> {
        errors.forEach(err::println);
        err.println("penstock: the config has errors; the old one serves on");
      }
    }
  }

  /** Lets the calls in flight finish, then ends everything. */
  void end() {
    await(gateway.drain());
    await(vertx.close());
  }

  /** Says in one line which port is in use, before anything is started. */
  static void requireFree(String host, int port, String option) {
    if (port == 0) {
      return;
    }
    var address = host + ':' + port;
    try (var probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(host, port));
    } catch (BindException e) {
      throw Failure.environment(
          "cannot listen on "
              + address
              + ": "
              + e.getMessage()
              + "; choose another with "
              + option);
    } catch (IOException e) {
      throw Failure.environment("cannot listen on " + address + ": " + e.getMessage());
    }
  }

  private static String url(Optional<Tls> tls, String host, int port) {
    var reachable = host.equals("0.0.0.0") || host.equals("::") ? "127.0.0.1" : host;
    return (tls.isPresent() ? "https://" : "http://")
        + (reachable.contains(":") ? '[' + reachable + ']' : reachable)
        + ':'
        + port;
  }

  /** What a future brings, or its failure. */
  static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().join();
    } catch (CompletionException e) {
      throw failure(e.getCause() == null ? e : e.getCause());
    }
  }

  private static RuntimeException failure(Throwable cause) {
    return switch (cause) {
      case BindException inUse ->
          Failure.environment("cannot listen: " + inUse.getMessage() + "; is a port in use?");
      case RuntimeException bug -> bug;
      default -> new IllegalStateException(cause);
    };
  }
}
