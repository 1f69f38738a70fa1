package io.penstock.config;

import java.time.Duration;
import java.util.Optional;

/**
 * The data port.
 *
 * @param host the address it binds, {@code 0.0.0.0} by default
 * @param port 8080 by default; 0 picks a free one
 * @param maxBodyBytes the largest request body, 32 MiB by default
 * @param maxHeaderBytes the largest request head, 16 KiB by default
 * @param idleTimeout how long a silent client connection is kept
 * @param headTimeout how long a client may take to send a request's head
 * @param bodyTimeout how long a client may take to send its body
 * @param drainTimeout how long calls in flight may take to finish on SIGTERM
 * @param drainDelay how long before that requests are still taken, while {@code /ready} says no
 * @param tls absent: it speaks plain HTTP
 */
public record Server(
    String host,
    int port,
    long maxBodyBytes,
    int maxHeaderBytes,
    Duration idleTimeout,
    Duration headTimeout,
    Duration bodyTimeout,
    Duration drainTimeout,
    Duration drainDelay,
    Optional<Tls> tls) {

  public static final Server DEFAULT =
      new Server(
          "0.0.0.0",
          8080,
          32L << 20,
          16 << 10,
          Duration.ofMinutes(5),
          Duration.ofSeconds(30),
          Duration.ofSeconds(60),
          Duration.ofSeconds(30),
          Duration.ZERO,
          Optional.empty());

  public Server {
    new Check()
        .written("host", host)
        .within("port", port, 0, 65_535)
        .within("max-body", maxBodyBytes, 1, 1L << 30)
        .within("max-header", maxHeaderBytes, 1 << 10, 1 << 20)
        .positive("idle-timeout", idleTimeout)
        .positive("head-timeout", headTimeout)
        .positive("body-timeout", bodyTimeout)
        .notNegative("drain-timeout", drainTimeout)
        .notNegative("drain-delay", drainDelay)
        .orRefuse();
  }
}
