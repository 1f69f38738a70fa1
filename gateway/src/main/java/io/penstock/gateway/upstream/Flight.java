package io.penstock.gateway.upstream;

import io.penstock.config.Timeouts;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Hop;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Seated;
import io.penstock.gateway.call.Taken;
import io.penstock.gateway.call.Turn;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One call on its way through backends: attempt after attempt, until the sink has an answer for the
 * client or nothing is left to try. Until the client has a byte, another attempt is free:
 *
 * <ul>
 *   <li>a kept connection that breaks before the answer's head was dead already, as keep-alive
 *       connections are now and then: the same backend is asked again over a new one, once;
 *   <li>any other failure sends the call elsewhere, where {@link Seats} knows a place and the pool
 *       may retry yet, after a {@link Backoff};
 *   <li>an answer that the caller asks too much goes to the client only where there is no such
 *       place: another backend, or the pool's other credential.
 * </ul>
 *
 * <p>A first token that is late sends the call elsewhere once, as a failure does; the second one
 * that is late ends it, since its client has waited long enough. Before that, where its pool
 * hedges, a {@link Rival} is sent out beside the attempt, and the first content of either is the
 * answer. The turn of every attempt is ended exactly once, here or by the rival.
 */
public final class Flight implements Course {
  private static final int MAX_ATTEMPTS = 4;
  private static final int TOO_MANY = 429;
  private static final String CONNECT_TIMEOUT = "connect_timeout";
  private static final Set<String> UNREACHED = Set.of("connect_failed", CONNECT_TIMEOUT);
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(15);

  /** How far the call is, as metrics name it. */
  public enum State {
    CONNECTING("connecting"),
    WAITING("waiting"),
    STREAMING("streaming");

    private final String label;

    State(String label) {
      this.label = label;
    }

    public String label() {
      return label;
    }
  }

  /** Its place in {@link Deadlines}; -1 where it has none. */
  int place = -1;

  private final Upstream upstream;
  private final Call call;
  private final Errand errand;
  private final Seats seats;
  private final AnswerSink sink;
  private final Landing landing;

  private Turn turn;
  private Attempt attempt;
  private boolean triedAfresh;

  /** Whether some backend was there to take the call. */
  private boolean reached;

  private boolean wasLate;
  private boolean hedged;
  private @Nullable Rival rival;
  private int attempts;
  private State state = State.CONNECTING;
  private boolean headSeen;
  private boolean paused;
  private boolean over;

  private long startedNanos;
  private long sentNanos;
  private long heardNanos;
  private long quietNanos;
  private long dispatchedNanos;

  Flight(
      Upstream upstream, Errand errand, Turn first, Seats seats, AnswerSink sink, Landing landing) {
    this.upstream = upstream;
    this.errand = errand;
    this.call = errand.call();
    this.seats = seats;
    this.sink = sink;
    this.landing = landing;
    this.turn = first;
    this.attempt = new Attempt(this, first, upstream.connections(), false);
  }

  public void start() {
    upstream.deadlines().add(this);
    launch(attempt);
  }

  private void launch(Attempt next) {
    attempt = next;
    attempts++;
    state = State.CONNECTING;
    headSeen = false;
    paused = false;
    startedNanos = System.nanoTime();
    if (attempts > 1 || !upstream.batches().take(call, turn, next, startedNanos)) {
      next.start(startedNanos);
    }
  }

  /** The last turn that was taken. */
  public Turn turn() {
    return turn;
  }

  /** How many requests were begun. */
  public int attempts() {
    return attempts;
  }

  public State state() {
    return state;
  }

  /** When the call was first sent to a backend, from the call's start; 0 where it never was. */
  public long dispatchNanos() {
    return dispatchedNanos == 0 ? 0 : dispatchedNanos - call.startNanos();
  }

  /** The client has gone: whatever is under way ends now, and nothing is reported. */
  public void cancel() {
    if (!over) {
      attempt.abandon();
      finish(Turn.Ended.ABANDONED);
    }
  }

  /** Ends the call from outside, as if its backend had broken off; nothing else is tried. */
  void interrupt(String reason, String message) {
    if (!over) {
      attempt.abandon();
      if (headSeen) {
        settle(sink.cut(reason, message), reason);
      } else {
        fail(new Refusal.UpstreamFailed(turn.pool().name(), message), reason);
      }
    }
  }

  // What the attempt needs.

  @Override
  public Hop hop(Turn to) {
    return errand.trace().hop(to);
  }

  @Override
  public RequestOptions head(Connections.Origin origin, Turn to) {
    return RequestHeads.of(origin, call, to, errand.clientHeaders());
  }

  @Override
  public Buffer body(Turn to) {
    return errand.bodies().body(call, to.pool());
  }

  // What the attempt tells.

  @Override
  public void sent() {
    sentNanos = System.nanoTime();
    state = State.WAITING;
    if (dispatchedNanos == 0) {
      dispatchedNanos = sentNanos;
    }
  }

  @Override
  public void head(int status, MultiMap headers) {
    headSeen = true;
    heardNanos = System.nanoTime();
    quietNanos = heardNanos;
    try {
      Restraint.heed(turn, status, headers, Instant.now());
      if (status == TOO_MANY && !sink.committed() && instead()) {
        return;
      }
      took(sink.head(turn, attempts, status, headers, attempt));
    } catch (RuntimeException | LinkageError bug) {
      crash(bug);
    }
  }

  @Override
  public void data(Buffer bytes) {
    heardNanos = System.nanoTime();
    quietNanos = heardNanos;
    try {
      took(sink.data(bytes));
    } catch (RuntimeException | LinkageError bug) {
      crash(bug);
    }
  }

  @Override
  public void end() {
    try {
      settle(sink.end(), "incomplete");
    } catch (RuntimeException | LinkageError bug) {
      crash(bug);
    }
  }

  @Override
  public void paused(boolean now) {
    paused = now;
    heardNanos = System.nanoTime();
  }

  @Override
  public void failed(String reason, Throwable cause, boolean mayHaveBeenDead) {
    try {
      if (headSeen) {
        settle(sink.cut(reason, "The model server broke off."), reason);
      } else if (mayHaveBeenDead && !triedAfresh) {
        triedAfresh = true;
        launch(new Attempt(this, turn, upstream.connections(), true));
      } else {
        Upstream.log(turn, reason, cause);
        elsewhere(new Taken.Unusable(reason, "The model server could not be reached.", true));
      }
    } catch (RuntimeException | LinkageError bug) {
      crash(bug);
    }
  }

  // What follows.

  private void took(Taken taken) {
    switch (taken) {
      case Taken.Progress.WAITING -> {}
      case Taken.Progress.FLOWING -> flows();
      case Taken.Progress.DONE, Taken.Progress.BROKEN -> {
        attempt.abandon();
        settle(taken, "stream_error");
      }
      case Taken.Unusable unusable -> {
        attempt.abandon();
        elsewhere(unusable);
      }
    }
  }

  private void flows() {
    leaveRival("lost");
    if (state != State.STREAMING && call.body().stream()) {
      turn.firstToken();
    }
    state = State.STREAMING;
  }

  /** Leaves a backend that is well and has no room, for another; false where there is none. */
  private boolean instead() {
    Rival other = rival;
    if (other != null) {
      attempt.abandon();
      turn.end(Turn.Ended.ANSWERED);
      adopt(other, "won");
      return true;
    }
    if (attempts >= MAX_ATTEMPTS || !(seats.another(turn, "status_429") instanceof Turn next)) {
      return false;
    }
    attempt.abandon();
    turn.end(Turn.Ended.ANSWERED);
    reached = true;
    relaunch(next);
    return true;
  }

  /** The turn is taken already; it is left where it is if the call ends meanwhile. */
  private void relaunch(Turn next) {
    turn = next;
    triedAfresh = false;
    state = State.CONNECTING;
    headSeen = false;
    startedNanos = System.nanoTime();
    Attempt coming = new Attempt(this, next, upstream.connections(), false);
    attempt = coming;
    upstream.afterBackoff(
        attempts,
        () -> {
          if (!over) {
            launch(coming);
          }
        });
  }

  /** Nothing more will come of this attempt. */
  private void settle(Taken taken, String reason) {
    switch (taken) {
      case Taken.Progress.DONE -> {
        finish(Turn.Ended.ANSWERED);
        landing.answered();
      }
      case Taken.Progress.BROKEN -> {
        finish(Turn.Ended.FAILED);
        landing.broken(reason);
      }
      case Taken.Unusable unusable -> elsewhere(unusable);
      case Taken.Progress.WAITING, Taken.Progress.FLOWING ->
          throw new IllegalStateException("the sink neither ended nor refused an ended answer");
    }
  }

  private void elsewhere(Taken.Unusable unusable) {
    elsewhere(unusable, new Refusal.UpstreamFailed(turn.pool().name(), unusable.message()));
  }

  /**
   * @param otherwise what the client is told where there is no other place
   */
  private void elsewhere(Taken.Unusable unusable, Refusal otherwise) {
    Turn failed = turn;
    attempt.judged(unusable.reason());
    failed.end(Turn.Ended.FAILED);
    reached |= !UNREACHED.contains(unusable.reason());
    Rival rivalling = rival;
    if (rivalling != null) {
      adopt(rivalling, "won");
      return;
    }
    Seated other =
        unusable.elsewhere() && attempts < MAX_ATTEMPTS
            ? seats.another(failed, unusable.reason())
            : otherwise;
    switch (other) {
      case Turn next -> relaunch(next);
      case Refusal no -> {
        land();
        landing.failed(nothingLeft(failed, otherwise, no), unusable.reason());
      }
    }
  }

  /** A backend that fails is one thing; that none is there, which is safe to repeat, another. */
  private Refusal nothingLeft(Turn failed, Refusal otherwise, Refusal no) {
    if (reached) {
      return otherwise;
    }
    return no instanceof Refusal.NoBackend none
        ? none
        : new Refusal.NoBackend(failed.pool().name(), RETRY_AFTER);
  }

  private void fail(Refusal refusal, String reason) {
    finish(Turn.Ended.FAILED);
    landing.failed(refusal, reason);
  }

  /**
   * A bug, or a class that could not be loaded, as when no file can be opened. The client is told
   * whatever else goes wrong.
   */
  private void crash(Throwable bug) {
    if (over) {
      throw new IllegalStateException("after the flight's end", bug);
    }
    attempt.abandon();
    try {
      finish(Turn.Ended.ABANDONED);
    } catch (RuntimeException | LinkageError another) {
      bug.addSuppressed(another);
    }
    landing.crashed(bug);
  }

  private void finish(Turn.Ended how) {
    land();
    turn.end(how);
  }

  private void land() {
    over = true;
    leaveRival("cancelled");
    upstream.deadlines().remove(this);
  }

  // The second attempt.

  private boolean mayHedge(long now) {
    long after = errand.hedging().afterNanos();
    return after > 0
        && !hedged
        && state == State.WAITING
        && now - sentNanos > after
        && attempts < MAX_ATTEMPTS
        && !sink.committed();
  }

  private void hedge() {
    hedged = true;
    if (seats.beside(turn) instanceof Turn next) {
      attempts++;
      AnswerSink judge = errand.hedging().judge().get();
      Rival sent = new Rival(this, next, upstream.connections(), judge, attempts);
      rival = sent;
      sent.start();
    }
  }

  /** It has brought content before the flight's own attempt has. */
  void rivalWon(Rival winner) {
    attempt.abandon();
    turn.end(Turn.Ended.ABANDONED);
    adopt(winner, "won");
  }

  void rivalFailed(Rival loser) {
    rival = null;
    raced(loser.turn(), "failed", loser.startedNanos());
  }

  /** Goes on with it in the place of an attempt that is over. */
  private void adopt(Rival other, String outcome) {
    Turn before = turn;
    seats.raced(before, before, outcome, System.nanoTime() - startedNanos);
    rival = null;
    turn = other.turn();
    attempt = other.attempt();
    other.joins();
    triedAfresh = true;
    startedNanos = other.startedNanos();
    sentNanos = other.sentNanos();
    heardNanos = System.nanoTime();
    quietNanos = heardNanos;
    headSeen = other.headers() != null;
    paused = false;
    state = sentNanos == 0 ? State.CONNECTING : State.WAITING;
    replay(other);
  }

  /** What it had brought already is the beginning of the answer. */
  private void replay(Rival other) {
    MultiMap headers = other.headers();
    if (headers == null) {
      return;
    }
    Attempt mine = attempt;
    took(sink.head(turn, attempts, 200, headers, mine));
    for (Buffer bytes : other.kept()) {
      if (over || attempt != mine) {
        return;
      }
      took(sink.data(bytes));
    }
    if (other.ended() && !over && attempt == mine) {
      settle(sink.end(), "incomplete");
    }
  }

  private void leaveRival(String outcome) {
    Rival other = rival;
    if (other != null) {
      rival = null;
      other.leave(Turn.Ended.ABANDONED);
      raced(other.turn(), outcome, other.startedNanos());
    }
  }

  private void raced(Turn loser, String outcome, long sinceNanos) {
    seats.raced(turn, loser, outcome, System.nanoTime() - sinceNanos);
  }

  /** A step of the rival's, whose bugs end the flight as its own do. */
  void guarded(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | LinkageError bug) {
      crash(bug);
    }
  }

  // Time.

  void tick(long now) {
    try {
      check(now, turn.pool().timeouts());
    } catch (RuntimeException | LinkageError bug) {
      crash(bug);
    }
  }

  private void check(long now, Timeouts limits) {
    Rival other = rival;
    if (other != null) {
      other.tick(now, limits);
    } else if (mayHedge(now)) {
      hedge();
    }
    if (state == State.CONNECTING) {
      if (passed(limits.connect().plus(collecting()), startedNanos, now)) {
        attempt.abandon();
        elsewhere(
            new Taken.Unusable(CONNECT_TIMEOUT, "The model server could not be reached.", true));
      }
    } else if (passed(limits.total(), sentNanos, now)) {
      late("total_timeout", "The answer took too long.", limits.total());
    } else if (call.directives().deadlineMillis() > 0
        && now - call.startNanos()
            > TimeUnit.MILLISECONDS.toNanos(call.directives().deadlineMillis())) {
      late(
          "deadline",
          "The request's deadline has passed.",
          Duration.ofMillis(call.directives().deadlineMillis()));
    } else if (state == State.WAITING && passed(limits.firstToken(), sentNanos, now)) {
      lateFirstToken(limits.firstToken());
    } else if (state == State.STREAMING
        && !paused
        && passed(limits.betweenTokens(), heardNanos, now)) {
      late("token_timeout", "The model server fell silent.", limits.betweenTokens());
    } else if (headSeen && !paused && now - quietNanos > QUIET_NANOS) {
      quietNanos = now;
      sink.quiet();
    }
  }

  /** What a call may be kept for others before its server is asked. */
  private Duration collecting() {
    var batch = turn.pool().batch();
    return batch.on() ? batch.await() : Duration.ZERO;
  }

  private static boolean passed(Duration limit, long sinceNanos, long nowNanos) {
    return nowNanos - sinceNanos > limit.toNanos();
  }

  private void lateFirstToken(Duration limit) {
    String reason = "first_token_timeout";
    String message = "The first token came too late.";
    if (sink.committed()) {
      late(reason, message, limit);
    } else {
      attempt.abandon();
      boolean first = !wasLate;
      wasLate = true;
      elsewhere(
          new Taken.Unusable(reason, message, first),
          new Refusal.UpstreamTimeout(turn.pool().name(), limit));
    }
  }

  private void late(String reason, String message, Duration limit) {
    attempt.abandon();
    if (sink.committed()) {
      settle(sink.cut(reason, message), reason);
    } else {
      fail(new Refusal.UpstreamTimeout(turn.pool().name(), limit), reason);
    }
  }
}
