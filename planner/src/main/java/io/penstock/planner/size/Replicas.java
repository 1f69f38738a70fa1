package io.penstock.planner.size;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

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
   * @param interruption for those on interruptible machines that are away
   * @param minimum because fewer may not run
   * @param spot how many of all these are on interruptible machines
   */
  public record InDomain(
      String name, int base, int headroom, int spare, int interruption, int minimum, int spot) {
    /** All of them. */
    public int total() {
      return base + headroom + spare + interruption + minimum;
    }

    private InDomain withOneMore() {
      return new InDomain(name, base, headroom, spare, interruption, minimum + 1, spot);
    }
  }

  /**
   * {@code base = ⌈λ·u/X⌉}, {@code headroom = ⌈λ·u·(1 + h)/X⌉ − base}, then the spares and what
   * interruptions need, in each domain; then what is missing to the least.
   *
   * @param replicasOfTraffic {@code λ·u/X}: not whole
   */
  static Replicas of(double replicasOfTraffic, Availability availability) {
    var domains = new ArrayList<InDomain>();
    for (var domain : availability.domains()) {
      double traffic = replicasOfTraffic * domain.share();
      int base = atLeast(traffic);
      int serving = Math.max(base, atLeast(traffic * (1 + availability.headroom())));
      int spot = availability.spot().interruptible(serving);
      int standIn = availability.spot().spares(spot);
      domains.add(
          new InDomain(
              domain.name(),
              base,
              serving - base,
              availability.sparesPerDomain(),
              standIn,
              0,
              spot + standIn));
    }
    int missing = availability.range().least() - new Replicas(domains).total();
    for (int i = 0; i < missing; i++) {
      domains.set(i % domains.size(), domains.get(i % domains.size()).withOneMore());
    }
    return new Replicas(domains);
  }

  private static int atLeast(double replicas) {
    double whole = Math.max(1, Math.ceil(replicas - ROUNDING));
    return (int) whole;
  }

  private int sum(ToIntFunction<InDomain> term) {
    return domains.stream().mapToInt(term).sum();
  }

  /** For the peak. */
  public int base() {
    return sum(InDomain::base);
  }

  /** For what is over the peak. */
  public int headroom() {
    return sum(InDomain::headroom);
  }

  /** For those that are lost. */
  public int spare() {
    return sum(InDomain::spare);
  }

  /** For those on interruptible machines that are away. */
  public int interruption() {
    return sum(InDomain::interruption);
  }

  /** Because fewer may not run. */
  public int minimum() {
    return sum(InDomain::minimum);
  }

  /** On interruptible machines, the stand-ins for those that are away among them. */
  public int spot() {
    return sum(InDomain::spot);
  }

  /** Those that serve while all spares are lost. */
  public int serving() {
    return base() + headroom();
  }

  /** All. */
  public int total() {
    return sum(InDomain::total);
  }

  /**
   * {@code 5 = 3 for the peak + 1 headroom + 1 spare}: the terms that are not 0, the peak's always.
   */
  public String text() {
    var text =
        new StringBuilder().append(total()).append(" = ").append(base()).append(" for the peak");
    term(text, headroom(), " headroom");
    term(text, spare(), " spare");
    term(text, interruption(), " for interruptions");
    term(text, minimum(), " to the minimum");
    return text.toString();
  }

  private static void term(StringBuilder text, int count, String what) {
    if (count > 0) {
      text.append(" + ").append(count).append(what);
    }
  }
}
