package io.penstock.gateway.dryrun;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Assessment;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.GoDuration;
import io.penstock.gateway.call.LimitState;
import io.penstock.gateway.call.Problem;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Reservation;
import io.penstock.gateway.call.Route;
import io.penstock.gateway.cost.Cost;
import io.penstock.gateway.cost.Replicas;
import io.penstock.planner.calibrate.FirstToken;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The answer to {@code x-penstock-dry-run}: what the stages decided, in words and figures. It
 * decides nothing itself, so it cannot disagree with what a real call meets; it adds what the
 * decision costs and how long the answer takes, for the pool that was chosen and for those that
 * were not. Immutable, shared by all loops.
 *
 * <p>What cannot be told is null: the cost of a pool without a price, the latency of a provider
 * that was never called, the bound of a completion that nothing bounds.
 */
public final class DryRun {
  private final Cost cost;
  private final Replicas replicas;

  public DryRun(Cost cost, Replicas replicas) {
    this.cost = cost;
    this.replicas = replicas;
  }

  /** The response's body, JSON in UTF-8. */
  public byte[] answer(Decision decision) {
    return JsonOut.object(out -> new Answer(decision, out).write());
  }

  private final class Answer {
    private final Decision decided;
    private final JsonOut out;
    private final Pool pool;
    private final Standing standing;
    private final OptionalLong expected;

    Answer(Decision decided, JsonOut out) {
      this.decided = decided;
      this.out = out;
      this.pool = decided.route().pool();
      this.standing = decided.standing().apply(pool);
      this.expected = expected(pool, standing);
    }

    void write() throws IOException {
      out.text("object", "penstock.dry_run");
      out.text("request_id", decided.call().id());
      out.text("tenant", decided.caller().tenant());
      out.text("tier", decided.caller().tier().name());
      out.object("complexity", this::complexity);
      out.object("decision", this::decision);
      out.object("limits", this::limits);
      out.object("cache", this::cache);
      out.object("tokens", this::tokens);
      out.object("cost", this::cost);
      out.object("latency", this::latency);
    }

    private void complexity() throws IOException {
      Assessment complexity = decided.demand().complexity();
      out.text("class", complexity.level().label());
      out.score("score", complexity.score());
      out.truth("abstained", complexity.abstained());
      out.array(
          "signals",
          () -> {
            for (Assessment.Signal signal : complexity.signals()) {
              out.element(() -> signal(signal));
            }
          });
    }

    private void signal(Assessment.Signal signal) throws IOException {
      out.text("name", signal.name());
      out.score("value", signal.value());
      out.score("contribution", signal.contribution());
    }

    private void decision() throws IOException {
      out.text("pool", pool.name());
      Optional<String> backend = standing.backend();
      if (backend.isPresent()) {
        out.text("backend", backend.get());
        out.text("backend_reason", standing.why());
      } else {
        out.nothing("backend");
      }
      out.text("model", pool.model());
      out.text("reason", decided.route().reason());
      out.array(
          "alternatives",
          () -> {
            for (Route.Alternative other : decided.route().alternatives()) {
              out.element(() -> alternative(other));
            }
          });
    }

    private void alternative(Route.Alternative other) throws IOException {
      Standing there = decided.standing().apply(other.pool());
      OptionalLong usd = expected(other.pool(), there);
      out.text("pool", other.pool().name());
      out.usd("expected_usd", usd);
      out.millis("ttft_ms", outlook(other.pool(), there).ttft().p50());
      out.text("why_not", other.whyNot() + comparison(usd));
    }

    private String comparison(OptionalLong usd) {
      if (usd.isEmpty() || expected.isEmpty() || usd.getAsLong() == expected.getAsLong()) {
        return "";
      }
      return usd.getAsLong() > expected.getAsLong() ? "; dearer" : "; cheaper";
    }

    private void limits() throws IOException {
      switch (decided.admission()) {
        case Reservation reservation -> {
          out.truth("admitted", true);
          buckets(reservation.state());
        }
        case Refusal refusal -> {
          Problem problem = Problem.of(refusal);
          out.truth("admitted", false);
          out.text("reason", problem.message());
          out.count("status", problem.status());
          buckets(
              refusal instanceof Refusal.RateLimited limited ? limited.state() : decided.limits());
        }
      }
    }

    private void buckets(LimitState state) throws IOException {
      out.object(
          "requests",
          () ->
              bucket(state.requestsLimit(), state.requestsRemaining(), state.requestsResetNanos()));
      out.object(
          "tokens",
          () -> bucket(state.tokensLimit(), state.tokensRemaining(), state.tokensResetNanos()));
    }

    private void bucket(long limit, long remaining, long resetNanos) throws IOException {
      out.countOrNull("limit", limit);
      out.countOrNull("remaining", remaining);
      out.text("reset", GoDuration.format(resetNanos));
    }

    private void cache() throws IOException {
      out.truth("cacheable", decided.cache().cacheable());
      out.truth("would_hit", decided.cache().wouldHit());
    }

    private void tokens() throws IOException {
      Demand demand = decided.demand();
      out.count("prompt", demand.promptTokens());
      out.count("completion_expected", demand.completionExpected());
      out.countOrNull("completion_max", Cost.completionMax(pool, decided.call(), demand));
    }

    private void cost() throws IOException {
      out.usd("expected_usd", expected);
      out.usd("max_usd", cost.maxMicroUsd(pool, decided.call(), decided.demand()));
      out.text("basis", cost.basis(pool).label());
    }

    private void latency() throws IOException {
      Outlook outlook = outlook(pool, standing);
      out.millis("queue_ms", standing.waitSeconds());
      out.object("ttft_ms", () -> firstToken(outlook.ttft()));
      out.object("total_ms", () -> percentiles(outlook.totalP50(), outlook.totalP95()));
      out.text("basis", outlook.basis());
    }

    private void firstToken(FirstToken ttft) throws IOException {
      out.millis("p50", ttft.p50());
      millisIfKnown("p90", ttft.p90());
      out.millis("p95", ttft.p95());
      millisIfKnown("p99", ttft.p99());
    }

    private void millisIfKnown(String name, double seconds) throws IOException {
      if (!Double.isNaN(seconds)) {
        out.millis(name, seconds);
      }
    }

    private void percentiles(double p50, double p95) throws IOException {
      out.millis("p50", p50);
      out.millis("p95", p95);
    }

    private OptionalLong expected(Pool of, Standing there) {
      double prompt = decided.demand().promptTokens() * there.promptFactor();
      return cost.expectedMicroUsd(
          of, decided.demand(), prompt, there.cachedShare(), there.inFlight() + 1);
    }

    private Outlook outlook(Pool of, Standing there) {
      return Outlook.of(of, decided.call(), decided.demand(), there, replicas);
    }
  }
}
