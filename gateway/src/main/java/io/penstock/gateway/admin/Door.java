package io.penstock.gateway.admin;

import io.penstock.config.Secret;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may come in. Without a token everybody who reaches the port, which is then this machine's
 * alone; with one, who shows it: as {@code Bearer}, which scrapers and scripts send, or as the
 * password of {@code Basic}, which a browser asks its user for and then sends by itself, so that
 * the dashboard needs no page of its own to log in. That a browser sends it by itself is why a
 * change is refused that another site's page asks for.
 */
final class Door {
  /** What an orchestrator asks, and what says nothing about anybody. */
  private static final Set<String> OPEN = Set.of("/health", "/ready");

  private volatile byte @Nullable [] digest;

  Door(Optional<Secret> token) {
    exchange(token);
  }

  /** Another token from now on; that there is one is not taken back while the port is open. */
  void exchange(Optional<Secret> token) {
    token.ifPresent(secret -> digest = digest(secret.reveal()));
  }

  boolean admits(HttpServerRequest request) {
    byte[] expected = digest;
    String path = request.path();
    return expected == null
        || (path != null && OPEN.contains(path))
        || isShown(expected, request.getHeader("authorization"));
  }

  private static boolean isShown(byte[] expected, @Nullable String header) {
    if (header == null) {
      return false;
    }
    int space = header.indexOf(' ');
    String scheme = header.substring(0, Math.max(0, space)).toLowerCase(Locale.ROOT);
    String shown = header.substring(space + 1).strip();
    return switch (scheme) {
      case "bearer" -> MessageDigest.isEqual(expected, digest(shown));
      case "basic" -> MessageDigest.isEqual(expected, digest(password(shown)));
      default -> false;
    };
  }

  private static String password(String credentials) {
    try {
      String decoded =
          new String(Base64.getDecoder().decode(credentials), StandardCharsets.ISO_8859_1);
      return decoded.substring(decoded.indexOf(':') + 1);
    } catch (IllegalArgumentException noBase64) {
      return "";
    }
  }

  /** Digests are compared, so that the time it takes says nothing of the token, nor its length. */
  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }
}
