package io.penstock.gateway.authenticate;

import com.nimbusds.jwt.JWTClaimsSet;
import io.penstock.config.Jwt;
import io.penstock.gateway.authenticate.VerifiedTokens.Bearer;
import java.util.Collection;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a token says of its bearer, and whether that may count here and now. */
final class TokenClaims {
  /** What may be a tenant: it becomes part of keys and of lines. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  private static final String KEY_ID = "jwt.";

  private final Jwt config;

  TokenClaims(Jwt config) {
    this.config = config;
  }

  /** Whose it is; throws {@link BadToken} where it does not count. */
  Bearer bearer(JWTClaimsSet claims, long nowMillis) throws BadToken {
    long leeway = config.leeway().toMillis();
    require(
        config.issuer().toString().equals(claims.getIssuer()), "The token is of another issuer.");
    require(
        claims.getAudience().stream().anyMatch(config.audience()::contains),
        "The token is for another audience.");
    long from = millis(claims.getNotBeforeTime(), Long.MIN_VALUE + leeway) - leeway;
    long until = millis(claims.getExpirationTime(), Long.MIN_VALUE) + leeway;
    require(claims.getExpirationTime() != null, "The token does not say when it expires.");
    require(nowMillis < until, BadToken.EXPIRED);
    require(nowMillis >= from, "The token is not valid yet.");
    return new Bearer(keyId(claims), tenant(claims), tier(claims), from, until);
  }

  @SuppressWarnings("JavaUtilDate") // what the library gives
  private static long millis(@Nullable Date date, long otherwise) {
    return date == null ? otherwise : date.getTime();
  }

  private static String keyId(JWTClaimsSet claims) throws BadToken {
    String subject = claims.getSubject();
    if (subject == null || subject.isEmpty()) {
      throw new BadToken("The token has no subject.");
    }
    return KEY_ID + named(subject);
  }

  /** The subject itself where it is a name, else a name that stands for it alone. */
  private static String named(String subject) {
    return NAME.matcher(subject).matches()
        ? subject
        : HexFormat.of().toHexDigits(KeyHash.of(subject).a());
  }

  private String tenant(JWTClaimsSet claims) throws BadToken {
    String claim = config.tenantClaim();
    if (value(claims, claim) instanceof String tenant && !tenant.isEmpty()) {
      if (NAME.matcher(tenant).matches()) {
        return tenant;
      }
      if (claim.equals("sub")) {
        return named(tenant);
      }
    }
    throw new BadToken("The token's claim '" + claim + "' names no tenant.");
  }

  private String tier(JWTClaimsSet claims) throws BadToken {
    return config
        .tierClaim()
        .flatMap(claim -> values(value(claims, claim)).map(config.tiers()::get).findFirst())
        .or(config::defaultTier)
        .orElseThrow(() -> new BadToken("The token's claims give it no tier here."));
  }

  private java.util.stream.Stream<String> values(@Nullable Object claim) {
    List<?> all =
        claim instanceof List<?> list ? list : Optional.ofNullable(claim).stream().toList();
    return all.stream().map(String::valueOf).filter(config.tiers()::containsKey);
  }

  /** A claim by its name, or by a way through objects with dots in it. */
  private static @Nullable Object value(JWTClaimsSet claims, String name) {
    Object found = claims.getClaim(name);
    if (found != null || name.indexOf('.') < 0) {
      return found;
    }
    Object at = claims.getClaims();
    for (String step : name.split("\\.")) {
      at = at instanceof Map<?, ?> object ? object.get(step) : null;
    }
    return at instanceof String || at instanceof Collection<?> || at instanceof Boolean ? at : null;
  }

  private static void require(boolean holds, String otherwise) throws BadToken {
    if (!holds) {
      throw new BadToken(otherwise);
    }
  }

  /** Why a token is refused, for its sender; it says nothing of what is in it. */
  static final class BadToken extends Exception {
    static final String EXPIRED = "The token has expired.";

    private static final long serialVersionUID = 1;

    BadToken(String message) {
      super(message, null, false, false);
    }
  }
}
