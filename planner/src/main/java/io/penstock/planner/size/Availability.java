package io.penstock.planner.size;

import java.util.List;

/**
 * What stands ready beyond the peak.
 *
 * @param headroom the share of the peak that is kept free, for growth and what nobody foresaw
 * @param sparesPerDomain replicas that may be lost in each failure domain
 * @param domains regions or zones that fail apart, with their share of the traffic
 */
public record Availability(double headroom, int sparesPerDomain, List<Domain> domains) {
  public static final Availability NONE = new Availability(0, 0, List.of(new Domain("all", 1)));

  public Availability {
    if (!(headroom >= 0 && headroom < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("headroom must be 0 or more, not " + headroom);
    }
    if (sparesPerDomain < 0) {
      throw new IllegalArgumentException("spare-replicas must be 0 or more: " + sparesPerDomain);
    }
    if (domains.isEmpty()) {
      throw new IllegalArgumentException("a pool needs 1 failure domain or more");
    }
    domains = List.copyOf(domains);
  }

  /** One domain with all the traffic. */
  public static Availability single(double headroom, int spares) {
    return new Availability(headroom, spares, NONE.domains());
  }

  /**
   * A region or a zone.
   *
   * @param name of it
   * @param share of the traffic
   */
  public record Domain(String name, double share) {
    public Domain {
      if (!(share > 0 && share <= 1)) {
        throw new IllegalArgumentException(name + ": a share must be in (0, 1], not " + share);
      }
    }
  }
}
