package io.penstock.gateway.admit;

import io.penstock.config.Limits;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Tier;
import io.penstock.gateway.call.Reservation;
import java.time.Duration;
import java.util.Optional;

/**
 * A gateway in a process of its own, that takes slots until there are no more, and then waits to be
 * killed.
 */
final class FleetMember {
  static final int SLOTS = 12;
  static final Tier TIER =
      Given.tier(
          "paid",
          new Limits(Optional.empty(), Given.per(1e6, Duration.ofHours(1)), SLOTS),
          Given.per(100, Duration.ofDays(30)));
  static final PenstockConfig CONFIG = Given.config(TIER);
  static final Duration LEASE = Duration.ofSeconds(2);

  private FleetMember() {}

  public static void main(String[] args) throws Exception {
    try (var member = Member.of(CONFIG, args[0], Member.PATIENT, LEASE, null)) {
      int taken = 0;
      while (taken < Integer.parseInt(args[1])
          && member.reserve(Given.caller(TIER), Given.demand(10, 10), 1000)
              instanceof Reservation) {
        taken++;
      }
      System.out.println("taken " + taken);
      System.in.read();
    }
  }
}
