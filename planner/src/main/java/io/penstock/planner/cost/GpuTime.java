package io.penstock.planner.cost;

import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Workload;

/**
 * The price of a replica's time.
 *
 * <p>A request's share is the time it adds to the replica's steps: its prompt whole, its decode
 * steps divided by who shares them. Idle time is on nobody's bill here; {@link #provisioned} puts
 * it there.
 *
 * @param usdPerHour of the whole replica, all its GPUs
 */
public record GpuTime(double usdPerHour) {
  private static final double SECONDS_PER_HOUR = 3600;

  public GpuTime {
    if (!(usdPerHour >= 0 && usdPerHour < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("a price must be 0 or more, not " + usdPerHour);
    }
  }

  /** USD for so many seconds of the replica. */
  public double usd(double seconds) {
    return seconds * usdPerHour / SECONDS_PER_HOUR;
  }

  /** USD for one request beside {@code n − 1} others like it. */
  public double usd(ContinuousBatching replica, Workload load, double n) {
    return usd(replica.shareSeconds(load, n));
  }

  /** USD per request when {@code replicas} serve so many a second, idle or not. */
  public double provisioned(double replicas, double requestsPerSecond) {
    return replicas * usd(1) / requestsPerSecond;
  }
}
