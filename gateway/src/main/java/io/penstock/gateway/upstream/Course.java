package io.penstock.gateway.upstream;

import io.penstock.gateway.call.Hop;
import io.penstock.gateway.call.Turn;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.RequestOptions;

/** Whom an {@link Attempt} serves: it gives what is to be sent, and is told what comes. */
interface Course {
  Hop hop(Turn to);

  RequestOptions head(Connections.Origin origin, Turn to);

  Buffer body(Turn to);

  /** The request is on its way. */
  void sent();

  void head(int status, MultiMap headers);

  void data(Buffer bytes);

  void end();

  /** The body's flow was stopped, or goes on. */
  void paused(boolean now);

  /** The connection broke, or there never was one. */
  void failed(String reason, Throwable cause, boolean mayHaveBeenDead);
}
