package io.penstock.config;

import io.penstock.config.catalog.Catalog;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The keys of a pool. */
final class PoolBinding {
  /** Fields that are Penstock's to write; each with the key that is meant instead. */
  private static final Map<String, String> PENSTOCKS =
      Map.of(
          "model", "served-model says what the servers call it",
          "stream", "the client says whether it wants a stream",
          "stream_options", "Penstock always asks for the usage");

  private static final Pool.Backend NOWHERE =
      new Pool.Backend("nowhere", URI.create("http://invalid"));

  private final Reading reading;
  private final Catalog catalog;

  PoolBinding(Reading reading, Catalog catalog) {
    this.reading = reading;
    this.catalog = catalog;
  }

  Pool pool(String name, Section section) {
    String called = ConfigBinding.named(section, name);
    String model = section.text("model");
    String servedModel = section.expanded("served-model").orElse(model);
    Optional<Capacity> capacity = section.section("capacity").flatMap(PoolBinding::capacity);
    Pool.Provider provider = section.choice("provider", usualProvider(section));
    List<Pool.Backend> backends = backends(called, section);
    List<Secret> keys = keys(section);
    Slo slo = section.section("slo").map(PoolBinding::slo).orElse(Slo.NONE);
    Timeouts timeouts =
        section.section("timeouts").map(PoolBinding::timeouts).orElse(Timeouts.DEFAULT);
    Balance balance = section.section("balance").map(PoolBinding::balance).orElse(Balance.DEFAULT);
    Resilience resilience = resilience(section);
    List<String> fallback = section.texts("fallback");
    Limits limits = section.section("limits").map(ConfigBinding::limits).orElse(Limits.NONE);
    var responseModel = section.choice("response-model", Pool.ResponseModel.UPSTREAM);
    int context = context(section, model);
    Pool.Supports supports =
        section.section("supports").map(PoolBinding::supports).orElse(Pool.Supports.DEFAULT);
    Optional<Pool.Price> price = section.section("price").map(PoolBinding::price);
    Map<String, String> set = section.json("set");
    List<String> remove = section.texts("remove");
    Waiting waiting = section.section("queue").map(PoolBinding::waiting).orElse(Waiting.DEFAULT);
    Batch batch = section.section("batch").map(PoolBinding::batch).orElse(Batch.OFF);
    Optional<Discovery> discover = section.section("discover").flatMap(this::discovery);
    // What could not be read was complained about; an empty list besides would say nothing.
    List<Pool.Backend> servers =
        backends.isEmpty() && discover.isEmpty() ? List.of(NOWHERE) : backends;
    leaveToPenstock(section, set.keySet(), remove);
    section.done();
    return new Pool(
        called,
        model,
        servedModel,
        provider,
        servers,
        keys,
        capacity,
        slo,
        timeouts,
        balance,
        resilience,
        fallback,
        limits,
        responseModel,
        context,
        supports,
        price,
        set,
        remove,
        waiting,
        batch,
        discover);
  }

  /** One credential, or several that take turns. */
  private List<Secret> keys(Section section) {
    Optional<Secret> only =
        section.secret(
            "key",
            () ->
                reading.problems().warn(section.below("key"), "is not set: no credential is sent"));
    List<Secret> several = section.secrets("keys");
    if (section.has("key") && section.has("keys")) {
      section.complain(section.below("key"), "stands beside keys: write one of them");
    }
    return several.isEmpty() ? only.stream().toList() : several;
  }

  private static Resilience resilience(Section section) {
    Breaker breaker = section.section("breaker").map(PoolBinding::breaker).orElse(Breaker.DEFAULT);
    Asking asking = section.section("health").map(PoolBinding::asking).orElse(Asking.NEVER);
    Retries retries = section.section("retries").map(PoolBinding::retries).orElse(Retries.DEFAULT);
    Hedge hedge = section.section("hedge").map(PoolBinding::hedge).orElse(Hedge.OFF);
    return new Resilience(breaker, retries, asking.health(), asking.metrics(), hedge);
  }

  private static Batch batch(Section section) {
    var wait = section.read("wait", Notation.DURATION, Batch.USUAL.await());
    int max = section.integer("max", Batch.USUAL.max());
    return section.make(() -> new Batch(wait, max), Batch.OFF);
  }

  private static Hedge hedge(Section section) {
    double share = section.read("share", Notation.SHARE, Hedge.USUAL.share());
    Duration after = section.read("after", Notation.DURATION, Hedge.USUAL.after());
    var priority = section.choice("priority", Hedge.USUAL.priority());
    return section.make(() -> new Hedge(share, after, priority), Hedge.USUAL);
  }

  private static Retries retries(Section section) {
    var otherwise = Retries.DEFAULT;
    double share = section.read("share", Notation.SHARE, otherwise.share());
    int least = section.integer("least", otherwise.least());
    return section.make(() -> new Retries(share, least), otherwise);
  }

  private static Breaker breaker(Section section) {
    var otherwise = Breaker.DEFAULT;
    double errors = section.read("errors", Notation.SHARE, otherwise.errors());
    double slow = section.read("slow", Notation.SHARE, otherwise.slow());
    var slowFirst = section.read("slow-first-token", Notation.DURATION, otherwise.slowFirstToken());
    int window = section.integer("window", otherwise.window());
    int minimum = section.integer("minimum", Math.min(window, otherwise.minimum()));
    var pause = section.read("pause", Notation.DURATION, otherwise.pause());
    var longest = section.read("longest-pause", Notation.DURATION, otherwise.longestPause());
    return section.make(
        () -> new Breaker(errors, slow, slowFirst, window, minimum, pause, longest), otherwise);
  }

  /** How often servers are asked, and for what. */
  private record Asking(Duration health, Duration metrics) {
    static final Asking NEVER = new Asking(Duration.ZERO, Duration.ZERO);
  }

  private static Asking asking(Section section) {
    var health = section.read("interval", Notation.DURATION, Duration.ZERO);
    var metrics = section.read("metrics", Notation.DURATION, Duration.ZERO);
    section.done();
    return new Asking(health, metrics);
  }

  /** Who has an address and no hardware sells tokens; who has hardware runs vLLM. */
  private static Pool.Provider usualProvider(Section section) {
    return section.has("url") && !section.has("capacity")
        ? Pool.Provider.OPENAI
        : Pool.Provider.VLLM;
  }

  private List<Pool.Backend> backends(String pool, Section section) {
    Optional<Pool.Backend> only = url(section).map(url -> new Pool.Backend(pool, url));
    List<Section> written = section.sections("backends");
    List<Pool.Backend> listed = written.stream().flatMap(each -> backend(each).stream()).toList();
    if (section.has("url") && section.has("backends")) {
      section.complain(section.below("url"), "stands beside backends: write one of them");
    } else if (section.has("discover")) {
      return lookedUp(section);
    } else if (!section.has("url")) {
      section.need("backends");
    }
    if (section.has("backends") && written.isEmpty()) {
      section.complain(
          section.below("backends"), "is empty: write [{id: NAME, url: \"http://HOST:PORT\"}]");
    }
    if (!listed.isEmpty()) {
      return listed;
    }
    return List.of(only.orElse(NOWHERE));
  }

  /** None yet. */
  private static List<Pool.Backend> lookedUp(Section section) {
    for (String beside : List.of("url", "backends")) {
      if (section.has(beside)) {
        section.complain(section.below(beside), "stands beside discover: write one of them");
      }
    }
    return List.of();
  }

  private Optional<Pool.Backend> backend(Section section) {
    return backend(reading, section);
  }

  /** One server, wherever it is written. */
  static Optional<Pool.Backend> backend(Reading reading, Section section) {
    String id = section.text("id");
    section.need("url");
    Optional<URI> url = url(reading, section, "url");
    return section.make(
        () -> url.map(to -> new Pool.Backend(id, to)), Optional.<Pool.Backend>empty());
  }

  private Optional<URI> url(Section section) {
    return url(reading, section, "url");
  }

  private static Optional<URI> url(Reading reading, Section section, String key) {
    return section.hidden(key, "write http://HOST:PORT", new Urls(reading)::modelServer);
  }

  private Optional<Discovery> discovery(Section section) {
    Optional<Path> file = section.directory("file").map(reading.base()::resolve);
    Optional<URI> dns = url(reading, section, "dns");
    Optional<String> srv = section.expanded("srv");
    Duration every = section.read("every", Notation.DURATION, Discovery.EVERY);
    Optional<String> server = section.expanded("server");
    file.ifPresent(path -> usable(section, path));
    boolean torn = (section.has("dns") && dns.isEmpty()) || (section.has("srv") && srv.isEmpty());
    if (torn) {
      section.done();
      return Optional.empty();
    }
    return section.make(
        () -> Optional.of(new Discovery(file, dns, srv, every, server)), Optional.empty());
  }

  /** What it holds may be another list by the time that it counts. */
  private void usable(Section section, Path file) {
    if (BackendsFile.read(file, reading.environment())
        instanceof BackendsFile.Read.Unusable(var problems)) {
      reading
          .problems()
          .warn(section.below("file"), "cannot be used as it is now: " + problems.getFirst());
    }
  }

  private static Optional<Capacity> capacity(Section section) {
    String gpu = section.text("gpu");
    int gpus = section.integer("gpus-per-replica", 1);
    String engine = section.text("engine", "vllm");
    String weights = section.text("weights", "fp16");
    String kv = section.text("kv", "fp16");
    double usd = section.number("usd-per-gpu-hour", 0);
    int min = section.integer("min", 1);
    int max = section.integer("max", Math.max(min, 8));
    var scaling = section.section("scaling").map(PoolBinding::scaling).orElse(Scaling.DEFAULT);
    return section.make(
        () -> Optional.of(new Capacity(gpu, gpus, engine, weights, kv, usd, min, max, scaling)),
        Optional.empty());
  }

  private static Scaling scaling(Section section) {
    var otherwise = Scaling.DEFAULT;
    double headroom = section.read("headroom", Notation.SHARE, otherwise.headroom());
    int spares = section.integer("spare-replicas", otherwise.spareReplicas());
    var start = section.read("start", Notation.DURATION, otherwise.start());
    var window = section.read("window", Notation.DURATION, otherwise.window());
    var controller = section.section("controller").flatMap(PoolBinding::controller);
    return section.make(() -> new Scaling(headroom, spares, start, window, controller), otherwise);
  }

  private static Optional<Controller> controller(Section section) {
    var command = section.texts("command");
    var kubernetes = section.section("kubernetes").flatMap(PoolBinding::kubernetes);
    var timeout = section.read("timeout", Notation.DURATION, Controller.TIMEOUT);
    return section.make(
        () -> Optional.of(new Controller(command, kubernetes, timeout)), Optional.empty());
  }

  private static Optional<Controller.Kubernetes> kubernetes(Section section) {
    String namespace = section.text("namespace", "");
    String deployment = section.text("deployment");
    String url = section.text("url", Controller.Kubernetes.URL);
    String account = section.text("service-account", Controller.Kubernetes.SERVICE_ACCOUNT);
    return section.make(
        () -> Optional.of(new Controller.Kubernetes(namespace, deployment, url, account)),
        Optional.empty());
  }

  private static Slo slo(Section section) {
    var ttft = section.read("ttft", Notation.DURATION, Slo.NONE.ttft());
    var tpot = section.read("tpot", Notation.DURATION, Slo.NONE.tpot());
    return section.make(() -> new Slo(ttft, tpot), Slo.NONE);
  }

  private static Timeouts timeouts(Section section) {
    var otherwise = Timeouts.DEFAULT;
    var connect = section.read("connect", Notation.DURATION, otherwise.connect());
    var first = section.read("first-token", Notation.DURATION, otherwise.firstToken());
    var between = section.read("between-tokens", Notation.DURATION, otherwise.betweenTokens());
    var total = section.read("total", Notation.DURATION, otherwise.total());
    return section.make(() -> new Timeouts(connect, first, between, total), otherwise);
  }

  private static Balance balance(Section section) {
    var otherwise = Balance.DEFAULT;
    var by = section.choice("by", otherwise.by());
    double factor = section.number("load-factor", otherwise.loadFactor());
    return section.make(() -> new Balance(by, factor), otherwise);
  }

  private static Waiting waiting(Section section) {
    var otherwise = Waiting.DEFAULT;
    int most = section.integer("max-concurrency", otherwise.maxConcurrency());
    var wait = section.read("max-wait", Notation.DURATION, otherwise.maxWait());
    var ageing = section.read("ageing", Notation.DURATION, otherwise.ageing());
    int length = section.integer("length", otherwise.length());
    boolean pace = section.flag("pace", otherwise.pace());
    return section.make(() -> new Waiting(most, wait, ageing, length, pace), otherwise);
  }

  private static Pool.Supports supports(Section section) {
    var otherwise = Pool.Supports.DEFAULT;
    boolean chat = section.flag("chat", otherwise.chat());
    boolean embeddings = section.flag("embeddings", otherwise.embeddings());
    boolean tools = section.flag("tools", otherwise.tools());
    boolean vision = section.flag("vision", otherwise.vision());
    return section.make(() -> new Pool.Supports(chat, embeddings, tools, vision), otherwise);
  }

  private static Pool.Price price(Section section) {
    double input = section.number("input");
    double cachedInput = section.number("cached-input", input);
    double output = section.number("output");
    return section.make(() -> new Pool.Price(input, cachedInput, output), new Pool.Price(0, 0, 0));
  }

  private int context(Section section, String model) {
    int tokens = section.integer("context-length", 0);
    if (tokens < 0) {
      section.complain(section.below("context-length"), tokens + " is negative: write 0 or more");
    }
    return tokens > 0 ? tokens : catalog.contextTokens(model).orElse(0);
  }

  private static void leaveToPenstock(Section section, Set<String> set, List<String> remove) {
    PENSTOCKS.forEach((field, instead) -> {
      if (set.contains(field)) {
        section.complain(section.below("set." + field), "is not yours to set: " + instead);
      }
    });
    if (remove.contains("model")) {
      section.complain(section.below("remove"), "takes model away: every server needs it");
    }
  }
}
