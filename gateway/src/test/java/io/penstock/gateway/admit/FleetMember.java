package io.penstock.gateway.admit;

import io.penstock.config.Limits;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Tier;
import io.penstock.gateway.call.Admission;
import io.penstock.gateway.call.Reservation;
import io.penstock.gateway.call.Usage;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * A gateway in a process of its own, that takes slots until there are no more and then waits to be
 * killed, or is killed while it works.
 */
final class FleetMember {
  static final int SLOTS = 12;
  static final Tier TIER =
      Given.tier(
          "paid",
          new Limits(Optional.empty(), Given.per(1e6, Duration.ofHours(1)), SLOTS),
          Given.per(100, Duration.ofDays(30)));
  static final PenstockConfig CONFIG = Given.config(TIER);
  static final long WORST_MICRO_USD = 1000;
  static final Duration LEASE = Duration.ofSeconds(2);

  private FleetMember() {}

  /**
   * @param args the store's url, and how many slots to take; or {@code busy}: calls one after the
   *     other, of which some are always open
   */
  public static void main(String[] args) throws Exception {
    try (var member = Member.of(CONFIG, args[0], Member.PATIENT, LEASE, null)) {
      if (args[1].equals("busy")) {
        beBusy(member);
      } else {
        take(member, Integer.parseInt(args[1]));
      }
    }
  }

  private static void take(Member member, int slots) throws Exception {
    int taken = 0;
    while (taken < slots && call(member) instanceof Reservation) {
      taken++;
    }
    System.out.println("taken " + taken);
    System.in.read();
  }

  private static Admission call(Member member) {
    return member.reserve(Given.caller(TIER), Given.demand(10, 10), WORST_MICRO_USD);
  }

  private static void beBusy(Member member) {
    var open = new ArrayDeque<Reservation>();
    for (int calls = 0; ; calls++) {
      if (call(member) instanceof Reservation more) {
        open.add(more);
      }
      if (open.size() > SLOTS / 2) {
        open.remove().settle(new Usage(1, 0, 1, true), 1);
      }
      if (calls == 200) {
        System.out.println("busy");
      }
    }
  }
}
