package io.penstock.gateway.authenticate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.penstock.config.Jwt;
import io.penstock.gateway.authenticate.TokenClaims.BadToken;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokensTest {
  private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");
  private static final JWK RSA = IdentityProvider.rsa("rsa-1");
  private static final JWK EC = IdentityProvider.ec("ec-1");
  private static IdentityProvider provider;

  private Instant now = NOW;
  private long nanos;

  @BeforeAll
  static void start() throws Exception {
    provider = new IdentityProvider(RSA, EC);
  }

  @AfterAll
  static void stop() {
    provider.close();
  }

  private Tokens tokens() {
    return tokens(config(provider, Optional.empty()));
  }

  private Tokens tokens(Jwt config) {
    return new Tokens(config, () -> now.toEpochMilli(), () -> nanos);
  }

  private static Jwt config(IdentityProvider of, Optional<URI> jwks) {
    return new Jwt(
        URI.create(of.issuer()),
        jwks,
        List.of("penstock", "other-gateway"),
        List.of("RS256", "ES256"),
        "org",
        Optional.of("plan"),
        Map.of("gold", "enterprise", "silver", "paid"),
        Optional.of("free"),
        Duration.ofSeconds(30),
        Duration.ofMinutes(10));
  }

  private static String rsa(UnaryOperator<JWTClaimsSet.Builder> change) {
    return IdentityProvider.sign(
        RSA, JWSAlgorithm.RS256, change.apply(provider.claims(NOW)).build());
  }

  @ParameterizedTest
  @ValueSource(strings = {"RS256", "ES256"})
  void judge_goodToken_isItsBearer(String algorithm) throws Exception {
    JWK key = algorithm.startsWith("E") ? EC : RSA;
    String token =
        IdentityProvider.sign(key, JWSAlgorithm.parse(algorithm), provider.claims(NOW).build());
    Tokens tokens = tokens();

    var bearer = tokens.judge(token);

    assertThat(bearer.keyId()).isEqualTo("jwt.alice");
    assertThat(bearer.tenant()).isEqualTo("acme");
    assertThat(bearer.tier()).isEqualTo("enterprise");
    assertThat(tokens.recall(token)).isEqualTo(bearer);
  }

  @Test
  void judge_claimsOfTiers_areMapped() throws Exception {
    Tokens tokens = tokens();

    assertThat(tokens.judge(rsa(c -> c.claim("plan", "silver"))).tier()).isEqualTo("paid");
    assertThat(tokens.judge(rsa(c -> c.claim("plan", List.of("x", "silver", "gold")))).tier())
        .isEqualTo("paid");
    assertThat(tokens.judge(rsa(c -> c.claim("plan", "tin"))).tier()).isEqualTo("free");
    assertThat(tokens.judge(rsa(c -> c.claim("plan", null))).tier()).isEqualTo("free");
  }

  @Test
  void judge_subjectThatIsNoName_standsForItselfAlone() throws Exception {
    Tokens tokens = tokens();
    String one = tokens.judge(rsa(c -> c.subject("auth0|7 f\n"))).keyId();
    String other = tokens.judge(rsa(c -> c.subject("auth0|8 f\n"))).keyId();

    assertThat(one).matches("jwt\\.[0-9a-f]{16}").isNotEqualTo(other);
  }

  @Test
  void judge_wrongClaims_areRefusedWithTheReason() {
    refused(rsa(c -> c.audience("somebody-else")), "another audience");
    refused(rsa(c -> c.audience((String) null)), "another audience");
    refused(rsa(c -> c.issuer(provider.issuer() + "/")), "another issuer");
    refused(rsa(c -> c.expirationTime(null)), "when it expires");
    refused(rsa(c -> c.expirationTime(Date.from(NOW.minusSeconds(31)))), "expired");
    refused(rsa(c -> c.notBeforeTime(Date.from(NOW.plusSeconds(31)))), "not valid yet");
    refused(rsa(c -> c.subject(null)), "no subject");
    refused(rsa(c -> c.claim("org", "acme inc\n")), "names no tenant");
    refused(rsa(c -> c.claim("org", null)), "names no tenant");
  }

  @Test
  void judge_clocksApartByLessThanTheLeeway_isGood() throws Exception {
    tokens().judge(rsa(c -> c.expirationTime(Date.from(NOW.minusSeconds(29)))));
    tokens().judge(rsa(c -> c.notBeforeTime(Date.from(NOW.plusSeconds(29)))));
  }

  @Test
  void recall_expiredToken_isNotKnownAnyMore() throws Exception {
    Tokens tokens = tokens();
    String token = rsa(c -> c);
    tokens.judge(token);

    now = NOW.plusSeconds(3629);
    assertThat(tokens.recall(token)).isNotNull();
    now = NOW.plusSeconds(3630);
    assertThat(tokens.recall(token)).isNull();
    assertThatThrownBy(() -> tokens.judge(token)).hasMessageContaining("expired");
  }

  @Test
  void judge_algorithmNone_isRefused() {
    var claims = provider.claims(NOW).build();
    refused(new PlainJWT(claims).serialize(), "not a signed JWT");
    String[] signed = rsa(c -> c).split("\\.");
    for (String none : List.of("none", "None", "nOnE", "NONE")) {
      String header = "{\"alg\":\"" + none + "\",\"kid\":\"rsa-1\"}";
      refused(base64(header) + "." + signed[1] + "." + signed[2], "not a signed JWT");
      refused(base64(header) + "." + signed[1] + ".", "not a signed JWT");
    }
  }

  /** The classic: the public key, which everybody has, taken for a shared secret. */
  @Test
  void judge_publicKeyAsSharedSecret_isRefused() throws Exception {
    byte[][] secrets = {
      RSA.toRSAKey().toRSAPublicKey().getEncoded(),
      RSA.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8),
      ("-----BEGIN PUBLIC KEY-----\n"
              + Base64.getMimeEncoder(64, new byte[] {'\n'})
                  .encodeToString(RSA.toRSAKey().toRSAPublicKey().getEncoded())
              + "\n-----END PUBLIC KEY-----\n")
          .getBytes(StandardCharsets.UTF_8)
    };
    for (byte[] secret : secrets) {
      var token =
          new SignedJWT(
              new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("rsa-1").build(),
              provider.claims(NOW).build());
      token.sign(new MACSigner(secret));
      refused(token.serialize(), "not a signed JWT");
    }
  }

  @Test
  void judge_signatureOfAnotherKindThanItsKey_isRefused() {
    String[] ec =
        IdentityProvider.sign(EC, JWSAlgorithm.ES256, provider.claims(NOW).build()).split("\\.");
    refused(
        base64("{\"alg\":\"RS256\",\"kid\":\"ec-1\"}") + "." + ec[1] + "." + ec[2],
        "does not show");
    refused(
        base64("{\"alg\":\"RS256\",\"kid\":\"rsa-1\"}") + "." + ec[1] + "." + ec[2],
        "signature is wrong");
    refused(
        base64("{\"alg\":\"ES256\"}") + "." + ec[1] + "." + "A".repeat(86), "signature is wrong");
  }

  @Test
  void judge_keyInTheTokenItself_isNotTrusted() throws Exception {
    JWK mine = IdentityProvider.rsa("rsa-1");
    var token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS256)
                .keyID("rsa-1")
                .jwk(mine.toPublicJWK())
                .jwkURL(URI.create("http://127.0.0.1:1/jwks"))
                .build(),
            provider.claims(NOW).build());
    token.sign(new com.nimbusds.jose.crypto.RSASSASigner(mine.toRSAKey()));

    refused(token.serialize(), "signature is wrong");
  }

  @Test
  void judge_changedToken_isRefused() {
    String[] parts = rsa(c -> c).split("\\.");
    String claims = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
    String richer = base64(claims.replace("\"acme\"", "\"evil\""));
    refused(parts[0] + "." + richer + "." + parts[2], "signature is wrong");
    refused(parts[0] + "." + parts[1] + "." + parts[2].substring(4), "signature is wrong");
    assertThat(Tokens.isShaped(String.join(".", parts))).isTrue();
    assertThat(Tokens.isShaped(String.join(".", parts) + "=")).isFalse();
    assertThat(Tokens.isShaped(String.join(".", parts) + ".x")).isFalse();
    assertThat(Tokens.isShaped(parts[0] + "." + parts[1])).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"eyJ.e.s", "eyJhbGciOiJSUzI1NiJ9..", "eyJhbGciOiJSUzI1NiJ9.e30.AA"})
  void judge_rubbish_isRefused(String token) {
    refused(token, "");
  }

  @Test
  void judge_sharedSecretAmongTheProvidersKeys_isOfNoUse() throws Exception {
    var secret = new OctetSequenceKey.Builder("s".repeat(32).getBytes(StandardCharsets.UTF_8));
    try (var careless = new IdentityProvider(secret.keyID("oct").build())) {
      String token =
          IdentityProvider.sign(
              secret.keyID("oct").build(), JWSAlgorithm.HS256, careless.claims(NOW).build());
      Tokens tokens = tokens(config(careless, Optional.empty()));

      assertThatThrownBy(() -> tokens.judge(token)).isInstanceOf(BadToken.class);
    }
  }

  @Test
  void judge_unknownKey_asksTheProviderOnceInAWhile() throws Exception {
    JWK next = IdentityProvider.rsa("rsa-2");
    try (var rotating = new IdentityProvider(RSA)) {
      Tokens tokens = tokens(config(rotating, Optional.empty()));
      String old = token(rotating, RSA);
      tokens.judge(old);
      int before = rotating.keyFetches();
      rotating.rotate(next);
      for (int i = 0; i < 50; i++) {
        assertThatThrownBy(() -> tokens.judge(token(rotating, next))).isInstanceOf(BadToken.class);
      }
      assertThat(rotating.keyFetches()).as("asked at most once in ten seconds").isEqualTo(before);

      nanos += Jwks.LEAST_INTERVAL.toNanos();

      assertThat(tokens.judge(token(rotating, next)).keyId()).isEqualTo("jwt.alice");
      assertThat(rotating.keyFetches()).isEqualTo(before + 1);
      assertThat(tokens.recall(old)).as("a token of the key that is gone").isNull();
      assertThatThrownBy(() -> tokens.judge(old)).hasMessageContaining("does not show");
    }
  }

  @Test
  void judge_providerIsDown_lastKeysStay() throws Exception {
    try (var dying = new IdentityProvider(RSA)) {
      Tokens tokens = tokens(config(dying, Optional.empty()));
      String early = token(dying, RSA);
      tokens.judge(early);
      dying.goDown();
      nanos += Jwks.LEAST_INTERVAL.toNanos();
      tokens.jwks().fetch();

      assertThat(tokens.jwks().reachable()).isFalse();
      assertThat(tokens.recall(early)).isNotNull();
      tokens.judge(
          IdentityProvider.sign(RSA, JWSAlgorithm.RS256, dying.claims(NOW.plusSeconds(1)).build()));
    }
  }

  @Test
  void judge_keysInAFile_needNoProvider(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("jwks.json");
    Files.writeString(file, new com.nimbusds.jose.jwk.JWKSet(List.of(RSA, EC)).toString(true));
    Tokens tokens = tokens(config(provider, Optional.of(file.toUri())));
    int before = provider.keyFetches();

    assertThat(tokens.judge(rsa(c -> c)).tenant()).isEqualTo("acme");
    assertThat(provider.keyFetches()).isEqualTo(before);
  }

  @Test
  void discovery_ofAnotherIssuer_givesNoKeys() {
    Jwt config = config(provider, Optional.empty());
    var elsewhere =
        new Jwt(
            URI.create(provider.issuer() + "/realms/x"),
            config.jwks(),
            config.audience(),
            config.algorithms(),
            config.tenantClaim(),
            config.tierClaim(),
            config.tiers(),
            config.defaultTier(),
            config.leeway(),
            config.refresh());
    Tokens tokens = tokens(elsewhere);
    tokens.jwks().fetch();

    assertThat(tokens.jwks().reachable()).isFalse();
  }

  @Test
  void known_manyTokens_areBounded() {
    var known = new VerifiedTokens(100);
    var bearer = new VerifiedTokens.Bearer("k", "t", "tier", 0, Long.MAX_VALUE);
    KeyHash used = KeyHash.of("in use");
    known.put(used, bearer);
    for (int i = 0; i < 10_000; i++) {
      known.put(KeyHash.of("token " + i), bearer);
      if (i % 20 == 0) {
        assertThat(known.find(used)).isNotNull();
      }
    }
    assertThat(known.size()).isLessThanOrEqualTo(101);
  }

  private static String token(IdentityProvider of, JWK key) {
    return IdentityProvider.sign(key, JWSAlgorithm.RS256, of.claims(NOW).build());
  }

  private void refused(String token, String why) {
    assertThatThrownBy(() -> tokens().judge(token))
        .isInstanceOf(BadToken.class)
        .hasMessageContaining(why);
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
