package io.penstock.config;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Tokens of an identity provider that are taken for keys.
 *
 * @param issuer what a token's {@code iss} must be, to the letter; where no {@code jwks} is named,
 *     its discovery document says where the keys are
 * @param jwks where the keys are: a URL, or {@code file:PATH}
 * @param audience a token's {@code aud} must hold one of these
 * @param algorithms what tokens may be signed with; asymmetric ones alone
 * @param tenantClaim the claim that names the tenant
 * @param tierClaim the claim that decides the tier
 * @param tiers the tier for each value of that claim
 * @param defaultTier the tier of a token whose claim decides nothing; absent: such a token is
 *     refused
 * @param leeway how far clocks may be apart
 * @param refresh how often the keys are fetched again
 */
public record Jwt(
    URI issuer,
    Optional<URI> jwks,
    List<String> audience,
    List<String> algorithms,
    String tenantClaim,
    Optional<String> tierClaim,
    Map<String, String> tiers,
    Optional<String> defaultTier,
    Duration leeway,
    Duration refresh) {

  /** Signatures that are checked with a public key: who can check one cannot make one. */
  public static final List<String> ALGORITHMS =
      List.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512");

  static final Duration MAX_LEEWAY = Duration.ofMinutes(5);

  public Jwt {
    new Check()
        .that(!audience.isEmpty(), "audience", "is empty: name whom the tokens must be for")
        .that(!algorithms.isEmpty(), "algorithms", "is empty: name at least one")
        .all(unknown(algorithms))
        .that(
            defaultTier.isPresent() || !tiers.isEmpty(),
            "default-tier",
            "is missing, and tiers is empty: no token could have a tier; write one of them")
        .that(
            tiers.isEmpty() || tierClaim.isPresent(),
            "tier-claim",
            "is missing: write the claim whose values tiers lists")
        .notNegative("leeway", leeway)
        .that(leeway.compareTo(MAX_LEEWAY) <= 0, "leeway", "is over 5m: mend the clocks instead")
        .positive("refresh", refresh)
        .orRefuse();
    audience = List.copyOf(audience);
    algorithms = List.copyOf(algorithms);
    tiers = Collections.unmodifiableMap(new LinkedHashMap<>(tiers));
  }

  private static List<InvalidConfigException.Complaint> unknown(List<String> algorithms) {
    var complaints = new ArrayList<InvalidConfigException.Complaint>();
    for (int i = 0; i < algorithms.size(); i++) {
      if (!Set.copyOf(ALGORITHMS).contains(algorithms.get(i))) {
        complaints.add(
            new InvalidConfigException.Complaint(
                "algorithms[" + i + "]",
                Notation.quote(algorithms.get(i))
                    + " is none of "
                    + String.join(", ", ALGORITHMS)));
      }
    }
    return complaints;
  }

  /** All tiers that a token can have. */
  List<String> tierNames() {
    var names = new ArrayList<>(tiers.values());
    defaultTier.ifPresent(names::add);
    return names;
  }
}
