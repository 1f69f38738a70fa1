package io.penstock.gateway.account;

import io.penstock.config.Admin;
import io.penstock.config.Balance;
import io.penstock.config.Cache;
import io.penstock.config.Complexity;
import io.penstock.config.ComplexityBands;
import io.penstock.config.Limits;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.Resilience;
import io.penstock.config.Server;
import io.penstock.config.Slo;
import io.penstock.config.Tier;
import io.penstock.config.Timeouts;
import io.penstock.config.catalog.Catalog;
import io.penstock.gateway.call.Assessment;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Directives;
import io.penstock.gateway.call.Ending;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Route;
import io.penstock.gateway.call.ScannedBody;
import io.penstock.gateway.call.Usage;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A config, and endings of calls, for the tests of this package. */
final class Given {
  static final long MS = 1_000_000;
  static final Pool SMALL = pool("small");
  static final Pool LARGE = pool("large");
  static final Tier FREE = tier("free", "small", "small");
  static final Tier PAID = tier("paid", "small", "large");

  private Given() {}

  private static Pool pool(String name) {
    return new Pool(
        name,
        "llama-2-7b",
        "llama-2-7b",
        Pool.Provider.VLLM,
        List.of(new Pool.Backend(name + "-1", URI.create("http://127.0.0.1:1"))),
        List.of(),
        Optional.empty(),
        Slo.NONE,
        Timeouts.DEFAULT,
        Balance.DEFAULT,
        Resilience.DEFAULT,
        List.of(),
        Limits.NONE,
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

  private static Tier tier(String name, String simple, String complex) {
    Map<Complexity, String> route =
        Map.of(Complexity.SIMPLE, simple, Complexity.MEDIUM, simple, Complexity.COMPLEX, complex);
    return new Tier(
        name,
        Limits.NONE,
        Optional.empty(),
        Tier.Priority.NORMAL,
        route,
        List.of(),
        Tier.WhenBusy.REJECT,
        Map.of());
  }

  static PenstockConfig config() {
    Map<String, Tier> tiers = new LinkedHashMap<>();
    tiers.put("free", FREE);
    tiers.put("paid", PAID);
    Map<String, Pool> pools = new LinkedHashMap<>();
    pools.put("small", SMALL);
    pools.put("large", LARGE);
    return new PenstockConfig(
        Server.DEFAULT,
        Admin.DEFAULT,
        tiers,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        pools,
        ComplexityBands.DEFAULT,
        Cache.OFF,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Catalog.shipped());
  }

  /** A call with an id of its own, even where the text is the same. */
  static Call call(String id, boolean stream, int choices) {
    byte[] bytes = "{\"messages\":[\"a secret prompt\"]}".getBytes(StandardCharsets.UTF_8);
    var body =
        new ScannedBody(
            bytes,
            bytes.length,
            List.of(),
            null,
            stream,
            false,
            List.of(),
            -1,
            choices,
            Double.NaN,
            false,
            0,
            false,
            0,
            1,
            0,
            List.of());
    return new Call(
        new String(id),
        1,
        Operation.CHAT_COMPLETIONS,
        "Bearer sk-a-secret-key",
        Directives.NONE,
        body);
  }

  static Demand demand(Complexity complexity) {
    return new Demand(10, 20, 30, new Assessment(complexity, 0.1, false, List.of()), false, false);
  }

  /** A stream of 101 tokens: 40 ms to its first token, 20 ms each from there. */
  static Ending streamed(Call call) {
    return new Ending(
        Ending.Outcome.ANSWERED,
        "ok",
        call,
        new Caller("key-1", "acme", PAID),
        demand(Complexity.SIMPLE),
        new Route(SMALL, "because", List.of()),
        "small-1",
        new Usage(120, 16, 101, true),
        200,
        1,
        2 * MS,
        39 * MS,
        40 * MS,
        2040 * MS,
        3,
        false);
  }

  static Ending ended(Ending.Outcome outcome, String reason, Call call, Tier tier, Pool pool) {
    return new Ending(
        outcome,
        reason,
        call,
        new Caller("key-1", "acme", tier),
        demand(Complexity.COMPLEX),
        new Route(pool, "because", List.of()),
        pool.backends().getFirst().id(),
        new Usage(10, 0, 5, true),
        outcome == Ending.Outcome.ANSWERED ? 200 : 0,
        1,
        MS,
        2 * MS,
        3 * MS,
        4 * MS,
        1,
        false);
  }

  /** Refused before anything of it was known. */
  static Ending refusedAtTheDoor() {
    return new Ending(
        Ending.Outcome.REFUSED,
        "invalid_json",
        null,
        null,
        null,
        null,
        null,
        Usage.NONE,
        400,
        0,
        0,
        0,
        MS,
        MS,
        0,
        false);
  }
}
