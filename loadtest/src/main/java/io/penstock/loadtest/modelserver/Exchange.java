package io.penstock.loadtest.modelserver;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** One request and its answer, written byte by byte as the quirks want it. */
final class Exchange {
  private final Connection connection;
  private final HttpRequest head;
  private final Buffer body;
  private final Set<Quirk> quirks;
  private final List<Runnable> whenLeft = new ArrayList<>();
  private Buffer held = Buffer.buffer();
  private int heldEvents;
  private long events;
  private boolean streaming;
  private boolean over;

  Exchange(Connection connection, HttpRequest head, Buffer body, Set<Quirk> quirks) {
    this.connection = connection;
    this.head = head;
    this.body = body;
    this.quirks = quirks;
  }

  String method() {
    return head.method().name();
  }

  String target() {
    return head.uri();
  }

  String path() {
    int query = head.uri().indexOf('?');
    return query < 0 ? head.uri() : head.uri().substring(0, query);
  }

  HttpHeaders headers() {
    return head.headers();
  }

  Buffer body() {
    return body;
  }

  boolean isStreaming() {
    return streaming;
  }

  /** The answer is complete, or its client has left. */
  boolean isOver() {
    return over;
  }

  /** Runs when the client goes away before the answer is complete. */
  void whenLeft(Runnable action) {
    whenLeft.add(action);
  }

  void json(int status, JsonObject body) {
    answer(status, "application/json", body.encode());
  }

  void fail(ApiError error) {
    json(error.status(), error.body(quirks));
  }

  void answer(int status, String contentType, String text) {
    var bytes = Buffer.buffer(text);
    if (!over) {
      connection.write(headOf(status, contentType, bytes.length()).appendBuffer(bytes));
      end();
    }
  }

  /** The head and half of the body, and no more. */
  void half(int status, String contentType, String text) {
    var bytes = Buffer.buffer(text);
    if (!over) {
      connection.write(
          headOf(status, contentType, bytes.length())
              .appendBuffer(bytes.slice(0, bytes.length() / 2)));
    }
  }

  private Buffer headOf(int status, String contentType, int length) {
    return statusLine(status)
        .appendString("content-length: " + length + "\r\n")
        .appendString("content-type: " + contentType + "\r\n")
        .appendString(status == 429 || status == 503 ? "retry-after: 1\r\n" : "")
        .appendString("\r\n");
  }

  private Buffer statusLine(int status) {
    return Buffer.buffer()
        .appendString("HTTP/1.1 " + status + " " + reason(status) + "\r\n")
        .appendString("date: " + connection.date() + "\r\nserver: uvicorn\r\n")
        .appendString(
            quirks.contains(Quirk.CLOSE_AFTER_STREAM) ? "Keep-Alive: timeout=5, max=100\r\n" : "")
        .appendString(connection.closesAfter(head) ? "connection: close\r\n" : "");
  }

  private static String reason(int status) {
    return HttpResponseStatus.valueOf(status).reasonPhrase();
  }

  /** Sends a stream's head, once. */
  void openStream() {
    if (streaming || over) {
      return;
    }
    streaming = true;
    connection.write(
        statusLine(200)
            .appendString("content-type: text/event-stream; charset=utf-8\r\n")
            .appendString("transfer-encoding: chunked\r\n\r\n"));
    comment();
  }

  /** Sends one event, after the head where that was not sent yet. */
  void event(String data) {
    openStream();
    if (over) {
      return;
    }
    String end = quirks.contains(Quirk.CRLF_FRAMES) ? "\r\n\r\n" : "\n\n";
    held.appendString("data: ").appendString(data).appendString(end);
    heldEvents++;
    if (heldEvents >= (quirks.contains(Quirk.TWO_EVENTS_PER_CHUNK) ? 2 : 1)) {
      flush();
    }
    if (++events % 3 == 0) {
      comment();
    }
  }

  private void comment() {
    if (quirks.contains(Quirk.SSE_COMMENTS)) {
      chunk(Buffer.buffer(quirks.contains(Quirk.CRLF_FRAMES) ? ":\r\n\r\n" : ":\n\n"));
    }
  }

  private void flush() {
    if (held.length() > 0) {
      chunk(held);
      held = Buffer.buffer();
      heldEvents = 0;
    }
  }

  private void chunk(Buffer bytes) {
    connection.write(
        Buffer.buffer(bytes.length() + 16)
            .appendString(Integer.toHexString(bytes.length()) + "\r\n")
            .appendBuffer(bytes)
            .appendString("\r\n"));
  }

  /** Ends the stream as a complete one. */
  void endStream() {
    if (over) {
      return;
    }
    if (!quirks.contains(Quirk.NO_DONE)) {
      event("[DONE]");
    }
    flush();
    connection.write(Buffer.buffer("0\r\n\r\n"));
    end();
    if (quirks.contains(Quirk.CLOSE_AFTER_STREAM)) {
      connection.close();
    }
  }

  /** Bytes that are no HTTP, and the end of the connection. */
  void garbage() {
    connection.write(
        Buffer.buffer("\0\1\2 this is not HTTP \r\n\r\n\3".getBytes(StandardCharsets.ISO_8859_1)));
    cut();
  }

  /** Closes the connection where the answer stands. */
  void cut() {
    flush();
    over = true;
    connection.close();
  }

  void reset() {
    over = true;
    connection.reset();
  }

  private void end() {
    over = true;
    connection.ended(head);
  }

  void left() {
    if (!over) {
      over = true;
      whenLeft.forEach(Runnable::run);
    }
  }
}
