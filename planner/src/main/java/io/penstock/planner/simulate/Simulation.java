package io.penstock.planner.simulate;

import io.penstock.planner.simulate.Scaling.Seen;
import io.penstock.planner.simulate.Timeline.End;
import io.penstock.planner.simulate.Unit.State;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;

/**
 * Calls that come to a fleet of replicas, from the first arrival to the last token.
 *
 * <p>Time is a whole number of nanoseconds: each step is rounded to one, so that the same seed
 * gives the same bytes. Replicas meet only where a call is routed or the fleet changes; between
 * these moments each runs its steps by itself, up to the moment, before the decision is taken.
 */
public final class Simulation {
  private static final double HOUR_NANOS = 3600e9;
  private static final int REPORT_EVERY = 4096;

  private final Fleet fleet;
  private final Calls calls;
  private final Timeline timeline;
  private final SplittableRandom random;
  private final List<Unit> units = new ArrayList<>();
  private final Waiting nowhere = new Waiting();
  private List<Unit> up = List.of();
  private int last = -1;
  private int arrivedBefore;
  private long nextLookNanos = Timeline.NEVER;
  private int interruptions;
  private int mostUp;

  private Simulation(Fleet fleet, Calls calls, long seed) {
    this.fleet = fleet;
    this.calls = calls;
    this.timeline = new Timeline(calls.size());
    this.random = new SplittableRandom(seed);
  }

  /** All calls on the fleet; chance, where there is any, comes from {@code seed}. */
  public static Simulated run(Fleet fleet, Calls calls, long seed) {
    return run(fleet, calls, seed, _ -> {});
  }

  /**
   * The same.
   *
   * @param progress is told now and then how many calls have come
   */
  public static Simulated run(Fleet fleet, Calls calls, long seed, IntConsumer progress) {
    if (fleet.replicas() == 0 && fleet.scaling().everyNanos() == 0) {
      throw new IllegalArgumentException(
          "a pool without replicas and without scaling ends nothing");
    }
    return new Simulation(fleet, calls, seed).run(progress);
  }

  private Simulated run(IntConsumer progress) {
    for (int i = 0; i < fleet.replicas(); i++) {
      start(0, 0);
    }
    nextLookNanos = fleet.scaling().everyNanos() > 0 ? 0 : Timeline.NEVER;
    int next = 0;
    while (next < calls.size() || timeline.open() > 0) {
      long arrival = next < calls.size() ? engineNanos(next) : Timeline.NEVER;
      long control = nextControl();
      if (control <= arrival && control != Timeline.NEVER) {
        advance(control);
        control(control, next);
      } else if (arrival != Timeline.NEVER) {
        advance(arrival);
        arrive(next++, arrival);
        if (next % REPORT_EVERY == 0) {
          progress.accept(next);
        }
      } else {
        advance(Timeline.NEVER - 1);
      }
    }
    progress.accept(next);
    return result();
  }

  private long engineNanos(int call) {
    return calls.atNanos[call] + fleet.replica().requestNanos();
  }

  private void advance(long untilNanos) {
    for (int i = 0; i < up.size(); i++) {
      up.get(i).replica.advance(untilNanos);
    }
  }

  // ---- calls

  private void arrive(int call, long nowNanos) {
    if (fleet.replica().holds(calls.promptTokens[call], calls.completionTokens[call])) {
      route(call, nowNanos);
    } else {
      timeline.end(call, End.REFUSED, nowNanos);
    }
  }

  private void route(int call, long nowNanos) {
    int chosen = choose();
    if (chosen < 0) {
      nowhere.add(call, calls.priority[call]);
    } else {
      last = chosen;
      var unit = up.get(chosen);
      fleet.front().sent(call, unit.number, unit.replica.inFlight(), nowNanos);
      unit.replica.accept(call, nowNanos);
    }
  }

  /** The place of a replica in the list of those that are up; -1 where none takes calls. */
  private int choose() {
    int chosen = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 1; i <= up.size(); i++) {
      int at = (Math.max(last, 0) + i) % up.size();
      var unit = up.get(at);
      if (unit.state != State.UP) {
        continue;
      }
      if (fleet.routing() == Routing.ROUND_ROBIN) {
        return at;
      }
      double load =
          fleet.front().load(unit.number, unit.replica.inFlight(), unit.replica.unbegun());
      if (load < least) {
        least = load;
        chosen = at;
      }
    }
    return chosen;
  }

  // ---- the fleet

  private long nextControl() {
    long next = nextLookNanos;
    for (int i = 0; i < units.size(); i++) {
      next = Math.min(next, units.get(i).nextNanos());
    }
    return next;
  }

  private void control(long nowNanos, int arrived) {
    for (var unit : List.copyOf(units)) {
      if (unit.nextNanos() <= nowNanos) {
        change(unit, nowNanos);
      }
    }
    if (nextLookNanos <= nowNanos) {
      scale(nowNanos, arrived);
      nextLookNanos = nowNanos + fleet.scaling().everyNanos();
    }
    refresh();
  }

  private void change(Unit unit, long nowNanos) {
    if (unit.state == State.STARTING) {
      unit.state = State.UP;
      unit.interruptedNanos = interruption(nowNanos);
      refresh();
      while (!nowhere.isEmpty()) {
        route(nowhere.removeFirst(), nowNanos);
      }
    } else {
      interrupt(unit, nowNanos);
    }
  }

  private long interruption(long nowNanos) {
    double rate = fleet.interruptionsPerHour() / HOUR_NANOS;
    return rate > 0
        ? nowNanos + (long) Math.ceil(-StrictMath.log1p(-random.nextDouble()) / rate)
        : Timeline.NEVER;
  }

  private void interrupt(Unit unit, long nowNanos) {
    boolean replaced = unit.state == State.UP;
    unit.gone(nowNanos);
    interruptions++;
    refresh();
    for (int call : unit.replica.abandon()) {
      if (timeline.firstNanos[call] == Timeline.NEVER) {
        route(call, nowNanos);
      } else {
        timeline.end(call, End.BROKEN, nowNanos);
      }
    }
    if (replaced) {
      start(nowNanos, fleet.startNanos());
    }
  }

  private void scale(long nowNanos, int arrived) {
    retire(nowNanos);
    int there = count(State.UP) + count(State.STARTING);
    double seconds = fleet.scaling().everyNanos() / ReplicaSpec.NANOS;
    var seen =
        new Seen(
            nowNanos,
            count(State.UP),
            count(State.STARTING),
            inFlight(),
            (arrived - arrivedBefore) / seconds);
    arrivedBefore = arrived;
    int desired = fleet.scaling().desired(seen);
    for (int i = there; i < desired; i++) {
      start(nowNanos, fleet.startNanos());
    }
    for (int i = desired; i < there; i++) {
      stopOne(nowNanos);
    }
  }

  private int inFlight() {
    int sum = nowhere.size();
    for (var unit : up) {
      sum += unit.replica.inFlight();
    }
    return sum;
  }

  private int count(State state) {
    int count = 0;
    for (var unit : units) {
      count += unit.state == state ? 1 : 0;
    }
    return count;
  }

  private void start(long nowNanos, long delayNanos) {
    int number = units.size();
    var replica =
        new Replica(
            fleet.replica().slowed(fleet.slowness().applyAsDouble(number)),
            calls,
            timeline,
            call ->
                fleet
                    .front()
                    .ended(call, number, timeline.firstNanos[call], timeline.endNanos[call]));
    var unit = new Unit(number, replica, nowNanos, nowNanos + delayNanos);
    units.add(unit);
    if (delayNanos == 0) {
      change(unit, nowNanos);
    }
  }

  /** The last that starts, else the one with the least to do. */
  private void stopOne(long nowNanos) {
    Unit least = null;
    for (var unit : units) {
      boolean starting = unit.state == State.STARTING;
      if (starting
          || (unit.state == State.UP
              && (least == null
                  || (least.state == State.UP
                      && unit.replica.inFlight() <= least.replica.inFlight())))) {
        least = unit;
      }
    }
    if (least == null) {
      return;
    }
    if (least.state == State.STARTING || least.replica.inFlight() == 0) {
      least.gone(nowNanos);
    } else {
      least.state = State.DRAINING;
    }
  }

  private void retire(long nowNanos) {
    for (var unit : units) {
      if (unit.state == State.DRAINING && unit.replica.inFlight() == 0) {
        unit.gone(nowNanos);
      }
    }
  }

  private void refresh() {
    up =
        units.stream()
            .filter(unit -> unit.state == State.UP || unit.state == State.DRAINING)
            .toList();
    mostUp = Math.max(mostUp, count(State.UP));
  }

  // ---- what came of it

  private Simulated result() {
    long end = 0;
    for (long each : timeline.endNanos) {
      end = Math.max(end, each);
    }
    return new Simulated(
        calls, timeline, 0, Use.of(units, end, mostUp, interruptions, fleet.replica()));
  }
}
