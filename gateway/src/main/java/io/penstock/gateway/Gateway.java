package io.penstock.gateway;

import static java.lang.System.Logger.Level.ERROR;

import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.gateway.accept.Accept;
import io.penstock.gateway.account.Account;
import io.penstock.gateway.account.Gauges;
import io.penstock.gateway.account.Metrics;
import io.penstock.gateway.admin.AdminPort;
import io.penstock.gateway.admin.Controls;
import io.penstock.gateway.admit.Admit;
import io.penstock.gateway.authenticate.Authenticator;
import io.penstock.gateway.authenticate.KeySources;
import io.penstock.gateway.cache.AnswerCache;
import io.penstock.gateway.capacity.Capacities;
import io.penstock.gateway.choose.Backends;
import io.penstock.gateway.choose.Router;
import io.penstock.gateway.classify.Classifier;
import io.penstock.gateway.cost.Cost;
import io.penstock.gateway.cost.Replicas;
import io.penstock.gateway.discover.Finder;
import io.penstock.gateway.dryrun.DryRun;
import io.penstock.gateway.expect.Expectations;
import io.penstock.gateway.journal.Journal;
import io.penstock.gateway.listen.Heads;
import io.penstock.gateway.queue.Rooms;
import io.penstock.gateway.redis.Redis;
import io.penstock.gateway.scale.Scalers;
import io.penstock.gateway.tls.PortTls;
import io.penstock.gateway.trace.Tracing;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.transport.Transport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The composition root: builds the stages, opens the ports, reloads and drains. What loops share is
 * made here once; what one loop owns is in its {@link DataPort}.
 */
public final class Gateway {
  private static final System.Logger LOG = System.getLogger(Gateway.class.getName());

  /** Loops that are to share a free port are given the same number below zero. */
  private static final AtomicInteger FREE_PORTS = new AtomicInteger();

  private final Vertx vertx;
  private final Options options;
  private final Metrics metrics = new Metrics();
  private final Gauges gauges = new Gauges(metrics.registry());
  private final Account account;

  /** Opened at the start alone: a reload does not move the fleet's store. */
  private final Optional<Redis> redis;

  private final Admit admit;
  private final AnswerCache cache;
  private final Backends backends;
  private final Rooms rooms;
  private final KeySources keys;
  private final Journal journal;
  private final Tracing tracing = new Tracing();
  private final Capacities capacities;
  private final Scalers scalers;
  private final Expectations expectations = new Expectations();
  private final List<DataPort> loops = new ArrayList<>();
  private final List<String> deployments = new ArrayList<>();
  private final Operations operations = new Operations(this);
  private final Finder finder = new Finder(this::found);
  private volatile PenstockConfig written;
  private final PortTls dataTls;
  private final PortTls adminTls;
  private volatile Stages stages;
  private volatile boolean draining;
  private @Nullable AdminPort adminPort;
  private @Nullable Lookout looking;
  private @Nullable Probes probes;
  private @Nullable Readings readings;
  private @Nullable Future<Void> closed;

  /**
   * How a gateway is run, beside what its config says.
   *
   * @param dryRun whether every request is answered with its decision, and none is sent on
   * @param source reads the config again, for a reload by hand
   * @param eventLoops how many loops serve; 0: one a core
   */
  public record Options(boolean dryRun, Supplier<Loaded> source, int eventLoops) {
    public Options(boolean dryRun, Supplier<Loaded> source) {
      this(dryRun, source, 0);
    }

    /** For a config that comes from no file. */
    public static Options fixed(PenstockConfig config) {
      return new Options(false, () -> new Loaded.Ok(config, List.of()));
    }

    int loops() {
      return eventLoops > 0 ? eventLoops : Runtime.getRuntime().availableProcessors();
    }
  }

  private Gateway(Vertx vertx, PenstockConfig config, Options options) {
    this.vertx = vertx;
    this.options = options;
    this.written = config;
    this.dataTls = new PortTls("data", config.server().tls(), metrics.registry());
    this.adminTls = new PortTls("admin", config.admin().tls(), metrics.registry());
    this.account = new Account(config, metrics.registry(), System.Logger.Level.DEBUG);
    this.redis = config.redis().map(store -> Redis.open(vertx, store, metrics.registry()));
    this.capacities = new Capacities(redis);
    this.scalers = new Scalers(metrics.registry(), capacities);
    this.admit =
        redis
            .map(store -> new Admit(config, metrics.registry(), store, vertx))
            .orElseGet(() -> new Admit(config, metrics.registry()));
    this.cache = new AnswerCache(vertx, config.cache(), redis, metrics.registry());
    this.backends = new Backends(config);
    this.rooms = new Rooms(config, System::nanoTime);
    this.keys = new KeySources(vertx, metrics.registry(), redis);
    this.journal = new Journal(metrics.registry());
    account.recordTo(journal::record);
    journal.follow(config.traffic());
    tracing.follow(config.traces());
    keys.follow(config);
    this.stages = stages(config);
  }

  /** A Vert.x on the best transport that there is: io_uring, else epoll, else what Java has. */
  public static Vertx vertx(int eventLoops) {
    VertxOptions loops = new VertxOptions().setEventLoopPoolSize(eventLoops);
    Transport transport =
        Stream.of(Transport.IO_URING, Transport.EPOLL)
            .filter(native_ -> native_ != null && native_.available())
            .findFirst()
            .orElse(Transport.NIO);
    return Vertx.builder().with(loops).withTransport(Heads.guarded(transport)).build();
  }

  /** Opens both ports; fails where one of them cannot be bound. */
  public static Future<Gateway> start(Vertx vertx, PenstockConfig config, Options options) {
    Gateway gateway = new Gateway(vertx, config, options);
    gateway.watch(config);
    gateway.finder.follow(config, config);
    return gateway
        .openDataPort(config)
        .compose(_ -> AdminPort.open(vertx, config.admin(), gateway.adminTls, gateway.operations))
        .map(opened -> {
          gateway.adminPort = opened;
          Readings reading = new Readings(vertx, () -> gateway.stages.config()).start();
          gateway.readings = reading;
          gateway.looking =
              new Lookout(
                      gateway.capacities, gateway.backends, gateway.rooms, reading, gateway.scalers)
                  .start(vertx);
          gateway.probes =
              new Probes(vertx, () -> gateway.stages.config(), gateway.backends).start();
          return gateway;
        })
        .compose(opened -> Future.fromCompletionStage(opened.finder.looked()).map(opened))
        .recover(cause -> gateway.close().transform(_ -> Future.failedFuture(cause)));
  }

  private Future<?> openDataPort(PenstockConfig config) {
    int port = config.server().port() == 0 ? FREE_PORTS.decrementAndGet() : config.server().port();
    List<Future<?>> opening = new ArrayList<>();
    for (int i = 0; i < options.loops(); i++) {
      DataPort loop = new DataPort(stages, port, dataTls);
      loops.add(loop);
      opening.add(vertx.deployVerticle(loop).onSuccess(deployments::add));
    }
    return Future.all(opening);
  }

  private Stages stages(PenstockConfig config) {
    Replicas replicas = new Replicas(config, config.catalog(), capacities::replica);
    capacities.reload(config, replicas::deployment);
    scalers.reload(config);
    Cost cost = new Cost(config, config.catalog(), replicas);
    return new Stages(
        config,
        options.dryRun(),
        new Accept(config.server()),
        new Authenticator(config.keys(), config.tiers(), keys),
        new Classifier(config.complexity()),
        new Router(config),
        expectations,
        admit,
        cache,
        backends,
        capacities,
        rooms,
        new PoolBodies(config.pools().values()),
        cost,
        replicas,
        new DryRun(cost, replicas),
        tracing,
        account);
  }

  private void watch(PenstockConfig config) {
    gauges.clear();
    config
        .pools()
        .values()
        .forEach(pool -> {
          gauges.inFlight(pool, () -> operations.inFlight(pool.name()));
          config
              .tiers()
              .values()
              .forEach(tier -> gauges.waiting(pool, tier, () -> operations.waiting(pool, tier)));
          gauges.promise(pool);
          pool.backends()
              .forEach(backend -> {
                gauges.up(pool, backend, () -> operations.isUp(pool.name(), backend.id()));
                gauges.breaker(pool, backend, () -> operations.breaker(pool.name(), backend.id()));
              });
          if (pool.capacity().isPresent()) {
            gauges.capacity(pool, () -> capacities.latest(pool.name()));
          }
        });
  }

  /** The data port that is bound, also where the config left the choice open. */
  public int port() {
    return loops.getFirst().boundPort();
  }

  public int adminPort() {
    return Objects.requireNonNull(adminPort).port();
  }

  /** What an operator may see and do. */
  public Controls controls() {
    return operations;
  }

  /**
   * Takes a new config for the requests from now on; calls in flight stay with the old one. Limits,
   * spending and calls in flight are kept where tier, pool and backend still are. The ports stay as
   * they were opened.
   */
  public synchronized Future<Void> reload(PenstockConfig config) {
    finder.follow(config, stages.config());
    Future<Void> taken = take(finder.found(config));
    if (taken.succeeded()) {
      written = config;
    } else {
      finder.follow(written, stages.config());
    }
    return taken;
  }

  /** A pool has other servers than before. */
  private synchronized void found() {
    if (closed == null) {
      take(finder.found(written))
          .onFailure(bug -> LOG.log(ERROR, "servers that were found could not be taken", bug));
    }
  }

  private Future<Void> take(PenstockConfig config) {
    try {
      Stages next = stages(config);
      dataTls.follow(config.server().tls());
      adminTls.follow(config.admin().tls());
      keys.follow(config);
      journal.follow(config.traffic());
      tracing.follow(config.traces());
      account.reload(config);
      admit.reload(config);
      cache.reload(config.cache());
      backends.reload(config);
      rooms.reload(config);
      stages = next;
      watch(config);
      loops.forEach(loop -> loop.reload(next));
      AdminPort admin = adminPort;
      if (admin != null) {
        admin.reload(config.admin());
      }
      return Future.succeededFuture();
    } catch (RuntimeException unusable) {
      return Future.failedFuture(unusable);
    }
  }

  /**
   * Not ready from now on. Who balances load has the config's drain delay to see that, while its
   * requests are still taken; then no more are, calls in flight may finish within the drain
   * time-out, and what is left then is ended. Both ports are closed after that.
   */
  public Future<Void> drain() {
    draining = true;
    Duration delay = stages.config().server().drainDelay();
    return delay.isPositive()
        ? vertx.timer(delay.toMillis(), TimeUnit.MILLISECONDS).compose(_ -> finish())
        : finish();
  }

  private Future<Void> finish() {
    rooms.close();
    List<Future<Void>> drained = new ArrayList<>();
    for (DataPort loop : loops) {
      drained.add(loop.drain(stages.config().server().drainTimeout(), () -> account.open() == 0));
    }
    return Future.join(drained).transform(_ -> close());
  }

  /** Closes both ports, at once. */
  public synchronized Future<Void> close() {
    Future<Void> before = closed;
    if (before != null) {
      return before;
    }
    draining = true;
    rooms.close();
    finder.close();
    cache.close();
    keys.close();
    dataTls.close();
    adminTls.close();
    Lookout watching = looking;
    if (watching != null) {
      watching.stop();
    }
    Probes probing = probes;
    if (probing != null) {
      probing.stop();
    }
    Readings reading = readings;
    if (reading != null) {
      reading.stop();
    }
    List<Future<Void>> closing = new ArrayList<>();
    deployments.forEach(deployment -> closing.add(vertx.undeploy(deployment)));
    AdminPort admin = adminPort;
    if (admin != null) {
      closing.add(admin.close());
    }
    Future<Void> ending =
        Future.join(closing)
            .transform(_ -> closeRecords())
            .transform(_ -> capacities.leave())
            .transform(_ -> admit.close())
            .transform(_ -> redis.map(Redis::close).orElseGet(Future::succeededFuture))
            .onComplete(_ -> metrics.close());
    closed = ending;
    return ending;
  }

  /** After the last call has ended; it waits for the disk and the collector of traces. */
  private Future<Void> closeRecords() {
    return vertx
        .executeBlocking(() -> {
          journal.close();
          tracing.close();
          return journal;
        })
        .mapEmpty();
  }

  // What the operations see.

  Stages stages() {
    return stages;
  }

  Backends backends() {
    return backends;
  }

  Rooms rooms() {
    return rooms;
  }

  Capacities capacities() {
    return capacities;
  }

  AnswerCache cache() {
    return cache;
  }

  Account account() {
    return account;
  }

  KeySources keys() {
    return keys;
  }

  Metrics metrics() {
    return metrics;
  }

  Options options() {
    return options;
  }

  boolean draining() {
    return draining;
  }
}
