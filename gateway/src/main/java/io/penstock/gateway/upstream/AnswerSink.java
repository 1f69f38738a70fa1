package io.penstock.gateway.upstream;

import io.penstock.gateway.call.Taken;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.call.Valve;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;

/**
 * Where the answer of a backend goes. The flight pushes; attempt after attempt begins with a {@link
 * #head}, until one answer is the client's. All on one loop.
 */
public interface AnswerSink {

  /**
   * A backend answers.
   *
   * @param turn whose answer it is
   * @param attempt its number, from 1
   * @param status the answer's HTTP status
   * @param headers the answer's headers
   * @param valve stops and starts the body's flow
   */
  Taken head(Turn turn, int attempt, int status, MultiMap headers, Valve valve);

  /** A part of the body, as it was read. */
  Taken data(Buffer bytes);

  /** The body is whole, as far as HTTP can tell. */
  Taken end();

  /** No more of the body will come, and HTTP says that it is not whole. */
  Taken cut(String reason, String message);

  /** Nothing came for a while; the client may want to see that it is not forgotten. */
  void quiet();

  /** Whether the client has any byte of an answer, so that no other backend may be asked. */
  boolean committed();
}
