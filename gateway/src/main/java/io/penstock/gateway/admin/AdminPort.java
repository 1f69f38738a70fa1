package io.penstock.gateway.admin;

import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.HEAD;
import static io.vertx.core.http.HttpMethod.POST;

import io.netty.util.NetUtil;
import io.penstock.config.Admin;
import io.penstock.gateway.admin.Controls.Draining;
import io.penstock.gateway.listen.Heads;
import io.penstock.gateway.report.ReportHtml;
import io.penstock.gateway.report.ReportJson;
import io.penstock.gateway.tls.PortTls;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.lang.System.Logger;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The port for operators, scrapers and scripts. It runs on virtual threads, so that a scrape never
 * holds up a loop that serves clients.
 *
 * <p>It binds 127.0.0.1 unless the config says otherwise, and then it has a {@link Door}; a request
 * that changes something is refused when a browser sends it from another site's page.
 */
public final class AdminPort {
  private static final Logger LOG = System.getLogger(AdminPort.class.getName());
  private static final String JSON = "application/json";
  private static final String HTML = "text/html; charset=utf-8";
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
  private static final Assets ASSETS = new Assets();
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  private static final int MOST_BODY_BYTES = 1 << 20;
  private static final Duration HEAD_TIMEOUT = Duration.ofSeconds(30);

  private final Vertx vertx;
  private final String deployment;
  private final Listener listener;

  private AdminPort(Vertx vertx, String deployment, Listener listener) {
    this.vertx = vertx;
    this.deployment = deployment;
    this.listener = listener;
  }

  /** Opens the port; fails where it cannot be bound. */
  public static Future<AdminPort> open(Vertx vertx, Admin config, PortTls tls, Controls controls) {
    var listener = new Listener(config, tls, controls);
    var threads = new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD);
    return vertx
        .deployVerticle(listener, threads)
        .map(deployment -> new AdminPort(vertx, deployment, listener));
  }

  /** The port that is bound, also where the config left the choice open. */
  public int port() {
    return listener.server().actualPort();
  }

  /** Takes a new config's token; what it binds stays. */
  public void reload(Admin config) {
    listener.door.exchange(config.token());
  }

  public Future<Void> close() {
    return vertx.undeploy(deployment);
  }

  private static final class Listener extends VerticleBase {
    private final Admin config;
    private final PortTls tls;
    private final Controls controls;
    private final Workbench workbench;
    private final Door door;
    private @Nullable Live live;
    private @Nullable HttpServer server;

    Listener(Admin config, PortTls tls, Controls controls) {
      this.config = config;
      this.tls = tls;
      this.controls = controls;
      this.workbench = new Workbench(controls);
      this.door = new Door(config.token());
    }

    HttpServer server() {
      return Objects.requireNonNull(server);
    }

    @Override
    public Future<?> start() {
      live = new Live(vertx, controls);
      var options =
          new HttpServerOptions()
              .setHost(config.host())
              .setPort(config.port())
              .setIdleTimeout(60)
              .setCompressionSupported(true);
      return vertx
          .createHttpServer(tls.secure(options))
          .requestHandler(this::handle)
          .connectionHandler(Heads::watch)
          .listen()
          .onSuccess(bound -> {
            server = bound;
            tls.keep(bound);
            Heads.guard(vertx, bound, HEAD_TIMEOUT);
          });
    }

    private void handle(HttpServerRequest request) {
      try {
        if (isReboundName(request)) {
          answer(
              request, json(421, Json.error("This port answers to localhost and to addresses.")));
        } else if (!door.admits(request)) {
          request.response().putHeader("www-authenticate", "Basic realm=\"penstock\"");
          answer(request, json(401, Json.error("Show the admin port's token.")));
        } else if (request.path() != null && request.path().equals("/api/live")) {
          watch(request);
        } else {
          answer(request, reply(request));
        }
      } catch (RuntimeException e) {
        LOG.log(Logger.Level.ERROR, "admin: " + request.method() + ' ' + request.path(), e);
        answer(request, json(500, Json.error("Something went wrong; the log has more.")));
      }
    }

    private Reply reply(HttpServerRequest request) {
      var path = segments(request.path());
      return switch (String.join("/", path)) {
        case "" -> read(request, () -> asset(request, Assets.PAGE));
        case "health" -> read(request, () -> json(200, new JsonObject().put("status", "ok")));
        case "ready" -> read(request, () -> ready(controls.whyNotReady()));
        case "metrics" ->
            read(request, () -> new Reply(200, PROMETHEUS, Buffer.buffer(controls.metrics())));
        case "api/pools" -> read(request, () -> json(200, Json.pools(controls.pools())));
        case "api/tiers" -> read(request, () -> json(200, Json.tiers(controls.tiers())));
        case "api/capacity" ->
            read(request, () -> json(200, CapacityJson.capacities(controls.capacities())));
        case "api/capacity/targets" ->
            read(request, () -> json(200, CapacityJson.targets(controls.capacities())));
        case "api/dry-run" -> work(request, workbench::callers, this::rehearsed);
        case "api/whatif" ->
            work(request, workbench::choices, body -> json(200, workbench.plan(body)));
        case "api/report" -> read(request, () -> report(request));
        case "api/cache" -> cache(request);
        case "api/keys" -> keys(request);
        case "api/config/reload" -> change(request, () -> reloaded(controls.reload()));
        default -> below(request, path);
      };
    }

    /** JSON, or the page for whoever asks for one. */
    private Reply report(HttpServerRequest request) {
      try {
        var report = workbench.report(request.getParam("window"));
        var accept = request.getHeader("accept");
        request.response().putHeader("vary", "accept");
        return accept != null && accept.contains("text/html")
            ? new Reply(200, HTML, Buffer.buffer(ReportHtml.of(report)), ReportHtml.POLICY)
            : json(200, ReportJson.of(report));
      } catch (Workbench.Refused refused) {
        return json(400, Json.error(String.valueOf(refused.getMessage())));
      } catch (Workbench.Unrecorded nothing) {
        return json(404, Json.error(String.valueOf(nothing.getMessage())));
      } catch (Bounded.Busy busy) {
        return json(503, Json.error(String.valueOf(busy.getMessage())));
      }
    }

    private Reply keys(HttpServerRequest request) {
      var keys = new KeysApi(controls);
      return request.method().equals(POST)
          ? change(request, () -> asked(request, body -> json(keys.add(body.toString()))))
          : read(request, () -> json(keys.list()));
    }

    private Reply revoke(HttpServerRequest request, String id) {
      if (!request.method().equals(DELETE)) {
        return wrongMethod(request, "DELETE");
      }
      return fromAnotherSite(request) ? fromElsewhere() : json(new KeysApi(controls).revoke(id));
    }

    private static Reply json(KeysApi.Answer answer) {
      return json(answer.status(), answer.body());
    }

    private Reply below(HttpServerRequest request, List<String> path) {
      if (path.size() == 2 && path.get(0).equals("ui")) {
        return read(request, () -> asset(request, path.get(1)));
      }
      if (path.size() == 3 && path.get(0).equals("api") && path.get(1).equals("keys")) {
        return revoke(request, path.get(2));
      }
      if (isBackend(path)) {
        return backend(request, path.get(2), path.get(4), path.get(5));
      }
      return path.size() == 4 && String.join("/", path.subList(0, 3)).equals("api/capacity/targets")
          ? read(request, () -> target(path.get(3)))
          : unknown(request);
    }

    private Reply target(String pool) {
      var target = CapacityJson.target(controls.capacities(), pool);
      return target != null
          ? json(200, target)
          : json(404, Json.error("There is no pool '" + pool + "' whose hardware is known."));
    }

    /** Events for the dashboard, until the viewer leaves. */
    private void watch(HttpServerRequest request) {
      var to = Objects.requireNonNull(live);
      if (!request.method().equals(GET)) {
        answer(request, wrongMethod(request, "GET"));
      } else if (to.full()) {
        answer(request, json(503, Json.error("Enough dashboards are open already.")));
      } else {
        guard(request.response());
        to.join(request.response());
      }
    }

    private static Reply asset(HttpServerRequest request, String name) {
      return ASSETS
          .find(name)
          .map(asset -> new Reply(200, asset.type(), asset.bytes()))
          .orElseGet(() -> unknown(request));
    }

    /** A page's choices by GET, its question by POST; neither changes anything. */
    private static Reply work(
        HttpServerRequest request, Supplier<JsonObject> choices, Function<Buffer, Reply> answer) {
      if (!request.method().equals(POST)) {
        return request.method().equals(GET) || request.method().equals(HEAD)
            ? json(200, choices.get())
            : wrongMethod(request, "GET, HEAD, POST");
      }
      return change(request, () -> asked(request, answer));
    }

    private static Reply asked(HttpServerRequest request, Function<Buffer, Reply> answer) {
      try {
        return answer.apply(Future.await(body(request)));
      } catch (Workbench.Refused refused) {
        return json(400, Json.error(String.valueOf(refused.getMessage())));
      } catch (Bounded.Busy busy) {
        return json(503, Json.error(String.valueOf(busy.getMessage())));
      }
    }

    private static Future<Buffer> body(HttpServerRequest request) {
      var body = Buffer.buffer();
      Promise<Buffer> whole = Promise.promise();
      request.handler(part -> {
        if (body.length() + part.length() > MOST_BODY_BYTES) {
          whole.tryFail(new Workbench.Refused("The body is over " + MOST_BODY_BYTES + " bytes."));
        } else {
          body.appendBuffer(part);
        }
      });
      request.exceptionHandler(whole::tryFail);
      request.endHandler(_ -> whole.tryComplete(body));
      return whole.future();
    }

    private Reply rehearsed(Buffer body) {
      var answer = workbench.rehearse(body);
      return new Reply(answer.status(), JSON, Buffer.buffer(answer.json()));
    }

    /** What is kept, and the way to have it forgotten: all, or {@code ?tenant=NAME}. */
    private Reply cache(HttpServerRequest request) {
      if (!request.method().equals(DELETE)) {
        return request.method().equals(GET) || request.method().equals(HEAD)
            ? json(200, Json.cache(controls.cache()))
            : wrongMethod(request, "GET, HEAD, DELETE");
      }
      if (fromAnotherSite(request)) {
        return json(403, Json.error("Requests from other sites' pages may change nothing here."));
      }
      var tenant = request.getParam("tenant");
      try {
        long removed = Future.await(controls.clearCache(tenant));
        return json(200, new JsonObject().put("removed", removed).put("tenant", tenant));
      } catch (RuntimeException unreached) {
        LOG.log(Logger.Level.WARNING, "the cache was cleared in this process alone", unreached);
        return json(
            503,
            Json.error(
                "This process has forgotten them, but the store was not reached: try again."));
      }
    }

    /** {@code api/pools/POOL/backends/ID/VERB}. */
    private static boolean isBackend(List<String> path) {
      return path.size() == 6
          && path.get(0).equals("api")
          && path.get(1).equals("pools")
          && path.get(3).equals("backends");
    }

    private Reply backend(HttpServerRequest request, String pool, String id, String verb) {
      return switch (verb) {
        case "drain" -> change(request, () -> drain(pool, id, Draining.DRAIN));
        case "undrain" -> change(request, () -> drain(pool, id, Draining.UNDRAIN));
        default -> unknown(request);
      };
    }

    private Reply drain(String pool, String id, Draining draining) {
      if (!controls.drain(pool, id, draining)) {
        return json(404, Json.error("The pool '" + pool + "' has no backend '" + id + "'."));
      }
      boolean out = draining == Draining.DRAIN;
      return json(200, new JsonObject().put("pool", pool).put("backend", id).put("draining", out));
    }

    private static Reply ready(List<String> reasons) {
      return reasons.isEmpty()
          ? json(200, new JsonObject().put("ready", true))
          : json(503, new JsonObject().put("ready", false).put("reasons", reasons));
    }

    private static Reply reloaded(Reloaded reloaded) {
      return switch (reloaded) {
        case Reloaded.Taken(var warnings) ->
            json(200, new JsonObject().put("reloaded", true).put("warnings", warnings));
        case Reloaded.Refused(var errors) ->
            json(422, Json.errors("The config has errors; the old one serves on.", errors));
      };
    }

    private static Reply read(HttpServerRequest request, Answering answering) {
      return request.method().equals(GET) || request.method().equals(HEAD)
          ? answering.reply()
          : wrongMethod(request, "GET, HEAD");
    }

    private static Reply change(HttpServerRequest request, Answering answering) {
      if (!request.method().equals(POST)) {
        return wrongMethod(request, "POST");
      }
      return fromAnotherSite(request) ? fromElsewhere() : answering.reply();
    }

    private static Reply fromElsewhere() {
      return json(403, Json.error("Requests from other sites' pages may change nothing here."));
    }

    /**
     * Whether a browser may have been led here by a name that somebody else's name server gave this
     * machine's address. An address, or localhost, is nobody's to give.
     */
    private boolean isReboundName(HttpServerRequest request) {
      var authority = request.authority();
      return config.host().equals("127.0.0.1")
          && authority != null
          && !authority.host().equals("localhost")
          && !NetUtil.isValidIpV4Address(authority.host())
          && !NetUtil.isValidIpV6Address(authority.host());
    }

    private static boolean fromAnotherSite(HttpServerRequest request) {
      var origin = request.getHeader("origin");
      return origin != null && !origin.endsWith("://" + request.authority());
    }

    private static Reply wrongMethod(HttpServerRequest request, String allowed) {
      request.response().putHeader("allow", allowed);
      return json(
          405,
          Json.error(
              request.method() + " is not allowed on " + request.path() + "; use " + allowed));
    }

    private static Reply unknown(HttpServerRequest request) {
      return json(404, Json.error("There is nothing at " + request.path() + "."));
    }

    private static List<String> segments(@Nullable String path) {
      return path == null
          ? List.of("?")
          : Arrays.stream(path.split("/"))
              .filter(segment -> !segment.isEmpty())
              .map(Listener::decode)
              .toList();
    }

    private static String decode(String segment) {
      try {
        return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
      } catch (IllegalArgumentException _) {
        return segment;
      }
    }

    /**
     * What every answer says to a browser: keep nothing, guess nothing, load nothing from
     * elsewhere.
     */
    private static HttpServerResponse guard(HttpServerResponse response) {
      return response
          .putHeader("cache-control", "no-store")
          .putHeader("x-content-type-options", "nosniff")
          .putHeader("referrer-policy", "no-referrer")
          .putHeader("cross-origin-opener-policy", "same-origin")
          .putHeader("cross-origin-resource-policy", "same-origin")
          .putHeader("content-security-policy", POLICY);
    }

    private static void answer(HttpServerRequest request, Reply reply) {
      var response = request.response();
      guard(response)
          .putHeader("content-security-policy", reply.policy())
          .setStatusCode(reply.status())
          .putHeader("content-type", reply.type());
      if (request.method().equals(HEAD)) {
        response.end();
      } else {
        response.end(reply.body());
      }
    }

    private static Reply json(int status, JsonObject body) {
      return new Reply(status, JSON, Buffer.buffer(body.encode() + '\n'));
    }
  }

  /** An answer's status, media type and body, and what a browser may load for it. */
  private record Reply(int status, String type, Buffer body, String policy) {
    Reply(int status, String type, Buffer body) {
      this(status, type, body, POLICY);
    }
  }

  private interface Answering {
    Reply reply();
  }
}
