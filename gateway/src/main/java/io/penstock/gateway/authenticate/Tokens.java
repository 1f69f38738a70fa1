package io.penstock.gateway.authenticate;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyConverter;
import com.nimbusds.jwt.SignedJWT;
import io.penstock.config.Jwt;
import io.penstock.gateway.authenticate.TokenClaims.BadToken;
import io.penstock.gateway.authenticate.VerifiedTokens.Bearer;
import java.security.Key;
import java.text.ParseException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * JSON Web Tokens of one identity provider. A token is judged once, off the loops, and then known
 * by its hash until it expires or the key that signed it is withdrawn.
 *
 * <p>What a token says of itself decides nothing alone: its algorithm must be one that the config
 * lists (asymmetric ones, so that a public key can never be taken for a shared secret), and its key
 * one of the provider's that is meant for that algorithm.
 */
final class Tokens implements AutoCloseable {
  /** About 10 MB, at 512 bytes each. */
  static final int MOST_KNOWN = 20_000;

  private static final Pattern SHAPE =
      Pattern.compile("eyJ[A-Za-z0-9_-]*+\\.[A-Za-z0-9_-]*+\\.[A-Za-z0-9_-]*+");

  static final int MAX_CHARACTERS = 8 << 10;

  /** Providers have two or three; this many signatures are tried where a token names no key. */
  private static final int MOST_CANDIDATES = 8;

  private static final String UNREADABLE = "The token is not a signed JWT that is taken here.";
  private static final Set<String> TYPES = Set.of("jwt", "at+jwt", "application/at+jwt");

  private final Jwt config;
  private final TokenClaims claims;
  private final Jwks jwks;
  private final LongSupplier millisClock;
  private final VerifiedTokens known = new VerifiedTokens(MOST_KNOWN);
  private final DefaultJWSVerifierFactory verifiers = new DefaultJWSVerifierFactory();
  private final CountDownLatch closed = new CountDownLatch(1);

  Tokens(Jwt config, LongSupplier millisClock, LongSupplier nanoClock) {
    this.config = config;
    this.claims = new TokenClaims(config);
    this.jwks = new Jwks(config, nanoClock, known::clear);
    this.millisClock = millisClock;
  }

  Jwt config() {
    return config;
  }

  Jwks jwks() {
    return jwks;
  }

  /** Fetches the provider's keys now and every so often, in the background. */
  void start() {
    Thread.ofVirtual().name("penstock-jwks").start(this::refresh);
  }

  private void refresh() {
    try {
      do {
        jwks.fetch();
      } while (!closed.await(pauseMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private long pauseMillis() {
    long usual = config.refresh().toMillis();
    return jwks.reachable() ? usual : Math.min(usual, Jwks.LEAST_INTERVAL.toMillis());
  }

  /** Whether a text has a token's shape: three parts, and a header that begins as JSON does. */
  static boolean isShaped(String text) {
    return text.length() <= MAX_CHARACTERS && SHAPE.matcher(text).matches();
  }

  /** A token that was judged before and still counts. */
  @Nullable Bearer recall(String token) {
    Bearer bearer = known.find(KeyHash.of(token));
    long now = millisClock.getAsLong();
    return bearer != null && now < bearer.untilMillis() && now >= bearer.fromMillis()
        ? bearer
        : null;
  }

  /** Judges a token. Not for a loop: it computes for long, and may ask the provider. */
  Bearer judge(String token) throws BadToken {
    SignedJWT signed = parse(token);
    JWSHeader header = signed.getHeader();
    if (!config.algorithms().contains(header.getAlgorithm().getName())
        || (header.getType() != null
            && !TYPES.contains(header.getType().getType().toLowerCase(Locale.ROOT)))) {
      throw new BadToken(UNREADABLE);
    }
    Bearer bearer = bearer(signed);
    List<JWK> candidates = jwks.candidates(header);
    if (candidates.isEmpty()) {
      throw new BadToken("The token is signed with a key that its issuer does not show.");
    }
    if (candidates.stream().limit(MOST_CANDIDATES).noneMatch(key -> verifies(signed, key))) {
      throw new BadToken("The token's signature is wrong.");
    }
    known.put(KeyHash.of(token), bearer);
    return bearer;
  }

  private static SignedJWT parse(String token) throws BadToken {
    try {
      return SignedJWT.parse(token);
    } catch (ParseException | IllegalArgumentException _) {
      throw new BadToken(UNREADABLE);
    }
  }

  private Bearer bearer(SignedJWT signed) throws BadToken {
    try {
      return claims.bearer(signed.getJWTClaimsSet(), millisClock.getAsLong());
    } catch (ParseException _) {
      throw new BadToken(UNREADABLE);
    }
  }

  private boolean verifies(SignedJWT signed, JWK candidate) {
    try {
      for (Key key : KeyConverter.toJavaKeys(List.of(candidate))) {
        JWSVerifier verifier = verifiers.createJWSVerifier(signed.getHeader(), key);
        if (signed.verify(verifier)) {
          return true;
        }
      }
      return false;
    } catch (JOSEException | IllegalStateException _) {
      return false;
    }
  }

  int known() {
    return known.size();
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
