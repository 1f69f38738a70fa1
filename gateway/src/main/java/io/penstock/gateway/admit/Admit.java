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
import io.penstock.gateway.redis.Redis;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a call is within its limits, once over all of them: those of its key, its tenant,
 * its tier and its pool.
 *
 * <p>Every limit is checked before any is debited. The check changes nothing, so a refused call
 * burns nothing. Then each is taken by its own compare-and-set; should another call have been
 * faster at one of them, those taken before it are given back and the decision starts again. There
 * is no lock, and two calls meet only where they share a limit. Each bucket alone never grants more
 * than it holds, and so no interleaving admits more than capacity and refill.
 *
 * <p>Where there is a store that the fleet shares, {@link Fleet} decides instead, and this decides
 * alone, on the terms of the config, while the store is away.
 *
 * <p>Shared by all loops. The limits of the config's keys, tenants and pools are made with it;
 * those of keys from elsewhere and of tokens at their first call, and of these the idle ones are
 * forgotten where they are many: a full bucket remembers nothing.
 */
public final class Admit {
  /** From so many keys on that the config does not list, the idle ones are forgotten. */
  private static final int MOST_GUESTS = 100_000;

  private static final Duration AT_ONCE = Duration.ofMillis(1);
  private static final String PASSED = "Rate limit reached; please try again now.";

  private final MeterRegistry meters;
  private final LongSupplier nanoClock;
  private final InstantSource wallClock;
  private final @Nullable Fleet fleet;
  private final LongAdder outstanding = new LongAdder();
  private volatile Book book;

  public Admit(PenstockConfig config, MeterRegistry meters) {
    this(config, meters, null, System::nanoTime, InstantSource.system());
  }

  /** With limits that all gateways of the store share. */
  public Admit(PenstockConfig config, MeterRegistry meters, Redis store, Vertx vertx) {
    this(config, meters, new Fleet(store, vertx, meters), System::nanoTime, InstantSource.system());
  }

  Admit(
      PenstockConfig config,
      MeterRegistry meters,
      LongSupplier nanoClock,
      InstantSource wallClock) {
    this(config, meters, null, nanoClock, wallClock);
  }

  private Admit(
      PenstockConfig config,
      MeterRegistry meters,
      @Nullable Fleet fleet,
      LongSupplier nanoClock,
      InstantSource wallClock) {
    this.meters = meters;
    this.fleet = fleet;
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
    Ask ask = Ask.of(demand, maxMicroUsd);
    Book now = book;
    Client client = client(now, caller);
    Scope[] scopes = now.scopes(client, pool);
    return fleet == null
        ? Future.succeededFuture(decide(client, scopes, ask, Terms.ALONE))
        : ask(fleet, client, scopes, ask);
  }

  private Future<Admission> ask(Fleet store, Client client, Scope[] scopes, Ask ask) {
    Refusal never = Wording.tooLarge(scopes, ask);
    if (never != null) {
      return Future.succeededFuture(refused(client, never));
    }
    Fleet.Ticket ticket = store.ticket(scopes, ask, wallClock.millis());
    return store
        .reserve(ticket)
        .transform(answer ->
            Future.succeededFuture(
                answer.succeeded()
                    ? decided(store, client, ticket, answer.result())
                    : decide(client, scopes, ask, store.terms())));
  }

  /** The store's answer, by which the picture of it is brought up to date too. */
  private Admission decided(Fleet store, Client client, Fleet.Ticket ticket, Fleet.Reply reply) {
    long nanos = nanoClock.getAsLong();
    learn(ticket.scopes(), reply, nanos);
    LimitState state = ticket.scopes()[0].state(nanos, 0, 0);
    if (reply.admitted()) {
      outstanding.increment();
      client.decisions.admitted.increment();
      Grant grant = new Grant(this, store, ticket.granted(reply), state, nanos);
      store.opened(grant);
      return grant;
    }
    Refusal why = objection(ticket.scopes(), ticket.ask(), Terms.ALONE, nanos);
    // What stood against it has passed on the way from the store.
    return refused(
        client, why != null ? why : new Refusal.RateLimited("requests", AT_ONCE, PASSED, state));
  }

  private void learn(Scope[] scopes, Fleet.Reply reply, long nanos) {
    long millis = wallClock.millis();
    for (int i = 0; i < scopes.length; i++) {
      Scope scope = scopes[i];
      if (scope.requests != null) {
        scope.requests.learn(reply.requestsEmptyNanos(i), nanos);
      }
      if (scope.tokens != null) {
        scope.tokens.learn(reply.tokensEmptyNanos(i), nanos);
      }
      if (scope.budget != null) {
        scope.budget.learn(
            reply.windowMillis(i), reply.spentMicroUsd(i), reply.heldMicroUsd(i), millis);
      }
      scope.slots.learn(reply.slots(i));
    }
  }

  private static Refusal refused(Client client, Refusal no) {
    client.decisions.refused(no).increment();
    return no;
  }

  /** Ends what it shares with other gateways; the store itself is not its own. */
  public Future<Void> close() {
    return fleet == null ? Future.succeededFuture() : fleet.close();
  }

  /** What {@link #reserve} would say now; nothing is taken, and there is nothing to end. */
  public Admission wouldAdmit(Caller caller, Demand demand) {
    return wouldAdmit(caller, null, demand, 0);
  }

  /** As {@link #wouldAdmit(Caller, Demand)}, with the pool's limits and the tenant's money. */
  public Admission wouldAdmit(Caller caller, @Nullable Pool pool, Demand demand, long maxMicroUsd) {
    Book now = book;
    Client client = client(now, caller);
    Ask ask = Ask.of(demand, maxMicroUsd);
    long nanos = nanoClock.getAsLong();
    Admission no = objection(now.scopes(client, pool), ask, Terms.ALONE, nanos);
    return no != null ? no : new Imagined(client.key().state(nanos, 1, ask.tokens()));
  }

  /** Whether a pool's own limits leave room for a call that falls back to it. */
  public boolean hasRoom(Pool pool, Demand demand) {
    Scope scope = book.pools.get(pool.name());
    if (scope == null) {
      return true;
    }
    long nanos = nanoClock.getAsLong();
    return scope.check(Ask.of(demand, 0).tokens(), Terms.ALONE, nanos) == null;
  }

  /**
   * A call fell back to a pool: its buckets are charged the request and the estimate, for which
   * nothing is held and nothing settled.
   */
  public void fellBack(Pool pool, Demand demand) {
    Scope scope = book.pools.get(pool.name());
    if (scope == null) {
      return;
    }
    long nanos = nanoClock.getAsLong();
    long tokens = Ask.of(demand, 0).tokens();
    if (scope.requests != null) {
      scope.requests.take(1, nanos);
    }
    if (scope.tokens != null) {
      scope.tokens.take(tokens, nanos);
    }
    if (fleet != null) {
      scope.owed.add(1, tokens, 0, 0);
    }
  }

  /** A caller's limits now. */
  public LimitState peek(Caller caller) {
    return client(book, caller).key().state(nanoClock.getAsLong(), 0, 0);
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
          for (Scope scope : client.scopes) {
            if (scope.budget != null) {
              all.put(client.tenant, Money.of(scope.budget.at(millis)));
            }
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
    Draft draft = new Draft(book, new ConcurrentHashMap<>(), nanoClock.getAsLong(), millis());
    Map<String, Decisions> decisions = new HashMap<>(book.decisions);
    Map<String, Client> clients = new ConcurrentHashMap<>();
    for (ApiKey key : config.keys()) {
      Tier tier = config.tiers().get(key.tier());
      if (tier != null) {
        Decisions counts = decisions.computeIfAbsent(tier.name(), this::decisionsOf);
        Scope[] scopes = draft.scopes(key.id(), key.tenant(), tier);
        clients.put(key.id(), new Client(key.tenant(), tier.name(), scopes, counts));
      }
    }
    Set<String> guests = new HashSet<>();
    for (String id : book.guests) {
      Client guest = book.clients.get(id);
      Tier tier = guest == null ? null : config.tiers().get(guest.tier);
      if (guest != null && tier != null && !clients.containsKey(id)) {
        Scope[] scopes = draft.scopes(id, guest.tenant, tier);
        clients.put(id, new Client(guest.tenant, tier.name(), scopes, guest.decisions));
        guests.add(id);
      }
    }
    Map<String, Scope> pools = new HashMap<>();
    for (Pool pool : config.pools().values()) {
      if (!pool.limits().equals(Limits.NONE)) {
        pools.put(pool.name(), draft.scope(pool));
      }
    }
    book = new Book(clients, guests, pools, draft.made, decisions);
    if (fleet != null) {
      fleet.watch(List.copyOf(draft.made.values()));
    }
  }

  private long millis() {
    return wallClock.millis();
  }

  /** A key's limits; those of a key that the config does not list are made at its first call. */
  private Client client(Book now, Caller caller) {
    Client known = now.clients.get(caller.keyId());
    return known != null && known.isOf(caller) ? known : guest(caller);
  }

  private synchronized Client guest(Caller caller) {
    Book now = book;
    Client known = now.clients.get(caller.keyId());
    if (known != null && known.isOf(caller)) {
      return known;
    }
    long nanos = nanoClock.getAsLong();
    if (now.guests.size() >= MOST_GUESTS) {
      forgetIdle(now, nanos);
    }
    Draft draft = new Draft(now, now.scopes, nanos, millis());
    Tier tier = caller.tier();
    Decisions counts = now.decisions.computeIfAbsent(tier.name(), this::decisionsOf);
    Client made =
        new Client(
            caller.tenant(),
            tier.name(),
            draft.scopes(caller.keyId(), caller.tenant(), tier),
            counts);
    now.clients.put(caller.keyId(), made);
    now.guests.add(caller.keyId());
    if (fleet != null) {
      fleet.watchToo(draft.fresh);
    }
    return made;
  }

  /** A key whose buckets are full and that holds no slot is as if it had never called. */
  private static void forgetIdle(Book now, long nanos) {
    now.guests.removeIf(id -> {
      Client guest = now.clients.get(id);
      if (guest != null && guest.isIdle(nanos)) {
        now.clients.remove(id);
        now.scopes.remove(Draft.keyScope(guest.tier, id));
        return true;
      }
      return guest == null;
    });
  }

  /** The scopes of a config in the making; one that was there before keeps what was taken. */
  private static final class Draft {
    final Map<String, Scope> made;
    final List<Scope> fresh = new ArrayList<>();
    private final Book before;
    private final long nanos;
    private final long millis;

    Draft(Book before, Map<String, Scope> made, long nanos, long millis) {
      this.before = before;
      this.made = made;
      this.nanos = nanos;
      this.millis = millis;
    }

    /** The key's, always and first; then those that have a limit. */
    Scope[] scopes(String keyId, String tenantName, Tier tier) {
      List<Scope> all = new ArrayList<>();
      String id = keyScope(tier.name(), keyId);
      String name = "your key (tier " + tier.name() + ")";
      all.add(scope(name, id, tier.limits(), Optional.empty()));
      if (tier.budget().isPresent() || !tier.tenantLimits().equals(Limits.NONE)) {
        String tenant = "tenant:" + tier.name() + ':' + tenantName;
        all.add(scope("your tenant", tenant, tier.tenantLimits(), tier.budget()));
      }
      if (!tier.tierLimits().equals(Limits.NONE)) {
        String of = "the tier '" + tier.name() + "'";
        all.add(scope(of, "tier:" + tier.name(), tier.tierLimits(), Optional.empty()));
      }
      return all.toArray(Scope[]::new);
    }

    Scope scope(Pool pool) {
      String name = "the pool '" + pool.name() + "'";
      return scope(name, "pool:" + pool.name(), pool.limits(), Optional.empty());
    }

    private Scope scope(String name, String id, Limits limits, Optional<Rate> budget) {
      Scope known = made.get(id);
      if (known == null) {
        known = Scope.of(name, id, limits, budget, before.scopes.get(id), nanos, millis);
        made.put(id, known);
        fresh.add(known);
      }
      return known;
    }

    static String keyScope(String tier, String keyId) {
      return "key:" + tier + ':' + keyId;
    }
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

  private Admission decide(Client client, Scope[] scopes, Ask ask, Terms terms) {
    while (true) {
      long nanos = nanoClock.getAsLong();
      Refusal no = objection(scopes, ask, terms, nanos);
      if (no != null) {
        return refused(client, no);
      }
      Held held = take(scopes, ask, terms, nanos);
      if (held != null) {
        client.decisions.admitted.increment();
        return held;
      }
    }
  }

  /** Why not, or null; changes nothing. What never fits is told first, then what is spent. */
  private @Nullable Refusal objection(Scope[] scopes, Ask ask, Terms terms, long nanos) {
    Refusal never = Wording.tooLarge(scopes, ask);
    if (never == null && !terms.alone()) {
      never = denial(scopes, terms, nanos);
    }
    if (never != null) {
      return never;
    }
    Scope.Hindrance hindrance = null;
    boolean anyBudget = false;
    for (Scope scope : scopes) {
      hindrance = Scope.Hindrance.worse(hindrance, scope.check(ask.tokens(), terms, nanos));
      anyBudget |= scope.budget != null;
    }
    if (anyBudget && terms.countsMoney()) {
      Refusal money = spent(scopes, ask, terms, nanos, hindrance == null);
      if (money != null) {
        return money;
      }
    }
    return hindrance == null ? null : Wording.limited(hindrance, scopes[0].state(nanos, 0, 0));
  }

  private static @Nullable Refusal denial(Scope[] scopes, Terms terms, long nanos) {
    for (Scope scope : scopes) {
      String limit = scope.denied(terms);
      if (limit != null) {
        return Wording.denied(limit, scopes[0].state(nanos, 0, 0));
      }
    }
    return null;
  }

  /** Money that is not there; what calls in flight hold is told of only where nothing else is. */
  private @Nullable Refusal spent(
      Scope[] scopes, Ask ask, Terms terms, long nanos, boolean nothingElse) {
    long millis = wallClock.millis();
    long asked = ask.maxMicroUsd() * terms.sharers();
    for (Scope scope : scopes) {
      if (scope.budget != null) {
        Budget.Spent money = scope.budget.at(millis);
        if (money.lacksForGood(asked)) {
          return Wording.spent(scope, money, millis);
        }
        if (nothingElse && money.lacks(asked)) {
          return Wording.held(scope, scopes[0].state(nanos, 0, 0));
        }
      }
    }
    return null;
  }

  private @Nullable Held take(Scope[] scopes, Ask ask, Terms terms, long nanos) {
    Scope.Hold[] holds = new Scope.Hold[scopes.length];
    for (int i = 0; i < scopes.length; i++) {
      long millis = scopes[i].budget == null ? 0 : wallClock.millis();
      Scope.Hold hold = scopes[i].take(ask, terms, nanos, millis);
      if (hold == null) {
        while (--i >= 0) {
          holds[i].undo(nanos);
        }
        return null;
      }
      holds[i] = hold;
    }
    outstanding.increment();
    return new Held(this, holds, ask, terms, scopes[0].state(nanos, 0, 0));
  }

  /** The start of the window in which a scope's money is counted now. */
  long moneyWindow(Scope scope) {
    return scope.budget == null ? 0 : scope.budget.at(wallClock.millis()).startMillis();
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

  /** One key, or one token's subject. */
  private record Client(String tenant, String tier, Scope[] scopes, Decisions decisions) {
    boolean isOf(Caller caller) {
      return tier.equals(caller.tier().name()) && tenant.equals(caller.tenant());
    }

    boolean isIdle(long nanos) {
      LimitState state = key().state(nanos, 0, 0);
      return key().slots.inUse() == 0
          && key().owed.isNothing()
          && state.requestsResetNanos() == 0
          && state.tokensResetNanos() == 0;
    }

    Scope key() {
      return scopes[0];
    }
  }

  /** All that a config's limits are, and what is taken from them. */
  private record Book(
      Map<String, Client> clients,
      Set<String> guests,
      Map<String, Scope> pools,
      Map<String, Scope> scopes,
      Map<String, Decisions> decisions) {
    static final Book EMPTY = new Book(Map.of(), Set.of(), Map.of(), Map.of(), Map.of());

    /** The scopes of one call. */
    Scope[] scopes(Client client, @Nullable Pool pool) {
      Scope more = pool == null ? null : pools.get(pool.name());
      if (more == null) {
        return client.scopes;
      }
      Scope[] all = Arrays.copyOf(client.scopes, client.scopes.length + 1);
      all[client.scopes.length] = more;
      return all;
    }
  }
}
