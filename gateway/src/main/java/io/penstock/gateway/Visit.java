package io.penstock.gateway;

import static java.lang.System.Logger.Level.ERROR;

import io.netty.buffer.Unpooled;
import io.penstock.config.Pool;
import io.penstock.gateway.cache.Entry;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.ClientGone;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Ending;
import io.penstock.gateway.call.Ending.Outcome;
import io.penstock.gateway.call.Identified;
import io.penstock.gateway.call.LimitState;
import io.penstock.gateway.call.Problem;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Reservation;
import io.penstock.gateway.call.Route;
import io.penstock.gateway.call.Taken;
import io.penstock.gateway.call.Trace;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.call.Usage;
import io.penstock.gateway.call.Valve;
import io.penstock.gateway.relay.Marks;
import io.penstock.gateway.relay.Outgoing;
import io.penstock.gateway.relay.Refuser;
import io.penstock.gateway.upstream.Errand;
import io.penstock.gateway.upstream.Flight;
import io.penstock.gateway.upstream.Hedging;
import io.penstock.gateway.upstream.Landing;
import io.vertx.core.AsyncResult;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request from its head to its end: what is known of it so far, and the one place where it
 * ends. However it ends, its reservation is ended and the account is told, once; what happens to it
 * after that is nobody's business any more. All on one loop.
 */
final class Visit implements Landing {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final Valve NO_VALVE =
      new Valve() {
        @Override
        public void pause() {}

        @Override
        public void resume() {}
      };
  private static final System.Logger LOG = System.getLogger(Visit.class.getName());

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final Stages stages;
  private final long openedNanos = System.nanoTime();
  private final Trace trace;

  private @Nullable Call call;
  private @Nullable Caller caller;
  private @Nullable Demand demand;
  private @Nullable Route route;
  private @Nullable Reservation reservation;
  private @Nullable Outgoing outgoing;
  private @Nullable Fallbacks places;
  private @Nullable Flight flight;

  // Where the answer may be another's, or others may have this one's.
  private @Nullable Passenger passenger;
  private @Nullable Lead lead;
  private @Nullable Pool servedPool;
  private @Nullable String servedBackend;

  /** Where the client was when it left an answer that goes on for others; null: it is there. */
  private @Nullable String departed;

  private boolean ended;

  private Visit(HttpServerRequest request, Stages stages) {
    this.request = request;
    this.response = request.response();
    this.stages = stages;
    this.trace = stages.tracing().begin(request);
  }

  /** A request has come. */
  static Visit open(HttpServerRequest request, Stages stages) {
    Visit visit = new Visit(request, stages);
    stages.account().opened();
    visit.response.closeHandler(_ -> visit.gone());
    visit.response.exceptionHandler(_ -> visit.gone());
    return visit;
  }

  HttpServerRequest request() {
    return request;
  }

  Trace trace() {
    return trace;
  }

  /** A step that goes on with a stage's answer, unless the call has ended meanwhile. */
  <T> Handler<AsyncResult<T>> then(Consumer<T> step) {
    return result -> {
      if (ended) {
        orphan(result);
      } else if (result.failed()) {
        crashed(result.cause());
      } else {
        run(() -> step.accept(result.result()));
      }
    };
  }

  /** What came too late for its call is given back. */
  private static void orphan(AsyncResult<?> result) {
    if (result.succeeded() && result.result() instanceof Reservation late) {
      late.release();
    } else if (result.succeeded() && result.result() instanceof Turn late) {
      late.end(Turn.Ended.ABANDONED);
    }
  }

  private void run(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | LinkageError bug) {
      crashed(bug);
    }
  }

  // What becomes known.

  Identified identified(Identified who) {
    if (who instanceof Caller known) {
      caller = known;
    }
    return who;
  }

  Caller caller() {
    return Objects.requireNonNull(caller);
  }

  Call called(Call known) {
    call = known;
    return known;
  }

  Demand measured(Demand known) {
    demand = known;
    return known;
  }

  Route routed(Route known) {
    route = known;
    return known;
  }

  Reservation admitted(Reservation known) {
    reservation = known;
    return known;
  }

  /** The answer that will be given, marked with what is known. */
  Outgoing answer(Call to, Demand asked) {
    Outgoing opened = new Outgoing(response, to, asked, marks(), this::microUsd);
    outgoing = opened;
    return opened;
  }

  /** The same answer, judged and sent to nobody. */
  Outgoing judge(Call to, Demand asked) {
    return new Outgoing(null, to, asked, Marks.NONE, this::microUsd);
  }

  /** What is sent to a backend. */
  Errand errand(Turn turn) {
    Call to = Objects.requireNonNull(call);
    Demand asked = Objects.requireNonNull(demand);
    Hedging hedging =
        stages.hedging(
            to,
            caller(),
            asked,
            turn,
            () -> new Translated(new Delivery(judge(to, asked)), to.body().stream()));
    return new Errand(to, request.headers(), trace(), stages.bodies(), hedging);
  }

  void fly(Flight sent) {
    flight = sent;
    sent.start();
  }

  /** The answer is read beside others. */
  void aboard(Passenger by) {
    passenger = by;
  }

  /** The call is sent for all who ask the same. */
  void leads(Lead by) {
    lead = by;
  }

  /** The call has no place yet. */
  void waits(Fallbacks at) {
    places = at;
  }

  private Marks marks() {
    return new Marks(
        caller == null ? null : caller.tier().name(),
        demand == null ? null : demand.complexity().level().label(),
        reservation == null ? null : reservation.state());
  }

  private Marks marks(Refusal refusal) {
    LimitState limits =
        refusal instanceof Refusal.RateLimited limited ? limited.state() : marks().limits();
    return new Marks(marks().tier(), marks().complexity(), limits);
  }

  // How it ends.

  /** Penstock says no. */
  void refuse(Refusal refusal) {
    if (!ended) {
      int status = Refuser.refuse(response, refusal, marks(refusal));
      end(Outcome.REFUSED, codeOf(refusal), status, Usage.NONE, false);
    }
  }

  /** What was sent is no request that HTTP knows. */
  void refuse(Problem problem) {
    int status = Refuser.send(response, problem, Marks.NONE);
    end(Outcome.REFUSED, String.valueOf(problem.code()), status, Usage.NONE, false);
  }

  /** The list of models, or one of them. */
  void listed(String json) {
    Refuser.json(response, 200, Buffer.buffer(json));
    end(Outcome.ANSWERED, "models", 200, Usage.NONE, false);
  }

  /** A dry run has its answer. */
  void rehearsed(byte[] json) {
    Refuser.json(response, 200, Buffer.buffer(json));
    end(Outcome.ANSWERED, "dry_run", 200, Usage.NONE, false);
  }

  @Override
  public void answered() {
    Outgoing given = Objects.requireNonNull(outgoing);
    observe(Objects.requireNonNull(flight), given);
    String reason = given.status() < 300 ? "ok" : "upstream_" + given.status();
    end(Outcome.ANSWERED, reason, given.status(), given.usage(), false);
  }

  @Override
  public void broken(String reason) {
    Outgoing given = Objects.requireNonNull(outgoing);
    end(Outcome.FAILED, reason, given.status(), given.usage(), true);
  }

  @Override
  public void failed(Refusal refusal, String reason) {
    if (!ended) {
      int status = Refuser.refuse(response, refusal, marks(refusal));
      end(Outcome.FAILED, reason, status, Usage.NONE, false);
    }
  }

  /**
   * An answer that was kept is given; false where it is of no use after all and the client has none
   * of it. It costs nothing, and the tokens that were reserved are returned.
   */
  boolean replay(Entry entry, Pool pool, Outgoing given) {
    MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    if (!entry.contentType().isEmpty()) {
      headers.set(HttpHeaders.CONTENT_TYPE, entry.contentType());
    }
    Taken taken = given.head(pool, null, 200, headers, NO_VALVE);
    if (taken == Taken.Progress.WAITING) {
      given.data(BufferInternal.buffer(Unpooled.wrappedBuffer(entry.bytes())));
      taken = given.end();
    }
    if (taken != Taken.Progress.DONE) {
      return false;
    }
    served(pool, null, given, entry.microUsd(), "cache_hit");
    return true;
  }

  /** The answer to another's call was given. */
  void shared(Pool pool, String backend, Taken taken, String reason, long microUsd) {
    Outgoing given = Objects.requireNonNull(outgoing);
    if (taken == Taken.Progress.DONE) {
      boolean good = given.status() < 300;
      served(pool, backend, given, microUsd, good ? "coalesced" : "upstream_" + given.status());
    } else {
      servedPool = pool;
      servedBackend = backend;
      end(Outcome.FAILED, reason, given.status(), Usage.NONE, true);
    }
  }

  private void served(
      Pool pool, @Nullable String backend, Outgoing given, long microUsd, String reason) {
    if (ended) {
      return;
    }
    servedPool = pool;
    servedBackend = backend;
    end(Outcome.ANSWERED, reason, given.status(), Usage.NONE, false);
    stages.cache().saved(microUsd);
    stages.account().replayed(caller().tier(), pool, given.usage());
  }

  /** The flight that this call leads is over; whoever paid for it may have left before. */
  void landed() {
    if (departed != null) {
      end(Outcome.CANCELLED, departed, response.getStatusCode(), used(), false);
    }
  }

  /** The last of those for whom the flight went on has left, too. */
  void abandoned() {
    if (departed != null && !ended) {
      Usage used = used();
      stop();
      end(Outcome.CANCELLED, departed, response.getStatusCode(), used, false);
    }
  }

  @Override
  public void crashed(Throwable bug) {
    if (bug instanceof ClientGone) {
      gone();
      return;
    }
    LOG.log(ERROR, "a bug, in " + (call == null ? "a request" : call), bug);
    if (ended) {
      return;
    }
    boolean begun = response.headWritten();
    Usage used = used();
    stop();
    if (begun) {
      response.reset();
    } else if (!response.ended()) {
      Refuser.bug(response, marks());
    }
    end(Outcome.FAILED, "internal_error", begun ? response.getStatusCode() : 500, used, begun);
  }

  /** The client went away: the work at the backend ends now. */
  private void gone() {
    if (ended || departed != null) {
      return;
    }
    String state = state();
    Usage used = used();
    if (passenger != null && passenger.leave() && lead != null) {
      departed = state;
      return;
    }
    stop();
    end(
        Outcome.CANCELLED,
        state,
        response.headWritten() ? response.getStatusCode() : 0,
        used,
        false);
  }

  /** Whatever is under way for this client alone ends now. */
  private void stop() {
    if (passenger != null) {
      passenger.leave();
    }
    if (flight != null) {
      flight.cancel();
    } else if (places != null) {
      places.leave();
    }
    if (lead != null) {
      lead.giveUp();
    }
  }

  private String state() {
    if (flight != null) {
      return flight.state().label();
    }
    if (places == null && passenger != null) {
      return response.headWritten() ? "streaming" : "waiting";
    }
    return call == null ? "reading" : "queued";
  }

  /** What a call has used that ends before its answer did. */
  private Usage used() {
    if (flight == null || flight.dispatchNanos() == 0 || outgoing == null || demand == null) {
      return Usage.NONE;
    }
    Usage told = lead == null ? outgoing.usage() : lead.judge().usage();
    return told.equals(Usage.NONE) ? new Usage(demand.promptTokens(), 0, 0, false) : told;
  }

  private static String codeOf(Refusal refusal) {
    String code = Problem.of(refusal).code();
    return code == null ? "refused" : code;
  }

  private void end(Outcome outcome, String reason, int status, Usage usage, boolean streamBroken) {
    if (ended) {
      return;
    }
    ended = true;
    stages.accept().release(request);
    if (passenger != null) {
      passenger.leave();
    }
    Turn turn = flight == null ? null : flight.turn();
    long microUsd = turn == null || usage.equals(Usage.NONE) ? 0 : microUsd(turn, usage);
    settle(outcome, usage, microUsd);
    Ending ending =
        new Ending(
            outcome,
            reason,
            call,
            caller,
            demand,
            served(turn == null ? servedPool : turn.pool()),
            turn == null ? servedBackend : turn.backend().id(),
            usage,
            status,
            flight == null ? 0 : flight.attempts(),
            flight == null ? 0 : flight.dispatchNanos(),
            turn == null || outgoing == null ? 0 : outgoing.firstContentNanos(),
            outgoing == null ? 0 : outgoing.firstByteNanos(),
            sinceStartNanos(),
            turn == null ? 0 : turn.inFlightAtDispatch(),
            streamBroken);
    trace.ended(ending, microUsd);
    stages.account().ended(ending, microUsd);
  }

  /** What a usage costs where it was served, as busy as that was. */
  long microUsd(Turn turn, Usage usage) {
    Flight sent = Objects.requireNonNull(flight);
    long nanos = sinceStartNanos() - sent.dispatchNanos();
    return stages
        .cost()
        .microUsd(turn.pool(), usage, nanos / NANOS_PER_SECOND, turn.inFlightAtDispatch());
  }

  /** What is learned from an answer: a stream says most, and only of a server that served alone. */
  private void observe(Flight sent, Outgoing given) {
    if (given.status() != 200) {
      return;
    }
    // The tokens of several choices come together, so that their times say nothing of one.
    boolean alone = sent.attempts() == 1 && Objects.requireNonNull(call).body().choices() <= 1;
    double total = (sinceStartNanos() - sent.dispatchNanos()) / NANOS_PER_SECOND;
    double ttft = Double.NaN;
    double tpot = Double.NaN;
    if (given.streamed() && alone) {
      ttft = (given.firstContentNanos() - sent.dispatchNanos()) / NANOS_PER_SECOND;
      int tokens = given.usage().completionTokens();
      tpot = tokens > 1 ? (total - ttft) / (tokens - 1) : 0;
      stages.backends().observed(sent.turn(), ttft, tpot);
      stages.rooms().answered(sent.turn().pool().name(), tpot);
    }
    double prompt =
        Objects.requireNonNull(demand).promptTokens()
            * stages
                .expectations()
                .tokensPerEstimated(caller().tenant(), sent.turn().pool().name());
    stages
        .capacities()
        .answered(sent.turn(), given.usage(), prompt, ttft, tpot, alone ? total : Double.NaN);
    stages
        .expectations()
        .learn(
            Objects.requireNonNull(call),
            caller().tenant(),
            Objects.requireNonNull(demand),
            sent.turn().pool(),
            given.usage(),
            ttft);
  }

  private long sinceStartNanos() {
    return System.nanoTime() - (call == null ? openedNanos : call.startNanos());
  }

  /** An answer counts as a request even if it took no token; what came to nothing does not. */
  private void settle(Outcome outcome, Usage usage, long microUsd) {
    if (reservation == null) {
      return;
    }
    if (outcome == Outcome.ANSWERED || !usage.equals(Usage.NONE)) {
      reservation.settle(usage, microUsd);
    } else {
      reservation.release();
    }
  }

  /** The route, with the pool in it that served in the end. */
  private @Nullable Route served(@Nullable Pool by) {
    if (route == null || by == null || route.pool().name().equals(by.name())) {
      return route;
    }
    return new Route(by, "fallback from " + route.pool().name(), route.alternatives());
  }
}
