package io.penstock.gateway.cost;

import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.cost.GpuTime;
import io.penstock.planner.cost.TokenPrice;
import java.util.function.Supplier;

/** How one pool's calls are priced, in USD. */
sealed interface Tariff {

  Cost.Basis basis();

  /** What a call will cost beside so many others at its backend; NaN where that cannot be told. */
  double usd(Tokens tokens, int inFlight);

  /** What a call cost that took so long. */
  default double usd(Tokens tokens, int inFlight, double seconds) {
    return usd(tokens, inFlight);
  }

  /**
   * What a call used or may use.
   *
   * @param prompt all of the prompt
   * @param cached the part of it that the model server had cached
   * @param completion over all choices
   */
  record Tokens(double prompt, double cached, double completion) {}

  /** A price list's row. */
  record PerToken(TokenPrice price) implements Tariff {
    @Override
    public Cost.Basis basis() {
      return Cost.Basis.PRICE_LIST;
    }

    @Override
    public double usd(Tokens tokens, int inFlight) {
      return price.usd(tokens.prompt, tokens.cached, tokens.completion);
    }
  }

  /**
   * The call's share of a replica: its prompt whole, its decode steps divided by who shares them.
   * What was cached is not computed again.
   */
  record ReplicaShare(Supplier<ContinuousBatching> now, GpuTime time) implements Tariff {
    @Override
    public Cost.Basis basis() {
      return Cost.Basis.GPU_TIME;
    }

    @Override
    public double usd(Tokens tokens, int inFlight) {
      double fresh = tokens.prompt - tokens.cached;
      if (fresh + tokens.completion <= 0) {
        return 0;
      }
      ContinuousBatching replica = now.get();
      Workload load = Workload.of(Math.max(1, fresh), Math.max(1, tokens.completion));
      double together = Math.clamp(inFlight, 1, replica.maxSequences(load));
      return time.usd(replica, load, together);
    }
  }

  /** A replica whose price is known and whose speed is not: the time is measured, and shared. */
  record ReplicaTime(GpuTime time) implements Tariff {
    @Override
    public Cost.Basis basis() {
      return Cost.Basis.GPU_TIME;
    }

    @Override
    public double usd(Tokens tokens, int inFlight) {
      return Double.NaN;
    }

    @Override
    public double usd(Tokens tokens, int inFlight, double seconds) {
      return time.usd(seconds) / Math.max(1, inFlight);
    }
  }

  /** Nobody says what the pool costs. */
  record Unpriced() implements Tariff {
    @Override
    public Cost.Basis basis() {
      return Cost.Basis.UNKNOWN;
    }

    @Override
    public double usd(Tokens tokens, int inFlight) {
      return Double.NaN;
    }
  }
}
