package io.penstock.gateway.queue;

import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.Tier;
import io.penstock.config.catalog.Catalog;
import io.penstock.gateway.call.Configs;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.choose.Backends;
import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.model.Precision;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;

/** Tiers at open load, a pool of simulated servers and its waiting room, on one virtual clock. */
final class Burst {
  private static final double TTFT = 1.5;
  private static final double TPOT = 0.1;
  private static final int PROMPT = 1000;
  private static final int ANSWER = 200;
  private static final double SETTLED = 15;
  private static final int OBEYS = 10;

  private final Agenda agenda = new Agenda();
  private final Random random;
  private final PenstockConfig config;
  private final Rooms rooms;
  private final Backends backends;
  private final Rooms.Bearing bearing;
  private final Map<String, BatchingServer> servers = new HashMap<>();
  private final Map<String, Seen> seen = new LinkedHashMap<>();
  private final double seconds;
  private final boolean plain;
  private long questions;

  /** What became of a tier's calls. */
  static final class Seen {
    int asked;
    int answered;
    int refused;
    int kept;
    int keptGood;
    int broken;
    int degraded;
    double goodPerSecond;
    final List<Double> ttft = new ArrayList<>();
    final List<Double> tpot = new ArrayList<>();

    double ttft(double q) {
      return quantile(ttft, q);
    }

    private static double quantile(List<Double> of, double q) {
      Collections.sort(of);
      return of.isEmpty() ? Double.NaN : of.get((int) (q * (of.size() - 1)));
    }
  }

  /** Who decides what goes to the servers. */
  enum Room {
    KEPT,
    /** Nobody, as behind a proxy that knows the calls in flight. */
    NONE
  }

  /**
   * @param seed of arrivals and lengths
   */
  Burst(int seed, int count, double seconds, Room room) {
    this.random = new Random(seed);
    this.seconds = seconds;
    this.plain = room == Room.NONE;
    var list = new ArrayList<String>();
    for (int i = 0; i < count; i++) {
      list.add("{id: s" + i + ", url: \"http://s" + i + ".test:80\"}");
    }
    config =
        Configs.of(
            """
            tiers:
              enterprise: {priority: high, when-busy: wait, route: {simple: spare, medium: main, complex: main}}
              paid: {priority: normal, when-busy: degrade, route: {simple: spare, medium: main, complex: main}}
              free: {priority: low, when-busy: reject, route: {simple: spare, medium: main, complex: main}}
            keys: []
            pools:
              main:
                model: mistral-7b
                backends: %1$s
                capacity: {gpu: l4}
                slo: {ttft: 1500ms, tpot: %2$sms}
              spare:
                model: mistral-7b
                backends: [{id: spare, url: "http://spare.test:80"}]
                capacity: {gpu: l4}
                slo: {ttft: 1500ms, tpot: %2$sms}
            """
                .formatted(list, Math.round(1000 * TPOT)));
    var gpu = Catalog.shipped().gpus().find("l4").orElseThrow();
    var engine = Catalog.shipped().engine("vllm", gpu);
    var model = Catalog.shipped().models().find("mistral-7b").orElseThrow();
    var deployment = new Deployment(model, gpu, 1, Precision.FP16, Precision.FP16, engine);
    var replica = ContinuousBatching.of(deployment);
    var load = Workload.of(PROMPT, ANSWER);
    double places = Math.floor(replica.largestWithin(load, TTFT, TPOT));
    double step = replica.decodeSeconds(load, places);
    double perToken = replica.step().computeSeconds(1);
    bearing =
        new Rooms.Bearing(
            places,
            replica.memory().kvTokens(),
            replica.closedLoop(load, places).total().mean(),
            new Rooms.Prefill(step / perToken, perToken, step));
    rooms = new Rooms(config, agenda::nanos);
    backends = new Backends(config, agenda::nanos);
    backends
        .status()
        .forEach(pool ->
            pool.backends()
                .forEach(
                    each -> servers.put(each.id(), new BatchingServer(agenda, replica.step()))));
    look();
  }

  private void look() {
    for (var pool : backends.status()) {
      rooms.look(pool.name(), pool.backends().size(), bearing, 0);
    }
    agenda.in(0.05, this::look);
  }

  Burst with(String tier, double perSecond) {
    seen.put(tier, new Seen());
    next(tier, perSecond);
    return this;
  }

  private void next(String tier, double perSecond) {
    agenda.in(
        -Math.log(1 - random.nextDouble()) / perSecond,
        () -> {
          if (agenda.seconds() < seconds) {
            new Ask(tier, ++questions, false).start();
            next(tier, perSecond);
          }
        });
  }

  Map<String, Seen> run() {
    agenda.runTo(seconds + 60);
    return seen;
  }

  double goodPerSecond() {
    return seen.values().stream().mapToDouble(each -> each.goodPerSecond).sum();
  }

  int taken() {
    return Objects.requireNonNull(rooms.of("main")).taken();
  }

  private Pool pool(String name) {
    return Objects.requireNonNull(config.pools().get(name));
  }

  /** One call. */
  private final class Ask implements Waiter.Called {
    private final String name;
    private final Tier tier;
    private final Seen mine;
    private final Guest guest;
    private final boolean obeys;
    private final double began = agenda.seconds();
    private final WaitingRoom room = Objects.requireNonNull(rooms.of("main"));
    private final int prompt;
    private final int wanted;
    private double first;

    Ask(String name, long question, boolean obeys) {
      this.name = name;
      this.obeys = obeys;
      this.tier = Objects.requireNonNull(config.tiers().get(name));
      this.mine = Objects.requireNonNull(seen.get(name));
      this.prompt = (int) (PROMPT * (0.7 + 0.6 * random.nextDouble()));
      this.wanted = (int) (ANSWER * (0.5 + random.nextDouble()));
      this.guest = new Guest(tier, name, prompt + ANSWER, prompt, true, question);
      mine.asked += obeys ? 0 : 1;
    }

    private double patience() {
      return TTFT / 2;
    }

    private double left() {
      double most = tier.whenBusy() == Tier.WhenBusy.WAIT ? 30 : patience();
      return most - (agenda.seconds() - began);
    }

    void start() {
      if (plain) {
        take(room.force(guest), pool("main"));
        return;
      }
      Place place = room.enter(guest);
      if (place != null) {
        take(place, pool("main"));
      } else if (room.waitNanos(guest) <= patience() * 1e9) {
        await(Math.min(patience(), left()));
      } else {
        elsewhere();
      }
    }

    private void await(double within) {
      switch (room.await(guest, (long) (within * 1e9), this)) {
        case Place place -> take(place, pool("main"));
        case Waiter _ -> {}
        case Full full -> refuse(full);
      }
    }

    private void elsewhere() {
      if (tier.whenBusy() == Tier.WhenBusy.DEGRADE) {
        Place place = Objects.requireNonNull(rooms.of("spare")).enterBeside(guest);
        if (place != null) {
          mine.degraded++;
          take(place, pool("spare"));
          return;
        }
      }
      if (left() > 0) {
        await(left());
      } else {
        refuse(room.refuse(guest));
      }
    }

    private void refuse(Full full) {
      if (obeys) {
        mine.broken++;
        return;
      }
      double wait = full.retryNanos() / 1e9;
      if (mine.refused++ % OBEYS == 0 && agenda.seconds() + wait < seconds) {
        agenda.in(wait + 0.005, () -> new Ask(name, guest.question(), true).start());
      }
    }

    @Override
    public void placed(Place place) {
      agenda.in(0, () -> take(place, pool("main")));
    }

    @Override
    public void dismissed() {
      agenda.in(0, this::elsewhere);
    }

    private void take(Place place, Pool at) {
      var turn = new Placed((Turn) backends.seat(at, Set.of()), place);
      var server = Objects.requireNonNull(servers.get(turn.backend().id()));
      var sequence =
          new BatchingServer.Sequence(
              prompt,
              wanted,
              () -> {
                first = agenda.seconds();
                turn.firstToken();
              },
              () -> {
                turn.end(Turn.Ended.ANSWERED);
                answered(at);
              });
      agenda.in(0.002, () -> server.submit(sequence));
    }

    private void answered(Pool at) {
      double ttft = first - began;
      double tpot = (agenda.seconds() - first) / (wanted - 1);
      rooms.answered(at.name(), tpot);
      boolean good = ttft <= TTFT && tpot <= TPOT;
      if (obeys) {
        mine.kept++;
        mine.keptGood += good ? 1 : 0;
      } else {
        mine.answered++;
        mine.ttft.add(ttft);
        mine.tpot.add(tpot);
      }
      if (good && began >= SETTLED && at.name().equals("main")) {
        mine.goodPerSecond += 1 / (seconds - SETTLED);
      }
    }
  }
}
