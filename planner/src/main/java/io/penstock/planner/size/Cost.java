package io.penstock.planner.size;

import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.cost.TokenPrice;
import java.util.Optional;

/**
 * What a pool costs. <em>Provisioned</em> has the idle time on the bill: the month's price over the
 * month's requests. <em>Fully loaded</em> is the price of one replica's hour over what it serves
 * within its SLO: what a request costs at best.
 *
 * @param price of a replica's hour
 * @param usdPerReplicaHour of the mean replica that serves, all its GPUs
 * @param usdPerMonth of all replicas
 * @param requestsPerMonth at the average rate
 * @param provisionedPerRequest USD
 * @param loadedPerRequest USD
 * @param tokensPerRequest prompt and completion
 * @param api the same work bought by the token
 */
public record Cost(
    Price price,
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

  /**
   * What one replica costs for an hour, all its GPUs.
   *
   * @param onDemandUsd while nobody takes it away
   * @param spotUsd on interruptible machines; as on demand where no such price is known
   */
  public record Price(double onDemandUsd, double spotUsd) {
    static Price of(Deployment deployment) {
      double onDemand = deployment.usdPerHour();
      double spot = deployment.gpu().spotUsdPerHour() * deployment.tensorParallel();
      return new Price(onDemand, spot > 0 ? spot : onDemand);
    }

    /** The mean of replicas of which a share is interruptible. */
    double mixed(double spotShare) {
      return onDemandUsd * (1 - spotShare) + spotUsd * spotShare;
    }
  }

  static Cost of(
      Price price,
      Replicas replicas,
      double spotShare,
      double averagePerSecond,
      double sustainablePerSecond,
      Demand demand,
      Optional<TokenPrice> api) {
    int onDemand = replicas.total() - replicas.spot();
    double hour = onDemand * price.onDemandUsd() + replicas.spot() * price.spotUsd();
    double month = hour * HOURS_PER_MONTH;
    double requests = averagePerSecond * SECONDS_PER_MONTH;
    double each = price.mixed(spotShare);
    double loaded = each / (sustainablePerSecond * 3600);
    return new Cost(
        price,
        each,
        month,
        requests,
        month / requests,
        loaded,
        demand.tokensPerRequest(),
        api.map(known -> api(known, demand, requests, month, loaded)));
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
