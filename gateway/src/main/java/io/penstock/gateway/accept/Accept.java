package io.penstock.gateway.accept;

import io.netty.util.AsciiString;
import io.penstock.config.Server;
import io.penstock.gateway.call.Accepted;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Directives;
import io.penstock.gateway.call.Identified;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Refusal;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * From a request's head to a {@link Call}, on the request's own event loop; one instance serves all
 * of them, for it keeps nothing but its limits.
 *
 * <p>The head is judged before the body is waited for: route, method, key, encoding, directives,
 * announced length, in this order. A path must match exactly; a query is ignored. The content type
 * is not looked at, as llama.cpp does not either: clients that forget the header are many, and what
 * is not JSON is refused for what it is.
 */
public final class Accept {
  private static final CharSequence X_REQUEST_ID = AsciiString.cached("x-request-id");
  private static final int MAX_ID = 128;
  private static final int MAX_SHOWN_PATH = 200;

  private static final Future<Optional<Refusal>> NOBODY_ASKED =
      Future.succeededFuture(Optional.empty());

  private final Server server;
  private final BodyMemory memory = new BodyMemory();

  public Accept(Server server) {
    this.server = server;
  }

  /** Reads a request whose key nobody has asked for yet. */
  public Future<Accepted> read(HttpServerRequest request) {
    return open(request, _ -> NOBODY_ASKED);
  }

  /**
   * Reads a request, but its body only when its key is known.
   *
   * @param identify the authenticate stage, given the header {@code Authorization}
   */
  public Future<Accepted> read(
      HttpServerRequest request, Function<@Nullable String, Future<Identified>> identify) {
    return open(
        request,
        key ->
            identify
                .apply(key)
                .map(who ->
                    who instanceof Refusal refusal ? Optional.of(refusal) : Optional.empty()));
  }

  /** The request's call has ended, and with it what its body took. */
  public void release(HttpServerRequest request) {
    memory.release(request);
  }

  /** Gives the request its id, and the response the header that says so. */
  public static String stamp(HttpServerRequest request) {
    String given = request.headers().get(X_REQUEST_ID);
    String id = given != null && isWellFormed(given) ? given : newId();
    request.response().putHeader(X_REQUEST_ID, id);
    return id;
  }

  /** A request that did not come over the data port: whoever hands it over has judged its head. */
  public static Accepted accepted(Operation operation, Directives directives, byte[] body) {
    return accepted(
        newId(),
        System.nanoTime(),
        new Head.Good(operation, null, directives),
        new Upload.Whole(body, body.length));
  }

  private Future<Accepted> open(
      HttpServerRequest request, Function<@Nullable String, Future<Optional<Refusal>>> refuseKey) {
    long startNanos = System.nanoTime();
    String id = stamp(request);
    var upload = new Upload(request, server, memory);
    return switch (aim(request)) {
      case Aim.Missed(var refusal) -> discard(upload, refusal);
      case Aim.At(var operation) -> {
        String authorization = request.headers().get(HttpHeaders.AUTHORIZATION);
        yield whenKnown(
            request,
            refuseKey.apply(authorization),
            no ->
                no.isPresent()
                    ? discard(upload, no.get())
                    : body(request, upload, id, startNanos, operation, authorization));
      }
    };
  }

  /** Goes on at once where the key is known at once; else the body waits unread. */
  private static Future<Accepted> whenKnown(
      HttpServerRequest request,
      Future<Optional<Refusal>> known,
      Function<Optional<Refusal>, Future<Accepted>> next) {
    if (known.succeeded()) {
      return next.apply(known.result());
    }
    request.pause();
    return known.compose(no -> {
      Future<Accepted> read = next.apply(no);
      request.resume();
      return read;
    });
  }

  private static Future<Accepted> discard(Upload upload, Refusal refusal) {
    upload.discard();
    return Future.succeededFuture(refusal);
  }

  private static Future<Accepted> body(
      HttpServerRequest request,
      Upload upload,
      String id,
      long startNanos,
      Operation operation,
      @Nullable String authorization) {
    return switch (head(request, operation, authorization)) {
      case Head.Bad(var refusal) -> discard(upload, refusal);
      case Head.Good head ->
          upload.read().map(uploaded -> accepted(id, startNanos, head, uploaded));
    };
  }

  private static Aim aim(HttpServerRequest request) {
    String path = Objects.requireNonNullElse(request.path(), "");
    var operation = operation(path);
    if (operation == null) {
      return new Aim.Missed(new Refusal.UnknownRoute(request.method().name(), shown(path)));
    }
    return HttpMethod.POST.equals(request.method())
        ? new Aim.At(operation)
        : new Aim.Missed(new Refusal.WrongMethod(request.method().name(), path, "POST"));
  }

  private static Head head(
      HttpServerRequest request, Operation operation, @Nullable String authorization) {
    var headers = request.headers();
    String encoding = headers.get(HttpHeaders.CONTENT_ENCODING);
    if (encoding != null && !encoding.isBlank() && !encoding.strip().equalsIgnoreCase("identity")) {
      return new Head.Bad(Fault.encoded());
    }
    var directives = new DirectiveHeaders(headers);
    var asked = directives.read();
    var fault = directives.fault();
    return fault == null ? new Head.Good(operation, authorization, asked) : new Head.Bad(fault);
  }

  private static Accepted accepted(String id, long startNanos, Head.Good head, Upload.Uploaded up) {
    return switch (up) {
      case Upload.Broken(var refusal) -> refusal;
      case Upload.Whole(byte[] bytes, int length) ->
          switch (BodyScanner.scan(bytes, length, head.operation())) {
            case Scanned.Bad(var refusal) -> refusal;
            case Scanned.Good(var body) ->
                new Accepted.Request(
                    new Call(
                        id,
                        startNanos,
                        head.operation(),
                        head.authorization(),
                        head.directives(),
                        body));
          };
    };
  }

  private static @Nullable Operation operation(String path) {
    return switch (path) {
      case "/v1/chat/completions" -> Operation.CHAT_COMPLETIONS;
      case "/v1/completions" -> Operation.COMPLETIONS;
      case "/v1/embeddings" -> Operation.EMBEDDINGS;
      default -> null;
    };
  }

  private static String shown(String path) {
    return path.length() <= MAX_SHOWN_PATH ? path : path.substring(0, MAX_SHOWN_PATH) + "...";
  }

  private static boolean isWellFormed(String id) {
    return !id.isEmpty() && id.length() <= MAX_ID && id.chars().allMatch(Accept::isIdCharacter);
  }

  private static boolean isIdCharacter(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "-_.:".indexOf(c) >= 0;
  }

  private static String newId() {
    var random = ThreadLocalRandom.current();
    var hex = HexFormat.of();
    return "req_" + hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong());
  }

  /** What a request's line asks for. */
  private sealed interface Aim {
    record At(Operation operation) implements Aim {}

    record Missed(Refusal refusal) implements Aim {}
  }
}
