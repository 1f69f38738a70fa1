package io.penstock.planner.size;

import io.penstock.planner.cost.TokenPrice;
import java.util.Optional;

/**
 * What a pool costs. <em>Provisioned</em> has the idle time on the bill: the month's price over the
 * month's requests. <em>Fully loaded</em> is the price of one replica's hour over what it serves
 * within its SLO: what a request costs at best.
 *
 * @param usdPerReplicaHour all GPUs of a replica, spot share blended in
 * @param usdPerMonth of all replicas
 * @param requestsPerMonth at the average rate
 * @param provisionedPerRequest USD
 * @param loadedPerRequest USD
 * @param tokensPerRequest prompt and completion
 * @param api the same work bought by the token
 */
public record Cost(
    double usdPerReplicaHour,
    double usdPerMonth,
    double requestsPerMonth,
    double provisionedPerRequest,
    double loadedPerRequest,
    double tokensPerRequest,
    Optional<Api> api) {
  /** Hours of a month: 365 days over 12. */
  public static final double HOURS_PER_MONTH = 730;

  /** Seconds of a month. */
  public static final double SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600;

  private static final double MILLION = 1e6;

  /**
   * A provider's price beside it.
   *
   * @param usdPerRequest of the mean request
   * @param usdPerMonth of the month's
   * @param breakEvenRequestsPerMonth from which on the replicas are cheaper
   * @param breakEvenUtilisation the share of what the replicas can serve from which on they are
   *     cheaper; over 1: never
   */
  public record Api(
      double usdPerRequest,
      double usdPerMonth,
      double breakEvenRequestsPerMonth,
      double breakEvenUtilisation) {}

  static Cost of(
      double usdPerReplicaHour,
      int replicas,
      double averagePerSecond,
      double sustainablePerSecond,
      Demand demand,
      Optional<TokenPrice> price) {
    double month = usdPerReplicaHour * replicas * HOURS_PER_MONTH;
    double requests = averagePerSecond * SECONDS_PER_MONTH;
    double loaded = usdPerReplicaHour / (sustainablePerSecond * 3600);
    return new Cost(
        usdPerReplicaHour,
        month,
        requests,
        month / requests,
        loaded,
        demand.tokensPerRequest(),
        price.map(known -> api(known, demand, requests, month, loaded)));
  }

  private static Api api(
      TokenPrice price, Demand demand, double requests, double month, double loaded) {
    double prompt = demand.load().prompt().mean();
    double cached = prompt * demand.load().prefixHitRatio();
    double each = price.usd(prompt, cached, demand.load().completion().mean());
    return new Api(each, each * requests, month / each, loaded / each);
  }

  /** USD per million tokens, idle time included. */
  public double provisionedPerMillionTokens() {
    return provisionedPerRequest / tokensPerRequest * MILLION;
  }

  /** USD per million tokens at best. */
  public double loadedPerMillionTokens() {
    return loadedPerRequest / tokensPerRequest * MILLION;
  }
}
