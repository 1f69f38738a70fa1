package io.penstock.gateway.upstream;

import io.penstock.gateway.call.Hop;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.call.Valve;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.RequestOptions;
import org.jspecify.annotations.Nullable;

/**
 * One request to one backend over one connection. It knows HTTP and nothing of what follows: every
 * event goes to whom it serves, until it is over.
 *
 * <p>A model server may answer before it has read the whole body and close: then the write fails
 * first. That failure is not looked at; the read side alone says whether there was an answer.
 */
final class Attempt implements Valve {
  private Course course;
  private final Turn turn;
  private final Connections connections;
  private final boolean fresh;

  private Connections.@Nullable Lane lane;
  private Hop hop = Hop.NONE;
  private @Nullable HttpClientRequest request;
  private @Nullable HttpClientResponse response;
  private boolean reused;
  private boolean over;
  private @Nullable Batch batch;

  /**
   * @param fresh whether no kept connection may be used
   */
  Attempt(Course course, Turn turn, Connections connections, boolean fresh) {
    this.course = course;
    this.turn = turn;
    this.connections = connections;
    this.fresh = fresh;
  }

  /** Serves another from now on. */
  void serve(Course other) {
    course = other;
  }

  Course course() {
    return course;
  }

  Turn turn() {
    return turn;
  }

  /** It goes to its server with others. */
  void joined(Batch with) {
    batch = with;
  }

  /** It goes by itself after all. */
  void startAlone(long nowNanos) {
    batch = null;
    if (!over) {
      start(nowNanos);
    }
  }

  /** Its part of an answer that others share. */
  void answered(int status, MultiMap headers, Buffer body) {
    if (!over) {
      course.head(status, headers);
    }
    if (!over) {
      course.data(body);
    }
    if (!over) {
      over = true;
      course.end();
    }
  }

  /** The request that it shared has failed. */
  void batchFailed(String reason, Throwable cause, boolean mayHaveBeenDead) {
    if (!over) {
      over = true;
      course.failed(reason, cause, mayHaveBeenDead);
    }
  }

  void start(long nowNanos) {
    hop = course.hop(turn);
    Connections.Origin origin = connections.origin(turn.backend());
    Connections.Lane idle = fresh ? null : connections.idle(origin, nowNanos);
    if (idle != null) {
      reused = true;
      send(idle);
    } else {
      connections
          .connect(origin)
          .onComplete(this::connected, cause -> failed("connect_failed", cause));
    }
  }

  private void connected(Connections.Lane opened) {
    if (over) {
      connections.release(opened, System.nanoTime());
    } else {
      send(opened);
    }
  }

  private void send(Connections.Lane taken) {
    lane = taken;
    RequestOptions head = course.head(taken.origin, turn);
    hop.mark((name, value) -> head.getHeaders().set(name, value));
    taken
        .connection
        .request(head)
        .onComplete(this::begin, cause -> failed("connection_lost", cause));
  }

  private void begin(HttpClientRequest begun) {
    if (over) {
      var _ = begun.reset();
      return;
    }
    request = begun;
    begun.exceptionHandler(_ -> {});
    begun.response().onComplete(this::head, cause -> failed("connection_lost", cause));
    begun.end(course.body(turn));
    course.sent();
  }

  private void head(HttpClientResponse answer) {
    if (over) {
      return;
    }
    response = answer;
    hop.answered(answer.statusCode());
    answer.handler(this::data);
    answer.endHandler(_ -> end());
    answer.exceptionHandler(cause -> failed("connection_lost", cause));
    course.head(answer.statusCode(), answer.headers());
  }

  private void data(Buffer bytes) {
    if (!over) {
      course.data(bytes);
    }
  }

  /**
   * The connection is given back last: the end of this call may begin another one at once, and what
   * else came with this answer, bytes after it or a close, must not become the answer to that.
   */
  private void end() {
    if (over) {
      return;
    }
    over = true;
    hop.ended(null);
    course.end();
    Connections.Lane used = lane;
    if (used != null && response != null && keepsAlive(response.headers())) {
      connections.release(used, System.nanoTime());
    }
  }

  private static boolean keepsAlive(MultiMap headers) {
    String connection = headers.get(HttpHeaders.CONNECTION);
    return connection == null || !connection.equalsIgnoreCase("close");
  }

  private void failed(String reason, Throwable cause) {
    if (!over) {
      over = true;
      hop.ended(reason);
      course.failed(reason, cause, reused && response == null);
    }
  }

  /**
   * Leaves the backend. The connection is closed, since HTTP/1.1 has no other way to say that an
   * answer is not wanted any more; one that is still being opened is kept for the next call.
   */
  void abandon() {
    boolean underWay = !over;
    over = true;
    Batch with = batch;
    if (with != null) {
      with.left(this);
    }
    hop.ended(null);
    if (underWay && request != null) {
      var _ = request.reset();
    }
  }

  /** What is wrong with the answer, where its bytes alone did not say it. */
  void judged(String reason) {
    hop.ended(reason);
  }

  @Override
  public void pause() {
    if (response != null) {
      response.pause();
      course.paused(true);
    }
  }

  @Override
  public void resume() {
    if (response != null) {
      response.resume();
      course.paused(false);
    }
  }
}
