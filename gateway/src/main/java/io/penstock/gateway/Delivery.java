package io.penstock.gateway;

import io.penstock.gateway.call.Taken;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.call.Valve;
import io.penstock.gateway.relay.Outgoing;
import io.penstock.gateway.upstream.AnswerSink;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;

/** Joins the upstream stage to the relay, which do not know each other. */
record Delivery(Outgoing outgoing) implements AnswerSink {
  @Override
  public Taken head(Turn turn, int attempt, int status, MultiMap headers, Valve valve) {
    return outgoing.head(turn, attempt, status, headers, valve);
  }

  @Override
  public Taken data(Buffer bytes) {
    return outgoing.data(bytes);
  }

  @Override
  public Taken end() {
    return outgoing.end();
  }

  @Override
  public Taken cut(String reason, String message) {
    return outgoing.cut(reason, message);
  }

  @Override
  public void quiet() {
    outgoing.quiet();
  }

  @Override
  public boolean committed() {
    return outgoing.committed();
  }
}
