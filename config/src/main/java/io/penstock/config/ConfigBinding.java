package io.penstock.config;

import io.penstock.config.catalog.Catalog;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.Node;

/** The keys of the file, and the records they become. Pools are bound in {@link PoolBinding}. */
final class ConfigBinding {
  private static final String NO_HASH = "0".repeat(64);

  private final Reading reading;
  private final List<String> keyPaths = new ArrayList<>();

  private ConfigBinding(Reading reading) {
    this.reading = reading;
  }

  /** The config; empty where its parts do not fit, which was then complained about. */
  static Optional<PenstockConfig> bind(Reading reading, Node root) {
    return new ConfigBinding(reading).config(new Section(reading, "", "", root));
  }

  private Optional<PenstockConfig> config(Section root) {
    Server server = root.section("server").map(this::server).orElse(Server.DEFAULT);
    Admin admin = root.section("admin").map(this::admin).orElse(Admin.DEFAULT);
    Map<String, Tier> tiers = root.named("tiers", ConfigBinding::tier);
    List<ApiKey> keys = keys(root, tiers.keySet());
    Optional<Path> keysFile = root.directory("keys-file").map(reading.base()::resolve);
    Optional<Jwt> jwt = root.section("jwt").flatMap(new JwtBinding(reading)::jwt);
    Catalog catalog = CatalogBinding.bind(reading, root);
    Map<String, Pool> pools = root.named("pools", new PoolBinding(reading, catalog)::pool);
    ComplexityBands bands =
        root.section("complexity").map(ConfigBinding::bands).orElse(ComplexityBands.DEFAULT);
    Cache cache = root.section("cache").map(ConfigBinding::cache).orElse(Cache.OFF);
    Optional<Redis> redis = root.section("redis").flatMap(this::redis);
    Optional<Traffic> traffic = root.section("traffic").flatMap(ConfigBinding::traffic);
    Optional<Traces> traces = root.section("traces").flatMap(this::traces);
    root.done();
    var hardware = new HardwareChecks(catalog, root::complain, reading.problems()::warn);
    pools.values().forEach(hardware::check);
    try {
      return Optional.of(
          new PenstockConfig(
              server, admin, tiers, keys, keysFile, jwt, pools, bands, cache, redis, traffic,
              traces, catalog));
    } catch (InvalidConfigException refused) {
      refused.complaints().forEach(c -> root.complain(asWritten(c.key()), c.message()));
      return Optional.empty();
    }
  }

  /** The path of a key in the file, where some that stand before it may have been left out. */
  private String asWritten(String path) {
    if (!path.startsWith("keys[")) {
      return path;
    }
    int end = path.indexOf(']');
    return keyPaths.get(Integer.parseInt(path.substring(5, end))) + path.substring(end + 1);
  }

  private Server server(Section section) {
    var otherwise = Server.DEFAULT;
    String host = section.text("host", otherwise.host());
    int port = section.integer("port", otherwise.port());
    long maxBody = section.read("max-body", Notation.SIZE, otherwise.maxBodyBytes());
    long maxHeader = section.read("max-header", Notation.SIZE, (long) otherwise.maxHeaderBytes());
    var idle = section.read("idle-timeout", Notation.DURATION, otherwise.idleTimeout());
    var head = section.read("head-timeout", Notation.DURATION, otherwise.headTimeout());
    var body = section.read("body-timeout", Notation.DURATION, otherwise.bodyTimeout());
    var drain = section.read("drain-timeout", Notation.DURATION, otherwise.drainTimeout());
    var delay = section.read("drain-delay", Notation.DURATION, otherwise.drainDelay());
    int header = (int) Math.min(maxHeader, Integer.MAX_VALUE);
    Optional<Tls> tls = section.section("tls").flatMap(this::tls);
    return section.make(
        () -> new Server(host, port, maxBody, header, idle, head, body, drain, delay, tls),
        otherwise);
  }

  private Admin admin(Section section) {
    String host = section.text("host", Admin.DEFAULT.host());
    int port = section.integer("port", Admin.DEFAULT.port());
    Optional<Tls> tls = section.section("tls").flatMap(this::tls);
    Optional<Secret> token = section.secret("token", () -> {});
    return section.make(() -> new Admin(host, port, tls, token), Admin.DEFAULT);
  }

  private Optional<Tls> tls(Section section) {
    section.need("certificate");
    section.need("key");
    Optional<Path> certificate = section.directory("certificate").map(reading.base()::resolve);
    Optional<Path> key = section.directory("key").map(reading.base()::resolve);
    section.done();
    return certificate.flatMap(one -> key.map(other -> new Tls(one, other)));
  }

  private static Tier tier(String name, Section section) {
    Limits limits = section.section("limits").map(ConfigBinding::limits).orElse(Limits.NONE);
    Limits ofTenant =
        section.section("tenant-limits").map(ConfigBinding::limits).orElse(Limits.NONE);
    Limits ofTier = section.section("tier-limits").map(ConfigBinding::limits).orElse(Limits.NONE);
    Optional<Rate> budget = section.optional("budget", Notation.BUDGET);
    var priority = section.choice("priority", Tier.Priority.NORMAL);
    Map<Complexity, String> route = route(section);
    List<String> pools = section.texts("pools");
    var whenBusy = section.choice("when-busy", Tier.WhenBusy.REJECT);
    Map<String, Double> reserved = section.named("reserved", Notation.SHARE);
    section.done();
    String called = named(section, name);
    return new Tier(
        called, limits, ofTenant, ofTier, budget, priority, route, pools, whenBusy, reserved);
  }

  /** A name, or one to go on with where it cannot be one. */
  static String named(Section section, String name) {
    if (Check.isName(name)) {
      return name;
    }
    section.complain(section.path(), Check.notName(name));
    return "unnamed";
  }

  static Limits limits(Section section) {
    Optional<Rate> requests = section.optional("requests", Notation.RATE);
    Optional<Rate> tokens = section.optional("tokens", Notation.RATE);
    int concurrency = section.integer("concurrency", 0);
    return section.make(() -> new Limits(requests, tokens, concurrency), Limits.NONE);
  }

  private static Map<Complexity, String> route(Section tier) {
    var route = new EnumMap<Complexity, String>(Complexity.class);
    tier.need("route");
    tier.section("route")
        .ifPresent(section -> {
          for (Complexity complexity : Complexity.values()) {
            route.put(complexity, section.text(complexity.label()));
          }
          section.done();
        });
    for (Complexity complexity : Complexity.values()) {
      route.putIfAbsent(complexity, "unwritten");
    }
    return route;
  }

  private List<ApiKey> keys(Section root, Set<String> tiers) {
    var keys = new ArrayList<ApiKey>();
    for (Section section : root.sections("keys")) {
      String id = section.text("id");
      section.need("sha256");
      Optional<String> sha256 = section.hash("sha256", () -> leftOut(section));
      String tier = section.text("tier");
      String tenant = section.text("tenant", id);
      Optional<String> label = section.optionalText("label");
      Optional<Instant> expires = section.optional("expires", Notation.INSTANT);
      Optional<ApiKey> key =
          section.make(
              () ->
                  Optional.of(new ApiKey(id, sha256.orElse(NO_HASH), tier, tenant, label, expires)),
              Optional.empty());
      if (sha256.isPresent() && key.isPresent()) {
        keys.add(key.get());
        keyPaths.add(section.path());
      } else if (!tiers.contains(tier)) {
        section.complain(section.below("tier"), CrossChecks.unknown("tier", tier, tiers));
      }
    }
    return keys;
  }

  private void leftOut(Section key) {
    reading.problems().warn(key.below("sha256"), "is not set: this key is left out");
  }

  private static ComplexityBands bands(Section section) {
    var otherwise = ComplexityBands.DEFAULT;
    double medium = section.number("medium", otherwise.medium());
    double complex = section.number("complex", otherwise.complex());
    double abstain = section.number("abstain", otherwise.abstain());
    return section.make(() -> new ComplexityBands(medium, complex, abstain), otherwise);
  }

  private static Cache cache(Section section) {
    long memory = section.read("memory", Notation.SIZE, 256L << 20);
    var ttl = section.read("ttl", Notation.DURATION, Cache.OFF.ttl());
    var scope = section.choice("scope", Cache.OFF.scope());
    var when = section.choice("when", Cache.OFF.when());
    boolean toolCalls = section.flag("tool-calls", Cache.OFF.toolCalls());
    String version = section.text("version", Cache.OFF.version());
    return section.make(() -> new Cache(memory, ttl, scope, when, toolCalls, version), Cache.OFF);
  }

  private Optional<Redis> redis(Section section) {
    section.need("url");
    Optional<Secret> url =
        section.hidden(
            "url",
            "write redis://HOST:PORT",
            (where, text) -> new Urls(reading).redis(where, text).map(Secret::new));
    boolean cluster = section.flag("cluster", false);
    Optional<Path> ca = section.directory("ca");
    String prefix = section.text("prefix", "penstock");
    var timeout = section.read("timeout", Notation.DURATION, Duration.ofMillis(20));
    var lease = section.read("lease", Notation.DURATION, Duration.ofSeconds(30));
    var onFailure = section.choice("on-failure", Redis.OnFailure.LOCAL);
    var each =
        section
            .section("on-failure-of")
            .map(limits -> perLimit(limits, onFailure))
            .orElse(Redis.PerLimit.all(onFailure));
    return section.make(
        () ->
            url.map(
                where -> new Redis(where, cluster, ca, prefix, timeout, lease, onFailure, each)),
        Optional.empty());
  }

  private static Redis.PerLimit perLimit(Section section, Redis.OnFailure otherwise) {
    var requests = section.choice("requests", otherwise);
    var tokens = section.choice("tokens", otherwise);
    var concurrency = section.choice("concurrency", otherwise);
    var budget = section.choice("budget", otherwise);
    return section.make(
        () -> new Redis.PerLimit(requests, tokens, concurrency, budget),
        Redis.PerLimit.all(otherwise));
  }

  private static Optional<Traffic> traffic(Section section) {
    section.need("directory");
    Optional<Path> directory = section.directory("directory");
    var fsync = section.read("fsync", Notation.DURATION, Duration.ofSeconds(1));
    long segment = section.read("segment", Notation.SIZE, 64L << 20);
    var rotate = section.read("rotate", Notation.DURATION, Duration.ofHours(1));
    var keep = section.read("keep", Notation.DURATION, Duration.ofDays(30));
    long limit = section.read("limit", Notation.SIZE, 10L << 30);
    return section.make(
        () -> directory.map(where -> new Traffic(where, fsync, segment, rotate, keep, limit)),
        Optional.empty());
  }

  private Optional<Traces> traces(Section section) {
    section.need("endpoint");
    Optional<URI> endpoint =
        section.hidden("endpoint", "write http://HOST:4318", new Urls(reading)::collector);
    double share = section.read("share", Notation.SHARE, 1.0);
    Map<String, Secret> headers = section.namedSecrets("headers");
    String service = section.text("service", "penstock");
    return section.make(
        () -> endpoint.map(where -> new Traces(where, share, headers, service)), Optional.empty());
  }
}
