package io.penstock.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The store that a fleet shares.
 *
 * @param url {@code redis://}, {@code rediss://} or {@code redis-sentinel://}, with one host or
 *     several
 * @param cluster whether it is a Redis Cluster; several hosts say so too
 * @param ca certificates (PEM) that a {@code rediss://} server's is checked with; absent: the JDK's
 * @param prefix what every key begins with; gateways of one prefix are one fleet
 * @param timeout the longest that a request may wait for it
 * @param lease how long what a gateway holds outlives it when it dies
 * @param onFailure what limits do without it
 * @param onFailureOf the same for each kind of limit, where that differs
 */
public record Redis(
    Secret url,
    boolean cluster,
    Optional<Path> ca,
    String prefix,
    Duration timeout,
    Duration lease,
    OnFailure onFailure,
    PerLimit onFailureOf) {

  public Redis {
    new Check()
        .name("prefix", prefix)
        .positive("timeout", timeout)
        .that(
            lease.compareTo(Duration.ofSeconds(1)) >= 0,
            "lease",
            Notation.plain(lease) + " is too short to renew it in time: write 1s or more")
        .orRefuse();
  }

  /** With the default of everything that is not named. */
  public static Redis at(Secret url, Duration timeout, OnFailure onFailure) {
    return new Redis(
        url,
        false,
        Optional.empty(),
        "penstock",
        timeout,
        Duration.ofSeconds(30),
        onFailure,
        PerLimit.all(onFailure));
  }

  /** What each kind of limit does without the store. */
  public record PerLimit(
      OnFailure requests, OnFailure tokens, OnFailure concurrency, OnFailure budget) {
    static PerLimit all(OnFailure choice) {
      return new PerLimit(choice, choice, choice, choice);
    }
  }

  /** What limits do when the store does not answer. */
  public enum OnFailure {
    LOCAL,
    ALLOW,
    DENY
  }
}
