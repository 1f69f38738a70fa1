package io.penstock.gateway.accept;

import io.penstock.config.Server;
import io.penstock.gateway.call.ClientGone;
import io.penstock.gateway.call.Refusal;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;

/**
 * One body on its way in, on its request's event loop. It takes memory for what has come, not for
 * what a header announces, and never more than the limit.
 *
 * <p>When it is refused, or not wanted, what the client still sends is thrown away for a while: to
 * close the connection under a client that is still writing would reset it, and the refusal would
 * be lost before it was read. Past {@link #LINGER} or the size limit the connection is closed (an
 * HTTP/2 stream is reset).
 *
 * <p>A timer costs more than the rest of a small body that came with its head. So it is set by a
 * task that runs when the loop has read what was there, and only if the body is not whole by then.
 */
final class Upload {
  static final Duration LINGER = Duration.ofSeconds(5);

  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
  private static final int FIRST_BYTES = 64 << 10;
  private static final byte[] NONE = {};

  private final HttpServerRequest request;
  private final BodyMemory memory;
  private final Context context;
  private final int maxBytes;
  private final Duration timeout;
  private final Promise<Uploaded> promise = Promise.promise();

  private State state = State.READING;
  private byte[] bytes = NONE;
  private int length;
  private long announcedBytes;
  private long discardedBytes;
  private long timer = -1;

  Upload(HttpServerRequest request, Server server, BodyMemory memory) {
    this.memory = memory;
    this.request = request;
    this.context = Objects.requireNonNull(Vertx.currentContext(), "not on an event loop");
    this.maxBytes = (int) Math.min(server.maxBodyBytes(), Integer.MAX_VALUE - Long.BYTES);
    this.timeout = server.bodyTimeout();
  }

  /** Reads the body; fails with {@link ClientGone} alone. */
  Future<Uploaded> read() {
    announcedBytes = contentLength();
    if (announcedBytes > maxBytes) {
      promise.complete(new Broken(new Refusal.TooLarge(maxBytes)));
      discard();
    } else {
      listen();
    }
    return promise.future();
  }

  /** Throws the body away. */
  void discard() {
    state = State.DISCARDING;
    bytes = NONE;
    if (!request.isEnded()) {
      listen();
    }
  }

  private void listen() {
    request.handler(this::chunk).endHandler(_ -> end()).exceptionHandler(_ -> gone());
    context.runOnContext(_ -> startTimer());
  }

  private long contentLength() {
    String announced = request.headers().get(HttpHeaders.CONTENT_LENGTH);
    try {
      return announced == null ? -1 : Long.parseLong(announced.strip());
    } catch (NumberFormatException _) {
      return -1;
    }
  }

  private void chunk(Buffer chunk) {
    switch (state) {
      case READING -> append(chunk);
      case DISCARDING -> {
        discardedBytes += chunk.length();
        if (discardedBytes > maxBytes) {
          cutOff();
        }
      }
      case DONE -> {}
    }
  }

  private void append(Buffer chunk) {
    long needed = (long) length + chunk.length();
    if (needed > maxBytes) {
      refuse(new Refusal.TooLarge(maxBytes));
      return;
    }
    if (needed > bytes.length) {
      int capacity = capacity((int) needed);
      if (capacity > FIRST_BYTES && !memory.take(request, capacity - bytes.length)) {
        refuse(new Refusal.NoMemory(RETRY_AFTER));
        return;
      }
      bytes = Arrays.copyOf(bytes, capacity);
    }
    chunk.getBytes(bytes, length);
    length = (int) needed;
  }

  private int capacity(int needed) {
    long most = announcedBytes >= needed ? announcedBytes : maxBytes;
    long wanted = bytes.length == 0 && announcedBytes > 0 ? FIRST_BYTES : 2L * bytes.length;
    return (int) Math.max(needed, Math.min(wanted, most));
  }

  private void end() {
    stopTimer();
    if (state == State.READING) {
      state = State.DONE;
      promise.complete(new Whole(bytes, length));
    }
    state = State.DONE;
  }

  private void gone() {
    stopTimer();
    if (state == State.READING) {
      state = State.DONE;
      bytes = NONE;
      promise.fail(new ClientGone());
    }
    state = State.DONE;
  }

  private void refuse(Refusal refusal) {
    stopTimer();
    state = State.DISCARDING;
    bytes = NONE;
    startTimer();
    promise.complete(new Broken(refusal));
  }

  private void startTimer() {
    if (state != State.DONE && timer < 0) {
      var delay = state == State.READING ? timeout : LINGER;
      timer = context.owner().setTimer(Math.max(1, delay.toMillis()), _ -> late());
    }
  }

  private void stopTimer() {
    if (timer >= 0) {
      context.owner().cancelTimer(timer);
      timer = -1;
    }
  }

  private void late() {
    timer = -1;
    switch (state) {
      case READING -> refuse(new Refusal.UploadTimeout(timeout));
      case DISCARDING -> cutOff();
      case DONE -> {}
    }
  }

  private void cutOff() {
    stopTimer();
    state = State.DONE;
    if (request.version() == HttpVersion.HTTP_2) {
      request.response().reset(0);
    } else {
      request.connection().close();
    }
  }

  /** What came of it. */
  sealed interface Uploaded {}

  /** All of it is here; the array may be longer. */
  @SuppressWarnings("ArrayRecordComponent")
  record Whole(byte[] bytes, int length) implements Uploaded {}

  /** It was too large or too slow. */
  record Broken(Refusal refusal) implements Uploaded {}

  private enum State {
    READING,
    DISCARDING,
    DONE
  }
}
