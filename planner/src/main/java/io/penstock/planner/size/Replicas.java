package io.penstock.planner.size;

import java.util.List;

/**
 * Replicas by what each is for, so that nothing is counted twice.
 *
 * @param domains each failure domain's
 */
public record Replicas(List<InDomain> domains) {
  /** Ratios that differ by rounding alone make no replica. */
  private static final double ROUNDING = 1e-9;

  public Replicas {
    domains = List.copyOf(domains);
  }

  /**
   * One failure domain's.
   *
   * @param name of the domain
   * @param base for the peak
   * @param headroom for what is over it
   * @param spare for those that are lost
   */
  public record InDomain(String name, int base, int headroom, int spare) {
    /** All of them. */
    public int total() {
      return base + headroom + spare;
    }
  }

  /**
   * {@code base = ⌈λ·u/X⌉}, {@code headroom = ⌈λ·u·(1 + h)/X⌉ − base}, then the spares, in each
   * domain.
   *
   * @param replicasOfTraffic {@code λ·u/X}: not whole
   */
  static Replicas of(double replicasOfTraffic, Availability availability) {
    return new Replicas(
        availability.domains().stream()
            .map(domain -> {
              double traffic = replicasOfTraffic * domain.share();
              int base = atLeast(traffic);
              int both = Math.max(base, atLeast(traffic * (1 + availability.headroom())));
              return new InDomain(domain.name(), base, both - base, availability.sparesPerDomain());
            })
            .toList());
  }

  private static int atLeast(double replicas) {
    double whole = Math.max(1, Math.ceil(replicas - ROUNDING));
    return (int) whole;
  }

  /** For the peak. */
  public int base() {
    return domains.stream().mapToInt(InDomain::base).sum();
  }

  /** For what is over the peak. */
  public int headroom() {
    return domains.stream().mapToInt(InDomain::headroom).sum();
  }

  /** For those that are lost. */
  public int spare() {
    return domains.stream().mapToInt(InDomain::spare).sum();
  }

  /** Those that serve while all spares are lost. */
  public int serving() {
    return base() + headroom();
  }

  /** All. */
  public int total() {
    return serving() + spare();
  }
}
