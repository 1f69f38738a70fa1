package io.penstock.gateway.upstream;

import io.penstock.config.Timeouts;
import io.penstock.gateway.call.Hop;
import io.penstock.gateway.call.Taken;
import io.penstock.gateway.call.Turn;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.RequestOptions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The second attempt at a first token that is late, beside a flight's own. What comes is kept and
 * judged; with the first content the flight goes on with it, and what was kept is the beginning of
 * its answer. What comes to nothing is forgotten: the flight's own attempt is still there.
 */
final class Rival implements Course {
  private static final int OK = 200;

  private final Flight flight;
  private final Turn turn;
  private final Attempt attempt;
  private final AnswerSink judge;
  private final int number;
  private final List<Buffer> kept = new ArrayList<>();
  private final long startedNanos = System.nanoTime();
  private long sentNanos;
  private @Nullable MultiMap headers;
  private boolean ended;
  private boolean over;

  /**
   * @param number of the attempt, from 1
   */
  Rival(Flight flight, Turn turn, Connections connections, AnswerSink judge, int number) {
    this.flight = flight;
    this.turn = turn;
    this.judge = judge;
    this.number = number;
    // A kept connection that turns out to be dead would have to be tried again.
    this.attempt = new Attempt(this, turn, connections, true);
  }

  void start() {
    attempt.start(startedNanos);
  }

  Turn turn() {
    return turn;
  }

  Attempt attempt() {
    return attempt;
  }

  long startedNanos() {
    return startedNanos;
  }

  /** When the request was sent; 0: not yet. */
  long sentNanos() {
    return sentNanos;
  }

  /** The head of a good answer; null where none has come. */
  @Nullable MultiMap headers() {
    return headers;
  }

  /** The body so far. */
  List<Buffer> kept() {
    return kept;
  }

  /** Whether the body is whole. */
  boolean ended() {
    return ended;
  }

  /** Nobody wants it any more. */
  void leave(Turn.Ended how) {
    over = true;
    attempt.abandon();
    turn.end(how);
  }

  /** Its attempt and its turn are the flight's now. */
  void joins() {
    over = true;
    attempt.serve(flight);
  }

  void tick(long now, Timeouts limits) {
    if (sentNanos == 0 && now - startedNanos > limits.connect().toNanos()) {
      lost(Turn.Ended.FAILED);
    }
  }

  private void lost(Turn.Ended how) {
    if (!over) {
      leave(how);
      flight.rivalFailed(this);
    }
  }

  // What the attempt needs and tells.

  @Override
  public Hop hop(Turn to) {
    return flight.hop(to);
  }

  @Override
  public RequestOptions head(Connections.Origin origin, Turn to) {
    return flight.head(origin, to);
  }

  @Override
  public Buffer body(Turn to) {
    return flight.body(to);
  }

  @Override
  public void sent() {
    sentNanos = System.nanoTime();
  }

  @Override
  public void head(int status, MultiMap answer) {
    flight.guarded(() -> {
      Restraint.heed(turn, status, answer, Instant.now());
      if (status == OK) {
        headers = answer;
        took(judge.head(turn, number, status, answer, attempt));
      } else {
        lost(status < 500 ? Turn.Ended.ANSWERED : Turn.Ended.FAILED);
      }
    });
  }

  @Override
  public void data(Buffer bytes) {
    flight.guarded(() -> {
      kept.add(bytes);
      took(judge.data(bytes));
    });
  }

  @Override
  public void end() {
    flight.guarded(() -> {
      ended = true;
      took(judge.end());
    });
  }

  @Override
  public void paused(boolean now) {
    // The judge takes whatever comes.
  }

  @Override
  public void failed(String reason, Throwable cause, boolean mayHaveBeenDead) {
    flight.guarded(() -> {
      Upstream.log(turn, reason, cause);
      lost(Turn.Ended.FAILED);
    });
  }

  private void took(Taken taken) {
    if (over) {
      return;
    }
    switch (taken) {
      case Taken.Progress.WAITING -> {}
      case Taken.Progress.FLOWING, Taken.Progress.DONE -> flight.rivalWon(this);
      case Taken.Progress.BROKEN -> lost(Turn.Ended.FAILED);
      case Taken.Unusable unusable -> {
        attempt.judged(unusable.reason());
        lost(Turn.Ended.FAILED);
      }
    }
  }
}
