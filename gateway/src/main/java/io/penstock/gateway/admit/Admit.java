package io.penstock.gateway.admit;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.penstock.config.ApiKey;
import io.penstock.config.Limits;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.Rate;
import io.penstock.config.Tier;
import io.penstock.gateway.call.Admission;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.LimitState;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Reservation;
import io.penstock.gateway.call.Usage;
import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a call is within its limits, once over all of them: the key's requests, tokens
 * and slots, the pool's, and the tenant's money.
 *
 * <p>Every limit is checked before any is debited. The check changes nothing, so a refused call
 * burns nothing. Then each is taken by its own compare-and-set; should another call have been
 * faster at one of them, those taken before it are given back and the decision starts again. There
 * is no lock, and two calls meet only where they share a limit. Each bucket alone never grants more
 * than it holds, and so no interleaving admits more than capacity and refill.
 *
 * <p>Shared by all loops. What it knows is keyed by the config's keys, tenants and pools alone, so
 * that nothing a client sends makes it grow.
 */
public final class Admit {
  private final MeterRegistry meters;
  private final LongSupplier nanoClock;
  private final InstantSource wallClock;
  private final LongAdder outstanding = new LongAdder();
  private volatile Book book;

  public Admit(PenstockConfig config, MeterRegistry meters) {
    this(config, meters, System::nanoTime, InstantSource.system());
  }

  Admit(
      PenstockConfig config,
      MeterRegistry meters,
      LongSupplier nanoClock,
      InstantSource wallClock) {
    this.meters = meters;
    this.nanoClock = nanoClock;
    this.wallClock = wallClock;
    this.book = Book.EMPTY;
    Gauge.builder("penstock.reservations.outstanding", outstanding, LongAdder::sum)
        .description("Calls that hold a reservation; above the calls in flight, one was forgotten")
        .register(meters);
    reload(config);
  }

  /** As {@link #reserve(Caller, Pool, Demand, long)}, for a call that no pool limits nor costs. */
  public Future<Admission> reserve(Caller caller, Demand demand) {
    return reserve(caller, null, demand, 0);
  }

  /** As {@link #reserve(Caller, Pool, Demand, long)}, for a call that no pool limits. */
  public Future<Admission> reserve(Caller caller, Demand demand, long maxMicroUsd) {
    return reserve(caller, null, demand, maxMicroUsd);
  }

  /**
   * Takes one request, the prompt and the expected completion, a slot, and the most that the call
   * can cost; or nothing.
   *
   * @param pool whose own limits count too
   * @param maxMicroUsd in millionths of a USD
   */
  public Future<Admission> reserve(
      Caller caller, @Nullable Pool pool, Demand demand, long maxMicroUsd) {
    return Future.succeededFuture(decide(caller, pool, Ask.of(demand, maxMicroUsd)));
  }

  /** What {@link #reserve} would say now; nothing is taken, and there is nothing to end. */
  public Admission wouldAdmit(Caller caller, Demand demand) {
    return wouldAdmit(caller, null, demand, 0);
  }

  /** As {@link #wouldAdmit(Caller, Demand)}, with the pool's limits and the tenant's money. */
  public Admission wouldAdmit(Caller caller, @Nullable Pool pool, Demand demand, long maxMicroUsd) {
    Book now = book;
    Client client = now.clients.get(caller.keyId());
    if (client == null) {
      return new Refusal.Unauthenticated(true);
    }
    Ask ask = Ask.of(demand, maxMicroUsd);
    long nanos = nanoClock.getAsLong();
    Admission no = objection(client, now.pool(pool), ask, nanos);
    return no != null ? no : new Imagined(client.scope.state(nanos, 1, ask.tokens()));
  }

  /** A caller's limits now. */
  public LimitState peek(Caller caller) {
    Client client = book.clients.get(caller.keyId());
    return client == null ? LimitState.UNLIMITED : client.scope.state(nanoClock.getAsLong(), 0, 0);
  }

  /** Calls that hold a reservation. */
  public long outstanding() {
    return outstanding.sum();
  }

  /** A tenant's money in this window, for each tenant of the tier; none without a budget. */
  public Map<String, Money> money(String tier) {
    long millis = wallClock.millis();
    Map<String, Money> all = new HashMap<>();
    book.clients.values().stream()
        .filter(client -> client.tier.equals(tier))
        .forEach(client -> {
          if (client.budget != null) {
            all.put(client.tenant, Money.of(client.budget.at(millis)));
          }
        });
    return Map.copyOf(all);
  }

  /**
   * Follows a changed config. A key that keeps its tier keeps what it has taken, and a bucket whose
   * rate changes keeps the part of it that is filled (or owed): half a bucket of 20 becomes half a
   * bucket of 2000. A tenant's spending in USD stays as long as the budget's window does. What is
   * new starts full, what is gone is forgotten, and calls in flight end where they began.
   */
  public synchronized void reload(PenstockConfig config) {
    Book before = book;
    long nanos = nanoClock.getAsLong();
    Map<Purse, Budget> budgets = new HashMap<>();
    Map<String, Decisions> decisions = new HashMap<>(before.decisions);
    Map<String, Client> clients = new HashMap<>();
    for (ApiKey key : config.keys()) {
      Tier tier = config.tiers().get(key.tier());
      if (tier != null) {
        Decisions counts = decisions.computeIfAbsent(tier.name(), this::decisionsOf);
        clients.put(key.id(), client(key, tier, before, budgets, counts, nanos));
      }
    }
    book = new Book(clients, poolScopes(config, before, nanos), budgets, decisions);
  }

  private Client client(
      ApiKey key,
      Tier tier,
      Book before,
      Map<Purse, Budget> budgets,
      Decisions decisions,
      long nanos) {
    Client old = before.clients.get(key.id());
    Scope known = old != null && old.tier.equals(tier.name()) ? old.scope : null;
    Scope scope = Scope.of("your key (tier " + tier.name() + ")", tier.limits(), known, nanos);
    Purse purse = new Purse(tier.name(), key.tenant());
    Budget budget =
        tier.budget()
            .map(rate -> budgets.computeIfAbsent(purse, owner -> budget(owner, rate, before)))
            .orElse(null);
    return new Client(key.tenant(), tier.name(), scope, budget, decisions);
  }

  private Budget budget(Purse owner, Rate rate, Book before) {
    Budget known = before.budgets.get(owner);
    if (known == null) {
      return new Budget(rate, wallClock.millis());
    }
    known.resize(rate, wallClock.millis());
    return known;
  }

  private static Map<String, Scope> poolScopes(PenstockConfig config, Book before, long nanos) {
    Map<String, Scope> scopes = new HashMap<>();
    for (Pool pool : config.pools().values()) {
      if (!pool.limits().equals(Limits.NONE)) {
        Scope known = before.pools.get(pool.name());
        scopes.put(
            pool.name(), Scope.of("the pool '" + pool.name() + "'", pool.limits(), known, nanos));
      }
    }
    return scopes;
  }

  private Decisions decisionsOf(String tier) {
    Gauge.builder("penstock.budget.used.ratio", this, admit -> admit.usedRatio(tier))
        .description("The part of its budget that the tier's dearest tenant has spent")
        .tag("tier", tier)
        .register(meters);
    return new Decisions(meters, tier);
  }

  private double usedRatio(String tier) {
    return money(tier).values().stream().mapToDouble(Money::usedRatio).max().orElse(Double.NaN);
  }

  private Admission decide(Caller caller, @Nullable Pool pool, Ask ask) {
    Book now = book;
    Client client = now.clients.get(caller.keyId());
    if (client == null) {
      // The key went with a reload while this call was on its way.
      return new Refusal.Unauthenticated(true);
    }
    while (true) {
      long nanos = nanoClock.getAsLong();
      Scope poolScope = now.pool(pool);
      Refusal no = objection(client, poolScope, ask, nanos);
      if (no != null) {
        client.decisions.refused(no).increment();
        return no;
      }
      Held held = take(client, poolScope, ask, nanos);
      if (held != null) {
        client.decisions.admitted.increment();
        return held;
      }
    }
  }

  /** Why not, or null; changes nothing. What never fits is told first, then what is spent. */
  private @Nullable Refusal objection(Client client, @Nullable Scope pool, Ask ask, long nanos) {
    Refusal never = Wording.tooLarge(client.scope, pool, client.budget, ask);
    if (never != null) {
      return never;
    }
    Scope.Hindrance hindrance =
        Scope.Hindrance.worse(
            client.scope.check(ask.tokens(), nanos),
            pool == null ? null : pool.check(ask.tokens(), nanos));
    if (client.budget != null) {
      long millis = wallClock.millis();
      Budget.Spent money = client.budget.at(millis);
      if (money.lacksForGood(ask.maxMicroUsd())) {
        return Wording.spent(money, millis);
      }
      if (hindrance == null && money.lacks(ask.maxMicroUsd())) {
        return Wording.held(client.scope.state(nanos, 0, 0));
      }
    }
    return hindrance == null ? null : Wording.limited(hindrance, client.scope.state(nanos, 0, 0));
  }

  private @Nullable Held take(Client client, @Nullable Scope poolScope, Ask ask, long nanos) {
    Scope.Hold key = client.scope.take(ask.tokens(), nanos);
    if (key == null) {
      return null;
    }
    Scope.Hold pool = poolScope == null ? null : poolScope.take(ask.tokens(), nanos);
    if (poolScope != null && pool == null) {
      key.undo(nanos);
      return null;
    }
    Budget.Hold money =
        client.budget == null ? null : client.budget.take(ask.maxMicroUsd(), wallClock.millis());
    if (client.budget != null && money == null) {
      key.undo(nanos);
      if (pool != null) {
        pool.undo(nanos);
      }
      return null;
    }
    outstanding.increment();
    return new Held(this, key, pool, money, client.scope.state(nanos, 0, 0));
  }

  long reservationEnded() {
    outstanding.decrement();
    return nanoClock.getAsLong();
  }

  /**
   * What a call wants.
   *
   * @param promptTokens estimated
   * @param completionTokens expected
   * @param maxMicroUsd in millionths of a USD
   */
  record Ask(int promptTokens, int completionTokens, long maxMicroUsd) {
    static Ask of(Demand demand, long maxMicroUsd) {
      return new Ask(demand.promptTokens(), demand.completionExpected(), maxMicroUsd);
    }

    long tokens() {
      return (long) promptTokens + completionTokens;
    }
  }

  /** What a dry run holds: nothing. */
  private record Imagined(LimitState state) implements Reservation {
    @Override
    public void settle(Usage usage, long microUsd) {}

    @Override
    public void release() {}
  }

  /** Whose money: a tenant's, as one tier grants it. */
  private record Purse(String tier, String tenant) {}

  /** One key of the config. */
  private record Client(
      String tenant, String tier, Scope scope, @Nullable Budget budget, Decisions decisions) {}

  /** All that a config's limits are, and what is taken from them. */
  private record Book(
      Map<String, Client> clients,
      Map<String, Scope> pools,
      Map<Purse, Budget> budgets,
      Map<String, Decisions> decisions) {
    static final Book EMPTY = new Book(Map.of(), Map.of(), Map.of(), Map.of());

    @Nullable Scope pool(@Nullable Pool pool) {
      return pool == null ? null : pools.get(pool.name());
    }
  }
}
