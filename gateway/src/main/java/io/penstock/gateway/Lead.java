package io.penstock.gateway;

import io.penstock.gateway.cache.AnswerCache;
import io.penstock.gateway.cache.CacheKey;
import io.penstock.gateway.cache.Question;
import io.penstock.gateway.cache.Recording;
import io.penstock.gateway.cache.Recording.Over;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Taken;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.call.Valve;
import io.penstock.gateway.relay.Outgoing;
import io.penstock.gateway.upstream.AnswerSink;
import io.penstock.gateway.upstream.Landing;
import io.vertx.core.Context;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The call that asks a model server, for itself and for all who ask the same meanwhile. What comes
 * is judged once, by an {@link Outgoing} that sends nothing; once it is good for the clients they
 * read it from the recording, the leader's own client among them. So that client may be slow, or
 * leave, without the others noticing. All on the leader's loop.
 */
final class Lead implements AnswerSink, Landing, Passenger.Ride {
  /** How long those who are far behind are left alone before it is looked whether they read. */
  private static final long LOOK_MILLIS = 1000;

  private final Context context = Objects.requireNonNull(Vertx.currentContext());
  private final AnswerCache cache;
  private final Question question;
  private final CacheKey key;
  private final Recording recording;
  private final Visit visit;
  private final Outgoing own;
  private final Outgoing judge;

  private @Nullable Turn turn;
  private @Nullable MultiMap headers;
  private @Nullable Valve valve;
  private int attempt;
  private int status;
  private boolean watching;

  /**
   * @param own writes to the leader's client
   * @param judge writes to nobody
   */
  Lead(
      AnswerCache cache,
      Question question,
      CacheKey key,
      Recording recording,
      Visit visit,
      Outgoing own,
      Outgoing judge) {
    this.cache = cache;
    this.question = question;
    this.key = key;
    this.recording = recording;
    this.visit = visit;
    this.own = own;
    this.judge = judge;
    recording.whenAbandoned(() -> context.runOnContext(_ -> visit.abandoned()));
  }

  /** What is known of the answer, however far the leader's client has read. */
  Outgoing judge() {
    return judge;
  }

  /** Nothing will come of it; who waits for it tries again. */
  void giveUp() {
    cache.drop(question, key, recording);
    recording.close(
        new Over.Failed(
            new Refusal.UpstreamFailed(pool(), "The model server could not be asked."), "leader"));
  }

  private String pool() {
    Turn last = turn;
    return last == null ? "none" : last.pool().name();
  }

  // What the backend sends.

  @Override
  public Taken head(Turn from, int number, int answered, MultiMap given, Valve flow) {
    turn = from;
    attempt = number;
    status = answered;
    headers = given;
    valve = flow;
    recording.begin(new Recording.Head(from.pool(), from.backend().id(), answered, given));
    return judge.head(from, number, answered, given, flow);
  }

  @Override
  public Taken data(Buffer bytes) {
    recording.add(bytes.getBytes());
    Taken taken = judge.data(bytes);
    if (taken == Taken.Progress.FLOWING && judge.streamed()) {
      recording.open();
    }
    closeIfOver(taken, new Over.Ended());
    Valve source = valve;
    if (source != null && recording.isFarAhead(() -> context.runOnContext(_ -> source.resume()))) {
      source.pause();
      watchTheSlow();
    }
    return taken;
  }

  private void watchTheSlow() {
    if (!watching) {
      watching = true;
      context
          .owner()
          .setTimer(
              LOOK_MILLIS,
              _ -> {
                watching = false;
                if (recording.stillWaits()) {
                  watchTheSlow();
                }
              });
    }
  }

  @Override
  public Taken end() {
    Taken taken = judge.end();
    if (taken == Taken.Progress.DONE && status == 200) {
      long microUsd = visit.microUsd(Objects.requireNonNull(turn), judge.usage());
      recording.costs(microUsd);
      cache.keep(question, key, recording, judge.usage(), microUsd);
      recording.close(new Over.Ended());
    } else {
      closeIfOver(taken, new Over.Ended());
    }
    return taken;
  }

  @Override
  public Taken cut(String reason, String message) {
    Taken taken = judge.cut(reason, message);
    closeIfOver(taken, new Over.Cut(reason, message));
    return taken;
  }

  private void closeIfOver(Taken taken, Over how) {
    if (taken == Taken.Progress.DONE || taken == Taken.Progress.BROKEN) {
      cache.drop(question, key, recording);
      recording.close(how);
    }
  }

  @Override
  public void quiet() {
    judge.quiet();
    if (judge.committed()) {
      recording.quiet();
    }
  }

  @Override
  public boolean committed() {
    return judge.committed();
  }

  // How the flight ends.

  @Override
  public void answered() {
    visit.landed();
  }

  @Override
  public void broken(String reason) {
    visit.landed();
  }

  @Override
  public void failed(Refusal refusal, String reason) {
    cache.drop(question, key, recording);
    visit.landed();
    visit.failed(refusal, reason);
    recording.close(new Over.Failed(refusal, reason));
  }

  @Override
  public void crashed(Throwable bug) {
    giveUp();
    visit.landed();
    visit.crashed(bug);
  }

  // The leader's own client.

  @Override
  public Taken begin(Valve flow) {
    return own.head(
        Objects.requireNonNull(turn), attempt, status, Objects.requireNonNull(headers), flow);
  }

  @Override
  public Outgoing outgoing() {
    return own;
  }

  @Override
  public boolean takes(@Nullable Over how) {
    return !(how instanceof Over.Failed);
  }

  @Override
  public void arrived(Taken taken, String reason) {
    if (taken == Taken.Progress.DONE) {
      visit.answered();
    } else {
      visit.broken(reason);
    }
  }

  @Override
  public void stranded(Over how) {
    visit.failed(Follower.refusal(how, pool()), Follower.reason(how));
  }
}
