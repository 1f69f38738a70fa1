package io.penstock.planner.size;

import java.util.List;

/**
 * What stands ready beyond the peak, and on what.
 *
 * @param headroom the share of the peak that is kept free, for growth and what nobody foresaw
 * @param sparesPerDomain replicas that may be lost in each failure domain
 * @param domains regions or zones that fail apart, with their share of the traffic
 * @param spot interruptible machines
 * @param range how few and how many replicas there may be
 */
public record Availability(
    double headroom, int sparesPerDomain, List<Domain> domains, Spot spot, Range range) {
  public static final Availability NONE =
      new Availability(0, 0, List.of(new Domain("all", 1)), Spot.NONE, Range.ANY);

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

  /** Machines that nobody takes away, as many as it takes. */
  public Availability(double headroom, int sparesPerDomain, List<Domain> domains) {
    this(headroom, sparesPerDomain, domains, Spot.NONE, Range.ANY);
  }

  /** One domain with all the traffic. */
  public static Availability single(double headroom, int spares) {
    return new Availability(headroom, spares, NONE.domains());
  }

  /** The same with a share of the replicas on interruptible machines. */
  public Availability with(Spot other) {
    return new Availability(headroom, sparesPerDomain, domains, other, range);
  }

  /** The same with bounds on the number of replicas. */
  public Availability with(Range other) {
    return new Availability(headroom, sparesPerDomain, domains, spot, other);
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

  /**
   * How many replicas there may be, in all domains together.
   *
   * @param least that run whatever the traffic
   * @param most that may run
   */
  public record Range(int least, int most) {
    public static final Range ANY = new Range(0, Integer.MAX_VALUE);

    public Range {
      if (least < 0 || most < 1 || least > most) {
        throw new IllegalArgumentException(
            "replicas must be from 0 or more to at least 1: " + least + " to " + most);
      }
    }
  }
}
