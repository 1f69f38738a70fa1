package io.penstock.gateway.choose;

import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.Tier;
import io.penstock.config.catalog.ApiPrice;
import io.penstock.config.catalog.Catalog;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Route;
import io.penstock.gateway.call.Routed;
import io.penstock.planner.model.ModelSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The pool for a call, by what the caller's tier may use, what the call asks for and how hard it
 * is. Pure: the same call, caller and demand give the same route, so a dry run says what would
 * happen. It knows nothing of load or health; {@link Backends} does.
 *
 * <p>A call that names no model, or {@code auto}, goes where its tier sends its complexity. Where
 * that pool cannot take it (its context is too small, it has no tools, no vision, no embeddings),
 * the next allowed pool that can is taken, harder classes first. A call that names a pool, in the
 * body or in {@code x-penstock-pool}, or a model, gets that or a refusal, never another one; the
 * header wins over the body, so that a client whose library insists on a model can still pin.
 */
public final class Router {
  private static final String AUTO = "auto";

  private final Map<String, Pool> pools;
  private final Names names;
  private final Map<String, TierRoutes> tiers = new HashMap<>();

  public Router(PenstockConfig config) {
    this(config, name -> catalogueName(config.catalog(), name));
  }

  private static String catalogueName(Catalog catalog, String name) {
    return catalog
        .models()
        .find(name)
        .map(ModelSpec::name)
        .or(() -> catalog.prices().find(name).map(ApiPrice::model))
        .orElse(name);
  }

  /**
   * @param config tiers and pools, already checked: every name in a route is a pool
   * @param catalogueName the catalogue's name of a model for any of its aliases; an unknown name
   *     comes back as it is
   */
  public Router(PenstockConfig config, UnaryOperator<String> catalogueName) {
    this.pools = config.pools();
    this.names = new Names(config, catalogueName);
    for (Tier tier : config.tiers().values()) {
      tiers.put(tier.name(), new TierRoutes(tier, config));
    }
  }

  /** The pool for a call, or why there is none. */
  public Routed route(Call call, Caller caller, Demand demand) {
    TierRoutes tier = Objects.requireNonNull(tiers.get(caller.tier().name()));
    Need need = Need.of(call, demand);
    String pinned = call.directives().pool();
    if (pinned != null) {
      return pinnedByHeader(pinned, tier, need);
    }
    String model = call.body().model();
    return model == null || model.equals(AUTO)
        ? byComplexity(tier, demand, need)
        : pinnedByName(model, tier, need);
  }

  /**
   * Whether a call may be sent to a pool in the place of the one that it was routed to: its tier
   * may use it, it can take it, and it has the same model where the client named one.
   */
  public boolean mayTake(Pool pool, Pool instead, Call call, Caller caller, Demand demand) {
    String model = call.body().model();
    boolean named = call.directives().pool() != null || (model != null && !model.equals(AUTO));
    return allowed(caller.tier()).contains(pool)
        && Need.of(call, demand).metBy(pool)
        && (!named || pool.model().equals(instead.model()));
  }

  /**
   * Where a call goes instead when its pool is full, nearest first: what its tier gives to easier
   * classes, or to harder ones, where the call may be sent there.
   */
  public List<Pool> whenBusy(Pool full, Call call, Caller caller, Demand demand) {
    return Objects.requireNonNull(tiers.get(caller.tier().name()))
        .whenBusy(demand.complexity().level(), caller.tier().whenBusy())
        .stream()
        .filter(pool -> !pool.equals(full) && mayTake(pool, full, call, caller, demand))
        .toList();
  }

  /** The pools that a tier may use, in the order of its route; for {@code /v1/models}. */
  public List<Pool> allowed(Tier tier) {
    return Objects.requireNonNull(tiers.get(tier.name())).allowed();
  }

  private static Routed byComplexity(TierRoutes tier, Demand demand, Need need) {
    var complexity = demand.complexity().level();
    Route usual = tier.usual(complexity);
    if (need.metBy(usual.pool())) {
      return usual;
    }
    List<Pool> order = tier.order(complexity);
    Pool able = firstAble(order, need);
    if (able == null) {
      return need.refusal(order, "of tier '" + tier.tier() + '\'');
    }
    String reason =
        "tier %s sends %s requests to %s, but %s; %s can take it"
            .formatted(
                tier.tier(),
                complexity.label(),
                usual.pool().name(),
                need.missingIn(usual.pool()),
                able.name());
    return new Route(able, reason, others(tier, able, need, null));
  }

  private Routed pinnedByHeader(String name, TierRoutes tier, Need need) {
    Pool pool = pools.get(name);
    return pool == null
        ? new Refusal.NotServed(
            null, "The header x-penstock-pool names the pool '" + name + "', which does not exist.")
        : pinned(name, List.of(pool), tier, need, "the header x-penstock-pool");
  }

  private Routed pinnedByName(String model, TierRoutes tier, Need need) {
    List<Pool> named = names.named(model);
    return named.isEmpty()
        ? new Refusal.ModelNotFound(model)
        : pinned(model, named, tier, need, "the request's model");
  }

  private static Routed pinned(
      String name, List<Pool> named, TierRoutes tier, Need need, String by) {
    List<Pool> allowed = named.stream().filter(tier.allowed()::contains).toList();
    if (allowed.isEmpty()) {
      return new Refusal.ModelNotAllowed(name, tier.tier());
    }
    Pool able = firstAble(allowed, need);
    if (able == null) {
      return need.refusal(allowed, "named '" + name + '\'');
    }
    String reason = by + " pins " + able.name() + (name.equals(able.name()) ? "" : " as " + name);
    return new Route(able, reason, others(tier, able, need, "the request pins " + able.name()));
  }

  private static @Nullable Pool firstAble(List<Pool> pools, Need need) {
    for (Pool pool : pools) {
      if (need.metBy(pool)) {
        return pool;
      }
    }
    return null;
  }

  private static List<Route.Alternative> others(
      TierRoutes tier, Pool taken, Need need, @Nullable String why) {
    List<Route.Alternative> others = new ArrayList<>(tier.allowed().size());
    for (Pool pool : tier.allowed()) {
      if (!pool.equals(taken)) {
        String missing = need.missingIn(pool);
        String whyNot = missing != null ? missing : why != null ? why : tier.use(pool);
        others.add(new Route.Alternative(pool, whyNot));
      }
    }
    return others;
  }
}
