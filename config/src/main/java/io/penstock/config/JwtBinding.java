package io.penstock.config;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The section {@code jwt}. */
final class JwtBinding {
  private static final String FILE = "file:";

  /** What most providers sign with. */
  private static final List<String> ALGORITHMS = List.of("RS256", "ES256");

  private final Reading reading;

  JwtBinding(Reading reading) {
    this.reading = reading;
  }

  Optional<Jwt> jwt(Section section) {
    section.need("issuer");
    Optional<URI> issuer = url(section, "issuer");
    Optional<URI> jwks = url(section, "jwks");
    section.need("audience");
    List<String> audience = section.texts("audience");
    List<String> written = section.texts("algorithms");
    List<String> algorithms = section.has("algorithms") ? written : ALGORITHMS;
    String tenantClaim = section.text("tenant-claim", "sub");
    Optional<String> tierClaim = section.optionalText("tier-claim");
    Map<String, String> tiers = section.named("tiers", TIER);
    Optional<String> defaultTier = section.optionalText("default-tier");
    var leeway = section.read("leeway", Notation.DURATION, Duration.ofSeconds(30));
    var refresh = section.read("refresh", Notation.DURATION, Duration.ofMinutes(10));
    return section.make(
        () ->
            issuer.map(who ->
                new Jwt(
                    who,
                    jwks,
                    audience,
                    algorithms,
                    tenantClaim,
                    tierClaim,
                    tiers,
                    defaultTier,
                    leeway,
                    refresh)),
        Optional.empty());
  }

  private static final Notation<String> TIER =
      new Notation<>(
          "a tier's name",
          "the name of a tier",
          text -> Check.isName(text) ? Optional.of(text) : Optional.empty());

  private Optional<URI> url(Section section, String key) {
    return section.expanded(key).flatMap(text -> url(section, key, text));
  }

  private Optional<URI> url(Section section, String key, String text) {
    try {
      if (key.equals("jwks") && text.startsWith(FILE)) {
        return Optional.of(reading.base().resolve(text.substring(FILE.length())).toUri());
      }
      URI url = URI.create(text);
      boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
      if (http && url.getHost() != null) {
        return Optional.of(url);
      }
    } catch (IllegalArgumentException _) {
      // Said below.
    }
    section.complain(
        section.below(key), Notation.quote(text) + " is no address: write https://HOST/PATH");
    return Optional.empty();
  }
}
