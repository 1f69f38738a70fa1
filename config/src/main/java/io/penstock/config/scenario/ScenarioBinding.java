package io.penstock.config.scenario;

import io.penstock.config.Notation;
import io.penstock.config.Rate;
import io.penstock.config.Section;
import io.penstock.config.catalog.ApiPrice;
import io.penstock.config.catalog.Catalog;
import io.penstock.planner.capacity.Lengths;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.model.Precision;
import io.penstock.planner.scenario.KvBudget;
import io.penstock.planner.scenario.SimpleLatency;
import io.penstock.planner.size.Availability;
import io.penstock.planner.size.Availability.Domain;
import io.penstock.planner.size.Bound;
import io.penstock.planner.size.Demand;
import io.penstock.planner.size.Money;
import io.penstock.planner.size.Requirement;
import io.penstock.planner.size.Spot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The keys of a scenario file, and what they become. Pools' hardware is in {@link Hardware}. */
final class ScenarioBinding {
  private static final double SECONDS_PER_DAY = 86_400;
  private static final Workload SOME_LOAD = Workload.of(100, 100);
  private static final Demand SOME_DEMAND = Demand.rate(1, 1, SOME_LOAD);

  private final Catalog catalog;

  ScenarioBinding(Catalog catalog) {
    this.catalog = catalog;
  }

  Optional<Scenario> scenario(Section root) {
    String name = root.text("name");
    String source = root.text("source", "");
    root.need("traffic");
    Demand demand = root.section("traffic").map(ScenarioBinding::traffic).orElse(SOME_DEMAND);
    double reaching = 1 - root.section("caches").map(ScenarioBinding::answered).orElse(0.0);
    List<Bound> slo = root.section("slo").map(ScenarioBinding::slo).orElse(List.of());
    Availability availability =
        root.section("availability").map(ScenarioBinding::availability).orElse(Availability.NONE);
    Money money = root.section("budget").map(this::money).orElse(Money.UNBOUNDED);
    double doubt = root.number("uncertainty", Requirement.UNCALIBRATED);
    var hardware = new Hardware(catalog, root.section("allow"));
    var pools = new ArrayList<PoolWish>();
    var poolNames = new ArrayList<String>();
    root.need("pools");
    for (boolean candidate : new boolean[] {false, true}) {
      root.named(
              candidate ? "candidates" : "pools",
              (pool, section) ->
                  made(
                      section,
                      "",
                      () -> {
                        poolNames.add(pool);
                        var share = section.read("share", Notation.SHARE, 1.0);
                        var part = demand.times(share * reaching);
                        var asked =
                            new Requirement(
                                pool, part, poolSlo(section, slo), availability, money, doubt);
                        return rated(
                            section, hardware.wish(pool, section, candidate, share, asked));
                      }))
          .values()
          .forEach(wish -> wish.ifPresent(pools::add));
    }
    var methods = root.section("methods");
    var kv = methods.flatMap(m -> m.section("kv-budget")).flatMap(this::kvBudget);
    var simple =
        methods.flatMap(m -> m.section("simple-latency")).flatMap(ScenarioBinding::simpleLatency);
    methods.ifPresent(Section::done);
    var claims =
        root.sections("claims").stream()
            .flatMap(claim -> new ClaimBinding(claim).claim(poolNames, kv, simple).stream())
            .toList();
    var given = root.sections("given").stream().map(ScenarioBinding::given).toList();
    root.done();
    return Optional.of(
        new Scenario(name, source, pools, money.budgetUsdPerMonth(), kv, simple, claims, given));
  }

  /** How often the users of an API send is not known: that is for hardware to say. */
  private static PoolWish rated(Section section, PoolWish wish) {
    boolean unrated = wish.requirement().demand().peakPerSecond() == 0;
    if (!wish.candidate() && wish.bought().isPresent() && unrated) {
      section.complain(
          section.below("provider"), "needs traffic.requests-per-second beside concurrent-users");
    }
    return wish;
  }

  private static Scenario.Given given(Section section) {
    var given = new Scenario.Given(section.text("what"), section.text("text"));
    section.done();
    return given;
  }

  // ---- traffic

  private static Demand traffic(Section section) {
    double factor = section.number("peak-to-average", 1);
    double[] rates = rates(section, factor);
    var prompt = lengths(section, "prompt-tokens");
    var completion = lengths(section, "completion-tokens");
    double prefix = section.read("prefix-hits", Notation.SHARE, 0.0);
    double perStep = section.number("tokens-per-step", 1);
    double users = section.number("concurrent-users", 0);
    double think = seconds(section.read("think-time", Notation.DURATION, Duration.ZERO));
    section.done();
    return made(
            section,
            "",
            () -> {
              var load = new Workload(prompt, completion, prefix, perStep);
              return new Demand(rates[0], rates[1], load, users, think);
            })
        .orElse(SOME_DEMAND);
  }

  /** Requests a second at the peak and on average, however they are written. */
  private static double[] rates(Section section, double factor) {
    if (section.has("by-hour")) {
      var hours = section.numbers("by-hour");
      double peak = hours.stream().mapToDouble(x -> x).max().orElse(0);
      return new double[] {peak * factor, hours.stream().mapToDouble(x -> x).average().orElse(0)};
    }
    if (section.has("requests-per-day")) {
      double average = section.number("requests-per-day") / SECONDS_PER_DAY;
      return new double[] {average * factor, average};
    }
    if (!section.isSection("requests-per-second")) {
      double rate = section.number("requests-per-second", 0);
      return new double[] {rate * factor, rate};
    }
    return section
        .section("requests-per-second")
        .map(rates -> {
          double peak = rates.number("peak");
          double average = rates.number("average", peak);
          rates.done();
          return new double[] {peak, average};
        })
        .orElse(new double[] {0, 0});
  }

  private static Lengths lengths(Section section, String key) {
    if (!section.isSection(key)) {
      section.need(key);
      double tokens = section.number(key, 100);
      return made(section, key, () -> Lengths.fixed(some(tokens))).orElse(Lengths.fixed(100));
    }
    return section
        .section(key)
        .flatMap(inner -> {
          inner.need("mean");
          double mean = inner.number("mean", 100);
          double variation = inner.number("variation", 0);
          inner.done();
          return made(inner, "", () -> Lengths.logNormal(some(mean), variation));
        })
        .orElse(Lengths.fixed(100));
  }

  private static double some(double tokens) {
    if (!(tokens > 0)) {
      throw new IllegalArgumentException("must be 1 token or more, not " + tokens);
    }
    return tokens;
  }

  private static double answered(Section section) {
    double hits = section.read("response-hits", Notation.SHARE, 0.0);
    if (hits >= 1) {
      section.complain(section.below("response-hits"), "leaves nothing to serve: write less");
    }
    section.done();
    return Math.min(hits, 0.999);
  }

  // ---- promises

  private static List<Bound> poolSlo(Section pool, List<Bound> general) {
    return pool.section("slo").map(ScenarioBinding::slo).orElse(general);
  }

  private static List<Bound> slo(Section section) {
    var bounds = new ArrayList<Bound>();
    for (var metric : Bound.Metric.values()) {
      for (var percentile : Bound.Percentile.values()) {
        String key = new Bound(metric, percentile, 1).name();
        section
            .optional(key, Notation.DURATION)
            .flatMap(time -> made(section, key, () -> new Bound(metric, percentile, seconds(time))))
            .ifPresent(bounds::add);
      }
    }
    section.done();
    return bounds;
  }

  private static Availability availability(Section section) {
    double headroom = section.read("headroom", Notation.SHARE, 0.0);
    int spares = section.integer("spare-replicas", 0);
    var regions = section.named("regions", Notation.SHARE);
    Spot spot = section.section("spot").map(ScenarioBinding::spot).orElse(Spot.NONE);
    section.done();
    var domains =
        regions.isEmpty()
            ? Availability.NONE.domains()
            : regions.entrySet().stream().map(e -> new Domain(e.getKey(), e.getValue())).toList();
    double sum = domains.stream().mapToDouble(Domain::share).sum();
    if (Math.abs(sum - 1) > 1e-6) {
      section.complain(section.below("regions"), "do not sum to 100%");
    }
    return made(section, "", () -> new Availability(headroom, spares, domains).with(spot))
        .orElse(Availability.NONE);
  }

  private static Spot spot(Section section) {
    double share = section.read("share", Notation.SHARE, 1.0);
    section.need("interruptions");
    double perHour =
        section.optional("interruptions", Notation.RATE).map(Rate::perSecond).orElse(0.0) * 3600;
    section.need("replacement");
    double replacement = seconds(section.read("replacement", Notation.DURATION, Duration.ZERO));
    double confidence = section.read("confidence", Notation.SHARE, Spot.NONE.confidence());
    section.done();
    return made(section, "", () -> new Spot(share, perHour, replacement, confidence))
        .orElse(Spot.NONE);
  }

  private Money money(Section section) {
    double budget = section.number("usd-per-month", 0);
    Optional<ApiPrice> api =
        section
            .optionalText("api")
            .flatMap(name -> {
              var price = catalog.prices().find(name);
              if (price.isEmpty()) {
                section.complain(section.below("api"), catalog.prices().unknown(name));
              }
              return price;
            });
    section.done();
    return made(section, "", () -> new Money(budget, api.map(ApiPrice::price)))
        .orElse(Money.UNBOUNDED);
  }

  // ---- the sources' own formulas

  private Optional<KvBudget> kvBudget(Section section) {
    String model = section.text("model");
    String node = section.text("node");
    String kv = section.text("kv", "fp16");
    int concurrency = section.integer("concurrency", 0);
    int context = section.integer("context-tokens", 0);
    double ratio = section.number("ratio");
    double overhead = section.number("overhead-gib", 0);
    double headroom = section.read("headroom", Notation.SHARE, 0.0);
    int spares = section.integer("spares", 0);
    section.done();
    return made(
        section,
        "",
        () ->
            new KvBudget(
                catalog.models().get(model),
                Precision.named(kv)
                    .orElseThrow(
                        () -> new IllegalArgumentException("no precision is called " + kv)),
                catalog.nodes().get(node).marketedMemoryBytes() / 1e9,
                concurrency,
                context,
                ratio,
                overhead,
                headroom,
                spares));
  }

  private static Optional<SimpleLatency> simpleLatency(Section section) {
    double completion = section.number("completion-tokens");
    double speed = section.number("tokens-per-second");
    double batch = section.number("batch", 1);
    double factor = section.number("factor", 1);
    double overhead = section.number("overhead-ms", 0);
    double price = section.number("usd-per-gpu-hour", 0);
    int gpus = section.integer("gpus", 1);
    section.done();
    return made(
        section,
        "",
        () -> new SimpleLatency(completion, speed, batch, factor, overhead, price, gpus));
  }

  // ---- both

  /** What {@code maker} makes, or a complaint with the line that it refuses with. */
  static <T> Optional<T> made(Section section, String key, Supplier<T> maker) {
    try {
      return Optional.of(maker.get());
    } catch (IllegalArgumentException refused) {
      if (!section.spoiled()) {
        String where = key.isEmpty() ? section.path() : section.below(key);
        section.complain(where, String.valueOf(refused.getMessage()));
      }
      return Optional.empty();
    }
  }

  private static double seconds(Duration time) {
    return time.toNanos() / 1e9;
  }
}
