package io.penstock.gateway.admit;

import io.penstock.gateway.call.LimitState;
import io.penstock.gateway.call.Refusal;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a limit's "no" is put to a person. */
final class Wording {
  /** What a caller is told whose budget is held by calls in flight, and may come back. */
  private static final Duration WHILE_HELD = Duration.ofSeconds(1);

  private static final Duration WHILE_AWAY = Duration.ofSeconds(1);

  private static final String CODE = "request_exceeds_limit";

  private Wording() {}

  /** An ask that no waiting makes fit, or null. */
  static @Nullable Refusal tooLarge(Scope[] scopes, Admit.Ask ask) {
    Refusal never = null;
    for (int i = 0; i < scopes.length && never == null; i++) {
      never = tooLarge(scopes[i], ask);
    }
    for (int i = 0; i < scopes.length && never == null; i++) {
      Budget budget = scopes[i].budget;
      never = budget == null ? null : tooDear(scopes[i], budget, ask);
    }
    return never;
  }

  private static @Nullable Refusal tooLarge(Scope scope, Admit.Ask ask) {
    if (scope.tokens == null || ask.tokens() <= scope.tokens.refill().capacity()) {
      return null;
    }
    long most = scope.tokens.refill().capacity();
    return new Refusal.BadRequest(
        CODE,
        ask.promptTokens() < most ? "max_tokens" : null,
        "Request too large for "
            + scope.name
            + " on tokens: limit "
            + most
            + ", requested about "
            + ask.tokens()
            + " ("
            + ask.promptTokens()
            + " in the prompt, "
            + ask.completionTokens()
            + " for the completion). Waiting does not help; ask for less.");
  }

  private static @Nullable Refusal tooDear(Scope scope, Budget budget, Admit.Ask ask) {
    long most = budget.limitMicroUsd();
    return ask.maxMicroUsd() <= most
        ? null
        : new Refusal.BadRequest(
            CODE,
            "max_tokens",
            "Request too large for the budget of "
                + scope.name
                + ", "
                + usd(most)
                + " USD: it may cost "
                + usd(ask.maxMicroUsd())
                + " USD. Waiting does not help; ask for less.");
  }

  /** Money that is gone until the next window. */
  static Refusal spent(Scope scope, Budget.Spent money, long nowMillis) {
    return new Refusal.BudgetSpent(
        Duration.ofMillis(money.endMillis() - nowMillis),
        "For "
            + scope.name
            + ", "
            + usd(money.spentMicroUsd())
            + " of "
            + usd(money.limitMicroUsd())
            + " USD are spent, and the rest is less than this request may cost; the budget is whole"
            + " again at "
            + Instant.ofEpochMilli(money.endMillis())
            + '.');
  }

  /** Money that comes back if calls in flight cost less than they may. */
  static Refusal held(Scope scope, LimitState state) {
    return new Refusal.RateLimited(
        "budget",
        WHILE_HELD,
        "The rest of the budget of "
            + scope.name
            + " is held by calls in flight; try again when they have ended.",
        state);
  }

  /** A limit that waiting satisfies. */
  static Refusal limited(Scope.Hindrance hindrance, LimitState state) {
    return new Refusal.RateLimited(
        hindrance.limit(),
        Duration.ofNanos(hindrance.waitNanos()),
        "Rate limit reached for "
            + hindrance.scope().name
            + " on "
            + hindrance.limit()
            + ": limit "
            + bound(hindrance)
            + ". Please try again in "
            + span(hindrance.waitNanos())
            + '.',
        state);
  }

  /** A store that is away, where the config says to wait for it. */
  static Refusal denied(String limit, LimitState state) {
    return new Refusal.RateLimited(
        limit,
        WHILE_AWAY,
        "The store that counts your " + limit + " does not answer; please try again.",
        state);
  }

  private static String bound(Scope.Hindrance hindrance) {
    Scope scope = hindrance.scope();
    TokenBucket bucket = hindrance.limit().equals("tokens") ? scope.tokens : scope.requests;
    return hindrance.limit().equals("concurrency") || bucket == null
        ? scope.slots.most() + " at once"
        : bucket.refill().capacity() + " per " + span(bucket.refill().windowNanos());
  }

  private static String span(long nanos) {
    if (nanos < 1_000_000_000L) {
      return Math.ceilDiv(nanos, 1_000_000L) + "ms";
    }
    double seconds = Math.ceilDiv(nanos, 100_000_000L) / 10.0;
    return String.format(Locale.ROOT, seconds == Math.rint(seconds) ? "%.0fs" : "%.1fs", seconds);
  }

  private static String usd(long microUsd) {
    return BigDecimal.valueOf(microUsd, 6).stripTrailingZeros().toPlainString();
  }
}
