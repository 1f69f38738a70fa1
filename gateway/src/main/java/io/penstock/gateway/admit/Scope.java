package io.penstock.gateway.admit;

import io.penstock.config.Limits;
import io.penstock.config.Rate;
import io.penstock.gateway.call.LimitState;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The limits of one key, or of one pool, with what is taken from them. */
final class Scope {
  /** As messages name it: {@code your key (tier free)}. */
  final String name;

  final @Nullable TokenBucket requests;
  final @Nullable TokenBucket tokens;
  final Slots slots;

  private Scope(
      String name, @Nullable TokenBucket requests, @Nullable TokenBucket tokens, Slots slots) {
    this.name = name;
    this.requests = requests;
    this.tokens = tokens;
    this.slots = slots;
  }

  /** New limits; where there were some before, what was taken from them stays taken. */
  static Scope of(String name, Limits limits, @Nullable Scope before, long nowNanos) {
    if (before == null) {
      return new Scope(
          name,
          bucket(limits.requests(), null, nowNanos),
          bucket(limits.tokens(), null, nowNanos),
          new Slots(limits.concurrency()));
    }
    before.slots.resize(limits.concurrency());
    return new Scope(
        name,
        bucket(limits.requests(), before.requests, nowNanos),
        bucket(limits.tokens(), before.tokens, nowNanos),
        before.slots);
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

  /** What stands against this ask, or null; changes nothing. */
  @Nullable Hindrance check(long askedTokens, long nowNanos) {
    Hindrance worst = null;
    if (requests != null) {
      worst = Hindrance.worse(worst, this, "requests", requests.waitNanos(1, nowNanos));
    }
    if (tokens != null) {
      worst = Hindrance.worse(worst, this, "tokens", tokens.waitNanos(askedTokens, nowNanos));
    }
    return Hindrance.worse(worst, this, "concurrency", slots.waitNanos());
  }

  /** Takes from every limit or from none; null when another call was faster. */
  @Nullable Hold take(long askedTokens, long nowNanos) {
    if (!slots.take()) {
      return null;
    }
    TokenBucket.Take request = requests == null ? null : requests.take(1, nowNanos);
    TokenBucket.Take token =
        tokens == null || (requests != null && request == null)
            ? null
            : tokens.take(askedTokens, nowNanos);
    Hold hold = new Hold(this, request, token, nowNanos);
    if ((requests != null && request == null) || (tokens != null && token == null)) {
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
      long atNanos) {

    /** Ends it: the request counts, the tokens are those that were used. */
    void settle(long usedTokens, long nowNanos) {
      if (token != null && scope.tokens != null) {
        scope.tokens.settle(token, usedTokens, nowNanos);
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
      scope.slots.giveBack();
    }
  }
}
