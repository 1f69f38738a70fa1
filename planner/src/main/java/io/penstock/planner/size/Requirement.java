package io.penstock.planner.size;

import java.util.List;

/**
 * What is asked of one pool.
 *
 * @param pool its name
 * @param demand the traffic
 * @param slo what is promised; empty promises nothing
 * @param availability what stands ready beyond the peak
 * @param money what may be spent
 * @param uncertainty by how much the model may be too optimistic: 1.25 before the pool's own
 *     traffic calibrated it, {@value #CALIBRATED} after five samples
 */
public record Requirement(
    String pool,
    Demand demand,
    List<Bound> slo,
    Availability availability,
    Money money,
    double uncertainty) {
  /** Before any sample. */
  public static final double UNCALIBRATED = 1.25;

  /** After five. */
  public static final double CALIBRATED = 1.1;

  public Requirement {
    if (!(uncertainty >= 1 && uncertainty < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("uncertainty must be 1 or more, not " + uncertainty);
    }
    slo = List.copyOf(slo);
  }

  /** The same with other traffic. */
  public Requirement with(Demand other) {
    return new Requirement(pool, other, slo, availability, money, uncertainty);
  }

  /** The same without promises: what the hardware can at most. */
  public Requirement withoutSlo() {
    return new Requirement(pool, demand, List.of(), availability, money, uncertainty);
  }

  /** The same at another stage of calibration. */
  public Requirement with(double otherUncertainty) {
    return new Requirement(pool, demand, slo, availability, money, otherUncertainty);
  }
}
