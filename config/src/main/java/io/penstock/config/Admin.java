package io.penstock.config;

import java.net.InetAddress;
import java.util.Optional;

/**
 * The admin port.
 *
 * @param host the address it binds, {@code 127.0.0.1} by default
 * @param port 9090 by default; 0 picks a free one
 * @param tls absent: it speaks plain HTTP
 * @param token what a caller must show; absent: nothing, which is for this machine's own addresses
 *     alone
 */
public record Admin(String host, int port, Optional<Tls> tls, Optional<Secret> token) {
  public static final Admin DEFAULT =
      new Admin("127.0.0.1", 9090, Optional.empty(), Optional.empty());

  /** What cannot be guessed over a network: 16 characters of 5 bits or more. */
  static final int LEAST_TOKEN_LENGTH = 16;

  public Admin {
    new Check()
        .written("host", host)
        .within("port", port, 0, 65_535)
        .that(
            token.isPresent() || isThisMachineAlone(host),
            "token",
            "is missing, and "
                + Notation.quote(host)
                + " can be reached from elsewhere: write ${ENV_NAME} or file:PATH, or bind"
                + " 127.0.0.1")
        .that(
            token.map(Admin::canBeAToken).orElse(true),
            "token",
            "is not a token: write at least "
                + LEAST_TOKEN_LENGTH
                + " printable ASCII characters without spaces, as openssl rand -hex 24 makes them")
        .orRefuse();
  }

  private static boolean isThisMachineAlone(String host) {
    if (host.equals("localhost") || host.isBlank()) {
      return true;
    }
    try {
      return InetAddress.ofLiteral(host).isLoopbackAddress();
    } catch (IllegalArgumentException noAddress) {
      return false;
    }
  }

  private static boolean canBeAToken(Secret token) {
    String text = token.reveal();
    return text.length() >= LEAST_TOKEN_LENGTH && text.chars().allMatch(c -> c > ' ' && c < 127);
  }
}
