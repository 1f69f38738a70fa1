package io.penstock.planner.report;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A capacity review's figures.
 *
 * @param fromEpochSeconds the first arrival
 * @param toEpochSeconds the last
 * @param all every request
 * @param byTier in the tiers' order of cost
 * @param byTenant the dearest first
 * @param byComplexity by class
 * @param pools by pool
 * @param promptLengths answered requests by their prompts' tokens
 * @param completionLengths the same by their answers' tokens
 * @param requestsByHour requests by the hour since 1970
 * @param costs what it cost, beside what it would have cost elsewhere
 * @param recommendations the most money first
 */
public record Report(
    double fromEpochSeconds,
    double toEpochSeconds,
    Traffic all,
    List<Traffic> byTier,
    List<Traffic> byTenant,
    List<Traffic> byComplexity,
    List<Pool> pools,
    List<Bin> promptLengths,
    List<Bin> completionLengths,
    Map<Long, Long> requestsByHour,
    Costs costs,
    List<Recommendation> recommendations) {

  /** How many were over half of {@code upTo}, or over 0 in the first, and not over it. */
  public record Bin(double upTo, long count) {}

  /** A distribution; NaN where nothing was counted. */
  public record Spread(long count, double mean, double p50, double p95, double p99) {}

  /**
   * Requests of one kind.
   *
   * @param outcomes how many ended how
   * @param cachedShare of the prompts' tokens
   * @param ttft seconds, streams alone
   * @param tpot seconds, streams alone
   * @param peakPerSecond in the busiest minute
   */
  public record Traffic(
      String name,
      long requests,
      Map<String, Long> outcomes,
      Spread promptTokens,
      Spread completionTokens,
      double cachedShare,
      Spread ttft,
      Spread tpot,
      Spread total,
      double peakPerSecond,
      double usd) {
    /** USD for each request that came. */
    public double usdPerRequest() {
      return requests > 0 ? usd / requests : 0;
    }
  }

  /**
   * One pool.
   *
   * @param requestsByHour requests by the hour since 1970
   * @param promises what is promised, and how often it was kept
   * @param hardware how busy it was; null for a provider
   */
  public record Pool(
      Traffic traffic,
      Map<Long, Long> requestsByHour,
      List<Promise> promises,
      @Nullable Hardware hardware) {}

  /**
   * A promise.
   *
   * @param name as {@code ttft-p95}
   * @param seconds within which
   * @param share of the requests that kept it
   * @param kept whether as many as promised did
   */
  public record Promise(String name, double seconds, double share, boolean kept) {}

  /**
   * How busy a pool's replicas were.
   *
   * @param label in a few words
   * @param samples answers from which its figures were learned; 0: they are the catalogue's
   * @param saturationPerSecond what all its replicas finish at most
   * @param sloPerSecond what they serve within the SLO
   * @param headroomPerSecond what is left of that at the peak; below 0 where it was over
   * @param utilisation the mean load over what they serve within the SLO
   * @param growthPerDay as a share of the mean day; NaN for fewer than three whole days
   * @param daysLeft until the peak is over what they serve; infinite where nothing grows, NaN where
   *     that cannot be told
   * @param fleetUsdPerMonth what the replicas cost, busy or not
   * @param busyByHour requests a second in the busy minutes of each hour of the day, in UTC
   * @param neededByHour replicas that they need, with spares
   * @param ttftPredicted mean seconds by the model at the mean load
   * @param ttftObserved mean seconds
   * @param tpotPredicted mean seconds by the model at the mean load
   * @param tpotObserved mean seconds
   * @param changes what would change the number of replicas
   */
  public record Hardware(
      String label,
      long samples,
      int replicas,
      double saturationPerSecond,
      double sloPerSecond,
      double headroomPerSecond,
      double utilisation,
      double growthPerDay,
      double daysLeft,
      double fleetUsdPerMonth,
      List<Double> busyByHour,
      List<Integer> neededByHour,
      double ttftPredicted,
      double ttftObserved,
      double tpotPredicted,
      double tpotObserved,
      List<Change> changes) {
    /** By which share of what was observed the prediction was over it; NaN where unknown. */
    public double ttftError() {
      return ttftPredicted / ttftObserved - 1;
    }

    /** As {@link #ttftError}. */
    public double tpotError() {
      return tpotPredicted / tpotObserved - 1;
    }
  }

  /**
   * Something that would change a pool's plan.
   *
   * @param when it happens, in a few words
   * @param replicas that the busiest hour would need then
   * @param usdPerMonth by which those cost more than what it needs now
   */
  public record Change(String when, int replicas, double usdPerMonth) {}

  /**
   * Money.
   *
   * @param usd that the requests were accounted for
   * @param allToApiUsd what all their tokens cost at the provider of the config, those that kept
   *     answers spared included; NaN where it has none with a price
   * @param sparedUsd the part of it that kept and shared answers spared, by the tokens that were
   *     estimated of them
   * @param provider which; empty where there is none
   */
  public record Costs(double usd, double allToApiUsd, double sparedUsd, String provider) {
    /** What routing and caching saved; NaN where there is nothing to compare with. */
    public double savedUsd() {
      return allToApiUsd - usd;
    }
  }

  /**
   * Something to do.
   *
   * @param pool where
   * @param what in one sentence
   * @param why in one sentence
   * @param effect on latency
   * @param usdPerMonth that it adds; below 0 what it saves
   */
  public record Recommendation(
      String pool, String what, String why, String effect, double usdPerMonth) {}
}
