package io.penstock.gateway.admit;

import io.penstock.config.Limits;
import io.penstock.config.Rate;
import io.penstock.config.Redis.OnFailure;
import io.penstock.gateway.call.LimitState;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The limits of one key, tenant, tier or pool, with what is taken from them. Where a fleet shares
 * them, this is the picture that its store last gave, and what is decided on while the store is
 * away.
 */
final class Scope {
  /** As messages name it: {@code your key (tier free)}. */
  final String name;

  /** As the store knows it. */
  final String id;

  final @Nullable TokenBucket requests;
  final @Nullable TokenBucket tokens;
  final Slots slots;
  final @Nullable Budget budget;

  /** What the store has yet to be told. */
  final Owed owed;

  private Scope(
      String name,
      String id,
      @Nullable TokenBucket requests,
      @Nullable TokenBucket tokens,
      Slots slots,
      @Nullable Budget budget,
      Owed owed) {
    this.name = name;
    this.id = id;
    this.requests = requests;
    this.tokens = tokens;
    this.slots = slots;
    this.budget = budget;
    this.owed = owed;
  }

  /** New limits; where there were some before, what was taken from them stays taken. */
  static Scope of(
      String name,
      String id,
      Limits limits,
      Optional<Rate> budget,
      @Nullable Scope before,
      long nowNanos,
      long nowMillis) {
    Slots slots = before == null ? new Slots(limits.concurrency()) : before.slots;
    slots.resize(limits.concurrency());
    return new Scope(
        name,
        id,
        bucket(limits.requests(), before == null ? null : before.requests, nowNanos),
        bucket(limits.tokens(), before == null ? null : before.tokens, nowNanos),
        slots,
        budget
            .map(rate -> Budget.of(rate, before == null ? null : before.budget, nowMillis))
            .orElse(null),
        before == null ? new Owed() : before.owed);
  }

  private static @Nullable TokenBucket bucket(
      Optional<Rate> rate, @Nullable TokenBucket before, long nowNanos) {
    if (rate.isEmpty()) {
      return null;
    }
    Refill refill = Refill.of(rate.get());
    if (before == null) {
      return new TokenBucket(refill, nowNanos);
    }
    if (!before.refill().equals(refill)) {
      before.resize(refill, nowNanos);
    }
    return before;
  }

  /** The kind of limit here that may not be decided on without the store; null: none. */
  @Nullable String denied(Terms terms) {
    if (requests != null && terms.each().requests() == OnFailure.DENY) {
      return "requests";
    }
    if (tokens != null && terms.each().tokens() == OnFailure.DENY) {
      return "tokens";
    }
    if (slots.most() > 0 && terms.each().concurrency() == OnFailure.DENY) {
      return "concurrency";
    }
    return budget != null && terms.each().budget() == OnFailure.DENY ? "budget" : null;
  }

  /** What stands against this ask, money aside, or null; changes nothing. */
  @Nullable Hindrance check(long askedTokens, Terms terms, long nowNanos) {
    int sharers = terms.sharers();
    Hindrance worst = null;
    if (requests != null && terms.countsRequests()) {
      worst = Hindrance.worse(null, this, "requests", requests.waitNanos(1, sharers, nowNanos));
    }
    if (tokens != null && terms.countsTokens()) {
      long wait = tokens.waitNanos(askedTokens, sharers, nowNanos);
      worst = Hindrance.worse(worst, this, "tokens", wait);
    }
    return terms.countsSlots()
        ? Hindrance.worse(worst, this, "concurrency", slots.waitNanos(sharers))
        : worst;
  }

  /** Takes from every limit or from none; null when another call was faster. */
  @Nullable Hold take(Admit.Ask ask, Terms terms, long nowNanos, long nowMillis) {
    if (!terms.countsSlots()) {
      slots.granted();
    } else if (!slots.take(terms.sharers())) {
      return null;
    }
    TokenBucket countedRequests = terms.countsRequests() ? requests : null;
    TokenBucket countedTokens = terms.countsTokens() ? tokens : null;
    Budget counted = terms.countsMoney() ? budget : null;
    int sharers = terms.sharers();
    TokenBucket.Take request = null;
    TokenBucket.Take token = null;
    Budget.Hold money = null;
    boolean taken = true;
    if (countedRequests != null) {
      request = countedRequests.take(1, sharers, nowNanos);
      taken = request != null;
    }
    if (taken && countedTokens != null) {
      token = countedTokens.take(ask.tokens(), sharers, nowNanos);
      taken = token != null;
    }
    if (taken && counted != null) {
      money = counted.take(ask.maxMicroUsd(), sharers, nowMillis);
      taken = money != null;
    }
    Hold hold = new Hold(this, request, token, money, nowNanos);
    if (!taken) {
      hold.undo(nowNanos);
      return null;
    }
    return hold;
  }

  /** How things stand; as if this had been taken too, where it has not. */
  LimitState state(long nowNanos, int moreRequests, long moreTokens) {
    long requestsLimit = -1;
    long requestsLeft = -1;
    long requestsReset = 0;
    if (requests != null) {
      requestsLimit = requests.refill().capacity();
      requestsLeft = Math.max(0, requests.remaining(nowNanos) - moreRequests);
      requestsReset = requests.fullInNanos(nowNanos) + requests.refill().cost(moreRequests);
    }
    if (tokens == null) {
      return new LimitState(requestsLimit, requestsLeft, requestsReset, -1, -1, 0);
    }
    return new LimitState(
        requestsLimit,
        requestsLeft,
        requestsReset,
        tokens.refill().capacity(),
        Math.max(0, tokens.remaining(nowNanos) - moreTokens),
        tokens.fullInNanos(nowNanos) + tokens.refill().cost(moreTokens));
  }

  /**
   * What stands against an ask.
   *
   * @param scope whose limit
   * @param limit which
   * @param waitNanos how long until it does not
   */
  record Hindrance(Scope scope, String limit, long waitNanos) {
    static @Nullable Hindrance worse(
        @Nullable Hindrance known, Scope scope, String limit, long waitNanos) {
      boolean worse = waitNanos > 0 && (known == null || waitNanos > known.waitNanos);
      return worse ? new Hindrance(scope, limit, waitNanos) : known;
    }

    static @Nullable Hindrance worse(@Nullable Hindrance one, @Nullable Hindrance other) {
      return one == null || (other != null && other.waitNanos > one.waitNanos) ? other : one;
    }
  }

  /** What one call holds of a scope. The buckets are those it took from, whatever a reload did. */
  record Hold(
      Scope scope,
      TokenBucket.@Nullable Take request,
      TokenBucket.@Nullable Take token,
      Budget.@Nullable Hold money,
      long atNanos) {

    /** Ends it: the request counts, the tokens and the money are those that were used. */
    void settle(long usedTokens, long microUsd, long nowNanos) {
      if (token != null && scope.tokens != null) {
        scope.tokens.settle(token, usedTokens, nowNanos);
      }
      if (money != null) {
        money.settle(microUsd);
      }
      scope.slots.giveBack(nowNanos - atNanos);
    }

    /** Ends it as if it had not been. */
    void undo(long nowNanos) {
      if (request != null && scope.requests != null) {
        scope.requests.settle(request, 0, nowNanos);
      }
      if (token != null && scope.tokens != null) {
        scope.tokens.settle(token, 0, nowNanos);
      }
      if (money != null) {
        money.settle(0);
      }
      scope.slots.giveBack();
    }
  }
}
