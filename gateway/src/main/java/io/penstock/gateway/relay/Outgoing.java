package io.penstock.gateway.relay;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.penstock.config.Pool;
import io.penstock.config.Secret;
import io.penstock.gateway.call.CacheMark;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Taken;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.call.Usage;
import io.penstock.gateway.call.Valve;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.ToLongBiFunction;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One client's answer. Backends' answers are poured in, one after the other if need be; what comes
 * out is one HTTP response. All on the client's loop.
 *
 * <p>Back-pressure: when the client does not read, the backend's connection is not read either. So
 * one answer holds a few buffers, however long it is and however slow its client.
 */
public final class Outgoing {
  private static final Pattern SECONDS = Pattern.compile("\\d{1,6}");
  private static final int MICROS_PER_USD_DIGITS = 6;

  private static final CharSequence POOL = HttpHeaders.createOptimized("x-penstock-pool");
  private static final CharSequence BACKEND = HttpHeaders.createOptimized("x-penstock-backend");
  private static final CharSequence ATTEMPTS = HttpHeaders.createOptimized("x-penstock-attempts");
  private static final CharSequence CACHE = HttpHeaders.createOptimized("x-penstock-cache");
  private static final CharSequence COST = HttpHeaders.createOptimized("x-penstock-cost-usd");
  private static final CharSequence ACCEL = HttpHeaders.createOptimized("x-accel-buffering");
  private static final CharSequence NO = HttpHeaders.createOptimized("no");
  private static final CharSequence NO_CACHE = HttpHeaders.createOptimized("no-cache");
  private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
  private static final CharSequence EVENTS =
      HttpHeaders.createOptimized("text/event-stream; charset=utf-8");
  private static final CharSequence PROCESSING_MS =
      HttpHeaders.createOptimized("openai-processing-ms");

  private final @Nullable HttpServerResponse response;
  private final Call call;
  private final Demand demand;
  private final Marks marks;
  private final ToLongBiFunction<Turn, Usage> microUsd;

  private @Nullable Valve valve;
  private @Nullable Reading reading;
  private @Nullable Turn turn;
  private @Nullable Pool pool;
  private @Nullable String backend;
  private @Nullable String contentType;
  private @Nullable String processingMs;
  private @Nullable String retryAfter;
  private int attempt;
  private CacheMark cache = CacheMark.BYPASS;
  private boolean begun;
  private boolean over;
  private int status;
  private long firstContentNanos;
  private long firstByteNanos;

  /**
   * @param response the client's; null: nobody's, and the answer is judged and not sent
   * @param microUsd what a usage costs at a turn, in millionths of a USD
   */
  public Outgoing(
      @Nullable HttpServerResponse response,
      Call call,
      Demand demand,
      Marks marks,
      ToLongBiFunction<Turn, Usage> microUsd) {
    this.response = response;
    this.call = call;
    this.demand = demand;
    this.marks = marks;
    this.microUsd = microUsd;
  }

  /** What the answer says of the cache. */
  public Outgoing marked(CacheMark mark) {
    cache = mark;
    return this;
  }

  // What the backend sends.

  /** A backend answers. */
  public Taken head(Turn from, int number, int answered, MultiMap headers, Valve flow) {
    turn = from;
    attempt = number;
    return head(from.pool(), from.backend().id(), answered, headers, flow);
  }

  /**
   * An answer is given again that a backend gave before, or gives to another client. The call has
   * no turn of its own and costs nothing.
   *
   * @param from whose answer it is
   * @param backendId null where nobody is asked
   */
  public Taken head(
      Pool from, @Nullable String backendId, int answered, MultiMap headers, Valve flow) {
    pool = from;
    backend = backendId;
    valve = flow;
    contentType = headers.get(HttpHeaders.CONTENT_TYPE);
    processingMs = headers.get(PROCESSING_MS);
    retryAfter = headers.get("retry-after");
    Reading next = reading(answered, from);
    reading = next;
    return next instanceof NoReading(var why) ? why : Taken.Progress.WAITING;
  }

  private Reading reading(int answered, Pool from) {
    if (answered < 200 || answered >= 300) {
      return new ErrorReading(this, answered);
    }
    boolean stream = call.body().stream() && call.operation() != Operation.EMBEDDINGS;
    if (answered != 200 || !isExpected(stream)) {
      return new NoReading(
          new Taken.Unusable("garbage", "The model server's answer is none.", true));
    }
    byte[] model =
        from.responseModel() == Pool.ResponseModel.ALIAS ? jsonString(from.model()) : null;
    return stream
        ? new StreamReading(this, call.body().includeUsage(), model)
        : new WholeReading(this, call.operation(), model);
  }

  /** A missing content type is not held against a server; a wrong one is. */
  private boolean isExpected(boolean stream) {
    String type = contentType;
    return type == null
        || (stream ? startsWith(type, "text/event-stream") : startsWith(type, "application/json"));
  }

  private static boolean startsWith(String type, String expected) {
    return type.regionMatches(true, 0, expected, 0, expected.length());
  }

  private static byte[] jsonString(String text) {
    StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
    JsonStringEncoder.getInstance().quoteAsString(text, quoted);
    return quoted.append('"').toString().getBytes(StandardCharsets.UTF_8);
  }

  public Taken data(Buffer bytes) {
    return current().data(bytes);
  }

  /** The body is over, as HTTP says. */
  public Taken end() {
    return current().end();
  }

  /** The body is not whole, and nothing more will come. */
  public Taken cut(String reason, String message) {
    return current().cut(reason, message);
  }

  /** Nothing came for a while. */
  public void quiet() {
    current().quiet();
  }

  private Reading current() {
    Reading now = reading;
    if (now == null) {
      throw new IllegalStateException("no backend has answered");
    }
    return now;
  }

  // What is known of it.

  /** Whether the client was sent anything. */
  public boolean committed() {
    return begun || over || (response != null && response.ended());
  }

  /** Whether the answer is a stream. */
  public boolean streamed() {
    return reading instanceof StreamReading;
  }

  /** The status that the client was sent; 0 where none was. */
  public int status() {
    return status;
  }

  /** When the first content came (or a whole answer), from the call's start; 0 where none did. */
  public long firstContentNanos() {
    return firstContentNanos;
  }

  /** When the client was sent the first byte, from the call's start; 0 where it was sent none. */
  public long firstByteNanos() {
    return firstByteNanos;
  }

  /** The tokens that the call took, as far as it is known. */
  public Usage usage() {
    Reading now = reading;
    return now == null ? Usage.NONE : now.soFar();
  }

  /** A usage where the backend told none. */
  Usage estimate(int completionTokens) {
    return new Usage(demand.promptTokens(), 0, completionTokens, false);
  }

  /** The usage of a whole answer whose backend told none. */
  Usage estimate() {
    return estimate(demand.completionExpected());
  }

  boolean countsFirstChoiceOnly() {
    Pool from = pool;
    return from != null && from.provider() == Pool.Provider.LLAMA_CPP;
  }

  // What the client is sent.

  void firstContent() {
    if (firstContentNanos == 0) {
      firstContentNanos = sinceStart();
    }
  }

  /** The head of a stream; it goes out with the first write. */
  void begin() {
    begun = true;
    HttpServerResponse to = heads(200);
    if (to != null) {
      to.putHeader(HttpHeaders.CONTENT_TYPE, contentType == null ? EVENTS : contentType);
      to.putHeader(HttpHeaders.CACHE_CONTROL, NO_CACHE);
      to.putHeader(ACCEL, NO);
      to.setChunked(true);
      to.drainHandler(_ -> resume());
    }
  }

  void write(Buffer bytes) {
    HttpServerResponse to = response;
    if (to == null) {
      return;
    }
    var _ = to.write(bytes);
    Valve source = valve;
    if (source != null && to.writeQueueFull()) {
      source.pause();
    }
  }

  private void resume() {
    Valve source = valve;
    if (source != null) {
      source.resume();
    }
  }

  /** The end of a stream. */
  void finish() {
    over = true;
    if (response != null) {
      var _ = response.end();
    }
  }

  /** A whole answer. */
  void whole(Buffer body) {
    over = true;
    HttpServerResponse to = heads(200);
    if (to != null) {
      Turn from = turn;
      to.putHeader(COST, usd(from == null ? 0 : microUsd.applyAsLong(from, usage())));
      to.putHeader(HttpHeaders.CONTENT_TYPE, contentType == null ? JSON : contentType);
      var _ = to.end(body);
    }
  }

  /** An error that is the client's own; as the backend wrote it, where that will do. */
  void tell(Verdict.Tell told, ReadError error, @Nullable Buffer asWritten) {
    over = true;
    HttpServerResponse to = heads(told.status());
    if (to != null) {
      if (told.status() == 429) {
        Refuser.retryAfter(to, retryAfter());
      }
      to.putHeader(HttpHeaders.CONTENT_TYPE, JSON);
      Buffer text = asWritten != null ? asWritten : Buffer.buffer(told(told, error).json());
      var _ = to.end(withoutCredential(text));
    }
  }

  /** Some servers quote what they were sent, and with it the pool's credential. */
  Buffer withoutCredential(Buffer error) {
    Pool from = pool;
    if (from == null || from.keys().isEmpty()) {
      return error;
    }
    String text = error.toString(StandardCharsets.UTF_8);
    String masked = text;
    for (Secret key : from.keys()) {
      masked = masked.replace(key.reveal(), "***");
    }
    return masked.equals(text) ? error : Buffer.buffer(masked);
  }

  private static ErrorBody told(Verdict.Tell told, ReadError error) {
    String refused = "The model server refused the request.";
    return told.renamed()
        ? error.clientsBody(refused)
        : error.body(refused, told.status() == 429 ? "requests" : "invalid_request_error");
  }

  private Duration retryAfter() {
    String given = retryAfter;
    return given != null && SECONDS.matcher(given).matches()
        ? Duration.ofSeconds(Integer.parseInt(given))
        : Duration.ofSeconds(1);
  }

  /** Whom the heads were written for; null: nobody. */
  private @Nullable HttpServerResponse heads(int told) {
    status = told;
    firstByteNanos = sinceStart();
    HttpServerResponse to = response;
    if (to == null) {
      return null;
    }
    to.setStatusCode(told);
    MultiMap headers = to.headers();
    marks.write(headers);
    headers.set(CACHE, cache.label());
    headers.set(ATTEMPTS, Integer.toString(attempt));
    if (processingMs != null) {
      headers.set(PROCESSING_MS, processingMs);
    }
    Pool from = pool;
    if (from != null) {
      headers.set(POOL, from.name());
    }
    if (backend != null) {
      headers.set(BACKEND, backend);
    }
    return to;
  }

  private static String usd(long micros) {
    return BigDecimal.valueOf(micros, MICROS_PER_USD_DIGITS).toPlainString();
  }

  private long sinceStart() {
    return Math.max(1, System.nanoTime() - call.startNanos());
  }
}
