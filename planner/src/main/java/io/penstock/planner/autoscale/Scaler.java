package io.penstock.planner.autoscale;

import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Memory;
import io.penstock.planner.capacity.MemoryBudget;
import io.penstock.planner.size.Availability;
import io.penstock.planner.size.Demand;
import io.penstock.planner.size.Money;
import io.penstock.planner.size.Outcome;
import io.penstock.planner.size.Requirement;
import io.penstock.planner.size.Show;
import io.penstock.planner.size.Sized;
import io.penstock.planner.size.Sizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Sizes a pool for the minutes ahead, with the sizing that plans use, on the replica that traffic
 * showed: {@code ⌈λ·u·(1 + headroom)/X_slo⌉} and the spares, within the policy's bounds. Calls that
 * are there already count too, where they are more than so many replicas bear: what has piled up
 * must be served, and of long answers nothing is known until the first have ended. Pure; some
 * milliseconds.
 */
public final class Scaler {
  /** USD an hour of what has no price: sizing needs one, and replicas do not depend on it. */
  private static final double ANY_PRICE = 1;

  /** Of the highest rate: a mean that has died away is still a rate. */
  private static final double LEAST_SHARE = 1e-3;

  /** What is worth a word of how the slowest calls differ from the model. */
  private static final double MUCH = 0.02;

  private Scaler() {}

  /** What the pool needs now, before {@link Stabiliser} holds it. */
  public static Target want(Situation now, Policy policy) {
    var replica = priced(now.seen().apply(now.prior()));
    double rate = now.ahead().high();
    if (!(rate > 0)) {
      return idle(replica, now, policy);
    }
    var requirement =
        new Requirement(
            "pool",
            Demand.rate(rate, Math.clamp(now.ahead().mean(), LEAST_SHARE * rate, rate), now.load()),
            now.tail().on(now.slo()),
            Availability.single(policy.headroom(), policy.spares()),
            Money.UNBOUNDED,
            uncertainty(replica, now));
    return switch (Sizer.size(requirement, replica)) {
      case Sized sized -> within(sized, now, policy, List.of());
      case Outcome.Refused no -> withoutPromise(requirement, replica, no.why(), now, policy);
    };
  }

  /** Of requests like these, at a replica that is full. */
  private static double uncertainty(Deployment replica, Situation now) {
    if (!(Memory.of(replica) instanceof MemoryBudget)) {
      return now.seen().uncertainty(0.5);
    }
    var full = ContinuousBatching.of(replica);
    double most = full.maxSequences(now.load());
    double prompt = full.prefillSeconds(now.load(), most) / full.shareSeconds(now.load(), most);
    return now.seen().uncertainty(Math.clamp(prompt, 0, 1));
  }

  private static Deployment priced(Deployment replica) {
    return replica.usdPerHour() > 0
        ? replica
        : new Deployment(
            replica.model(),
            replica.gpu().at(ANY_PRICE),
            replica.tensorParallel(),
            replica.weights(),
            replica.kv(),
            replica.engine());
  }

  private static Target idle(Deployment replica, Situation now, Policy policy) {
    double saturation = ContinuousBatching.of(replica).saturation(now.load());
    return new Target(
        policy.min(),
        saturation,
        saturation,
        uncertainty(replica, now),
        false,
        List.of("no traffic: the minimum of " + policy.min()));
  }

  /** More replicas do not help a request that is too slow alone; the work must be done still. */
  private static Target withoutPromise(
      Requirement requirement, Deployment replica, String why, Situation now, Policy policy) {
    String broken = "no number of replicas keeps the SLO (" + why + "): sized for the work alone";
    return switch (Sizer.size(requirement.withoutSlo(), replica)) {
      case Sized sized -> within(sized, now, policy, List.of(broken));
      case Outcome.Refused no ->
          new Target(policy.max(), 0, 0, uncertainty(replica, now), true, List.of(no.why()));
    };
  }

  private static Target within(Sized sized, Situation now, Policy policy, List<String> first) {
    int forLoad = sized.replicas().total();
    double bears = bears(sized, now);
    int forCalls = (int) Math.ceil(now.inFlight() / bears) + policy.spares();
    int wanted = Math.max(forLoad, forCalls);
    int replicas = Math.clamp(wanted, policy.min(), policy.max());
    var reasons = new ArrayList<>(first);
    reasons.add(load(sized, now));
    if (forCalls > forLoad) {
      reasons.addFirst(
          String.format(
              Locale.ROOT,
              "%s calls are there already, of which one replica bears %s within the SLO: %d, where"
                  + " the load alone asks for %d",
              Show.number(now.inFlight()),
              Show.number(bears),
              forCalls,
              forLoad));
    }
    if (policy.headroom() > 0 || policy.spares() > 0) {
      reasons.add(
          String.format(
              Locale.ROOT,
              "%d for the load, %d for %s of headroom, %d spare",
              sized.replicas().base(),
              sized.replicas().headroom(),
              Show.percent(policy.headroom()),
              sized.replicas().spare()));
    }
    if (now.seen().contradicts()) {
      reasons.add(hardware(now));
    }
    if (Math.abs(now.tail().ttft() - 1) > MUCH || Math.abs(now.tail().tpot() - 1) > MUCH) {
      reasons.add(slowest(now.tail()));
    }
    if (wanted > policy.max()) {
      reasons.addFirst("max of " + policy.max() + " reached: " + wanted + " are needed");
    } else if (wanted < policy.min()) {
      reasons.addFirst("the minimum of " + policy.min() + ": " + wanted + " would do");
    }
    return new Target(
        replicas,
        sized.sustainablePerSecond(),
        sized.saturationPerSecond(),
        sized.uncertainty(),
        wanted > policy.max(),
        reasons);
  }

  /** Calls at once at a replica that serves as many a second as it can within the SLO. */
  private static double bears(Sized sized, Situation now) {
    return Math.max(
        1, sized.replica().openLoop(now.load(), sized.sustainablePerSecond()).inFlight());
  }

  private static String load(Sized sized, Situation now) {
    return String.format(
        Locale.ROOT,
        "%s requests a second ahead (expected %s); one replica serves %s within the SLO, bound by"
            + " %s; %s allowed for the model's error",
        Show.number(now.ahead().high()),
        Show.number(now.ahead().mean()),
        Show.number(sized.sustainablePerSecond()),
        sized.constraint().word(),
        Show.percent(sized.uncertainty() - 1));
  }

  private static String slowest(Tail tail) {
    return String.format(
        Locale.ROOT,
        "of the slowest calls, the first token takes %s times as long as modelled and each token"
            + " after it %s times; sized for that",
        Show.number(tail.ttft()),
        Show.number(tail.tpot()));
  }

  private static String hardware(Situation now) {
    return String.format(
        Locale.ROOT,
        "the hardware is not what the config says: a decode step takes %s times as long as modelled"
            + " (± %s), a prompt token %s times (± %s)",
        Show.number(now.seen().decode().value()),
        Show.number(now.seen().decode().error()),
        Show.number(now.seen().prefill().value()),
        Show.number(now.seen().prefill().error()));
  }
}
