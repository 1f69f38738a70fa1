package io.penstock.gateway.admit;

import io.penstock.config.Admin;
import io.penstock.config.ApiKey;
import io.penstock.config.Balance;
import io.penstock.config.Cache;
import io.penstock.config.Complexity;
import io.penstock.config.ComplexityBands;
import io.penstock.config.Limits;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.Rate;
import io.penstock.config.Resilience;
import io.penstock.config.Server;
import io.penstock.config.Slo;
import io.penstock.config.Tier;
import io.penstock.config.Timeouts;
import io.penstock.config.catalog.Catalog;
import io.penstock.gateway.call.Assessment;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Demand;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Configs, callers and demands for the tests of this package. */
final class Given {
  private Given() {}

  static Optional<Rate> per(double amount, Duration window) {
    return Optional.of(new Rate(amount, window));
  }

  static Optional<Rate> perMinute(double amount) {
    return per(amount, Duration.ofMinutes(1));
  }

  static Tier tier(String name, Limits limits) {
    return tier(name, limits, Optional.empty());
  }

  static Tier tier(String name, Limits limits, Limits ofTenant, Limits ofTier) {
    Tier plain = tier(name, limits);
    return new Tier(
        name,
        limits,
        ofTenant,
        ofTier,
        plain.budget(),
        plain.priority(),
        plain.route(),
        plain.pools(),
        plain.whenBusy(),
        plain.reserved());
  }

  static Tier tier(String name, Limits limits, Optional<Rate> budget) {
    Map<Complexity, String> route =
        Map.of(Complexity.SIMPLE, "small", Complexity.MEDIUM, "small", Complexity.COMPLEX, "small");
    return new Tier(
        name,
        limits,
        budget,
        Tier.Priority.NORMAL,
        route,
        List.of(),
        Tier.WhenBusy.REJECT,
        Map.of());
  }

  static ApiKey key(String id, Tier tier, String tenant) {
    String hash = String.format("%064x", new BigInteger(1, id.getBytes(StandardCharsets.UTF_8)));
    return new ApiKey(id, hash, tier.name(), tenant);
  }

  /** One key per tier, of the tier's name, and a tenant of that name. */
  static PenstockConfig config(Tier... tiers) {
    List<ApiKey> keys =
        Arrays.stream(tiers).map(tier -> key(tier.name(), tier, tier.name())).toList();
    return config(keys, List.of(pool(Limits.NONE)), tiers);
  }

  static PenstockConfig config(List<ApiKey> keys, List<Pool> pools, Tier... tiers) {
    Map<String, Tier> byName = new LinkedHashMap<>();
    Arrays.stream(tiers).forEach(tier -> byName.put(tier.name(), tier));
    Map<String, Pool> poolsByName = new LinkedHashMap<>();
    poolsByName.put("small", pool(Limits.NONE));
    pools.forEach(pool -> poolsByName.put(pool.name(), pool));
    return new PenstockConfig(
        Server.DEFAULT,
        Admin.DEFAULT,
        byName,
        keys,
        Optional.empty(),
        Optional.empty(),
        poolsByName,
        ComplexityBands.DEFAULT,
        Cache.OFF,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Catalog.shipped());
  }

  static Pool pool(Limits limits) {
    return new Pool(
        "small",
        "llama-2-7b",
        "llama-2-7b",
        Pool.Provider.VLLM,
        List.of(new Pool.Backend("small-1", URI.create("http://127.0.0.1:1"))),
        List.of(),
        Optional.empty(),
        Slo.NONE,
        Timeouts.DEFAULT,
        Balance.DEFAULT,
        Resilience.DEFAULT,
        List.of(),
        limits,
        Pool.ResponseModel.UPSTREAM,
        4096,
        Pool.Supports.DEFAULT,
        Optional.empty(),
        Map.of(),
        List.of(),
        io.penstock.config.Waiting.DEFAULT,
        io.penstock.config.Batch.OFF,
        Optional.empty());
  }

  static Caller caller(Tier tier) {
    return caller(tier.name(), tier, tier.name());
  }

  static Caller caller(String keyId, Tier tier, String tenant) {
    return new Caller(keyId, tenant, tier);
  }

  static Demand demand(int promptTokens, int completionTokens) {
    Assessment simple = new Assessment(Complexity.SIMPLE, 0.1, false, List.of());
    return new Demand(promptTokens, completionTokens, completionTokens, simple, false, false);
  }
}
