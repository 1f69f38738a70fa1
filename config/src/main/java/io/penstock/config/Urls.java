package io.penstock.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Addresses in the file. They may hold references, and by mistake passwords, so that messages show
 * one only where neither is in it.
 */
final class Urls {
  private static final Pattern PASSWORD = Pattern.compile("^[a-z-]+://[^/@]*:([^@]*)@.*$");

  private static final Pattern HOSTS =
      Pattern.compile("^([a-z-]+://)([^/]*@)?([^/?#@]*)([/?#].*)?$");

  private static final Set<String> HTTP = Set.of("http", "https");
  private static final Set<String> REDIS = Set.of("redis", "rediss", "redis-sentinel");

  private final Reading reading;

  Urls(Reading reading) {
    this.reading = reading;
  }

  /**
   * A model server: scheme, host, port and a path prefix. A {@code /v1} at its end is taken off,
   * since every request's path begins with it.
   */
  Optional<URI> modelServer(String path, String text) {
    return http(path, text, "http://HOST:PORT", "the pool's key, as ${ENV_NAME}", "/+v1$");
  }

  /** A collector of traces: scheme, host and port; the signal's own path is added to it. */
  Optional<URI> collector(String path, String text) {
    return http(path, text, "http://HOST:4318", "a header, as ${ENV_NAME}", "/+v1/traces$");
  }

  /**
   * @param example of such an address
   * @param credential where one belongs instead
   * @param takenOff what is not kept of the path, a pattern
   */
  private Optional<URI> http(
      String path, String text, String example, String credential, String takenOff) {
    return new References(reading)
        .expand(path, text)
        .flatMap(url -> parsed(path, shown(text), url.replaceFirst("/+$", ""), HTTP, example))
        .filter(url -> plain(path, url, credential))
        .map(url -> URI.create(url.toString().replaceFirst(takenOff, "")));
  }

  /** The shared store; a password in it must be a reference. */
  Optional<String> redis(String path, String text) {
    Matcher clear = PASSWORD.matcher(text);
    if (clear.matches() && !clear.group(1).isEmpty() && !References.whole(clear.group(1))) {
      reading
          .problems()
          .error(path, "holds a password in the clear: write redis://:${ENV_NAME}@HOST:PORT");
      return Optional.empty();
    }
    var references = new References(reading);
    Optional<String> url =
        text.startsWith("file:")
            ? references.credential(path, text, () -> {})
            : references.expand(path, text);
    return url.filter(whole -> isRedis(path, whole));
  }

  /** Every host of the list is looked at by itself, as a URL of one host. */
  private boolean isRedis(String path, String url) {
    Matcher parts = HOSTS.matcher(url);
    if (!parts.matches()) {
      return parsed(path, "what stands here", url, REDIS, "redis://HOST:PORT").isPresent();
    }
    for (String host : parts.group(3).split(",", -1)) {
      String one = parts.group(1) + host;
      if (parsed(path, "what stands here", one, REDIS, "redis://HOST:PORT").isEmpty()) {
        return false;
      }
    }
    return true;
  }

  private Optional<URI> parsed(
      String path, String shown, String url, Set<String> schemes, String instead) {
    try {
      URI uri = new URI(url);
      if (uri.getScheme() != null
          && schemes.contains(uri.getScheme())
          && uri.getHost() != null
          && uri.getPort() <= 65_535
          && uri.getPort() != 0) {
        return Optional.of(uri);
      }
    } catch (URISyntaxException _) {
      // the same message: what is not a URI is not a URL of these schemes either
    }
    reading.problems().error(path, shown + " is no address: write " + instead);
    return Optional.empty();
  }

  private boolean plain(String path, URI url, String instead) {
    if (url.getRawUserInfo() != null) {
      reading.problems().error(path, "holds a credential: write it as " + instead);
      return false;
    }
    if (url.getRawQuery() != null || url.getRawFragment() != null) {
      reading
          .problems()
          .error(path, "has a ? or a # in it: write scheme, host, port and path alone");
      return false;
    }
    return true;
  }

  private static String shown(String text) {
    return text.contains("@") ? "what stands here" : Notation.quote(text);
  }
}
