package io.penstock.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where a pool's servers are looked up, again and again, while the gateway runs. One of {@code
 * file}, {@code dns} and {@code srv} is there.
 *
 * @param file a list of backends as a config has it, on its own
 * @param dns every address of its host is a server, at its port and path
 * @param srv the name of a service; every target of its first priority is a server
 * @param every how often it is looked at; DNS sooner where its answers live less long
 * @param server whom to ask, as {@code HOST:PORT}; absent: whom the system asks
 */
public record Discovery(
    Optional<Path> file,
    Optional<URI> dns,
    Optional<String> srv,
    Duration every,
    Optional<String> server) {
  public static final Duration EVERY = Duration.ofSeconds(5);

  private static final Pattern HOST_AND_PORT = Pattern.compile("[^\\s:]+:\\d{1,5}");
  private static final Pattern DOMAIN =
      Pattern.compile("[A-Za-z0-9_-]{1,63}(\\.[A-Za-z0-9_-]{1,63})*\\.?");

  public Discovery {
    long named = Stream.of(file, dns, srv).filter(Optional::isPresent).count();
    new Check()
        .that(named <= 1, "file", "stands beside another: write one of file, dns and srv")
        .that(named >= 1, "file", "is missing: write it, or dns, or srv")
        .that(
            dns.isEmpty() || "http".equals(dns.get().getScheme()),
            "dns",
            "is not http: a certificate names no address, so list such servers as backends")
        .that(
            srv.isEmpty() || DOMAIN.matcher(srv.get()).matches(),
            "srv",
            "is no name of a service: write _http._tcp.NAME")
        .that(
            server.isEmpty() || HOST_AND_PORT.matcher(server.get()).matches(),
            "server",
            "is no address: write HOST:PORT")
        .positive("every", every)
        .orRefuse();
  }

  /** Where it looks, for people. */
  public String where() {
    return file.map(Path::toString).or(() -> dns.map(URI::getHost)).or(() -> srv).orElse("nowhere");
  }
}
