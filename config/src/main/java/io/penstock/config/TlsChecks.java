package io.penstock.config;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/** Whether the ports' certificates and keys can be read, belong together, and are still taken. */
public final class TlsChecks {
  /** Those who renew by a program do so a month ahead: what is nearer was forgotten. */
  private static final Duration NEAR = Duration.ofDays(14);

  private TlsChecks() {}

  static void check(PenstockConfig config, Problems problems) {
    ports(config)
        .forEach((port, tls) -> {
          switch (TlsPair.read(tls)) {
            case TlsPair.Unusable(var key, var message) ->
                problems.error(port + ".tls." + key, message);
            case TlsPair.Usable usable -> {
              if (usable.until().isBefore(Instant.now().plus(NEAR))) {
                problems.warn(port + ".tls.certificate", untilWhen(usable));
              }
            }
          }
        });
  }

  /** The ports that speak TLS, by their section. */
  public static Map<String, Tls> ports(PenstockConfig config) {
    var ports = new LinkedHashMap<String, Tls>();
    config.server().tls().ifPresent(tls -> ports.put("server", tls));
    config.admin().tls().ifPresent(tls -> ports.put("admin", tls));
    return ports;
  }

  /** Until when a certificate is taken, as a line says it. */
  public static String untilWhen(TlsPair.Usable pair) {
    Instant until = pair.until().truncatedTo(ChronoUnit.SECONDS);
    long days = Duration.between(Instant.now(), until).toDays();
    return until.isBefore(Instant.now())
        ? "expired at " + until
        : "is good until " + until + ", " + days + (days == 1 ? " day" : " days") + " from now";
  }
}
