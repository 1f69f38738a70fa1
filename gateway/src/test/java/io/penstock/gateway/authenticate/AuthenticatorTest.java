package io.penstock.gateway.authenticate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.config.ApiKey;
import io.penstock.config.Complexity;
import io.penstock.config.Limits;
import io.penstock.config.Tier;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Refusal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthenticatorTest {
  private static final String KEY = "pk-canary-7f3a";
  private static final Tier PAID =
      new Tier(
          "paid",
          Limits.NONE,
          Optional.empty(),
          Tier.Priority.NORMAL,
          Map.of(Complexity.SIMPLE, "p", Complexity.MEDIUM, "p", Complexity.COMPLEX, "p"),
          List.of(),
          Tier.WhenBusy.REJECT,
          Map.of());
  private static final Map<String, Tier> TIERS = Map.of("paid", PAID);

  private final Authenticator authenticator =
      new Authenticator(List.of(key("acme", KEY), key("other", "pk-other")), TIERS);

  @ParameterizedTest
  @ValueSource(strings = {"Bearer ", "bearer ", "BEARER ", "Bearer   "})
  void identify_knownKey_isItsCaller(String scheme) {
    assertThat(authenticator.identify(scheme + KEY))
        .isEqualTo(new Caller("acme", "acme-inc", PAID));
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {"", "  ", "Bearer", "Bearer ", "Basic cGstY2FuYXJ5", KEY, "Bearer\t" + KEY})
  void identify_noBearerKey_saysThatNoneWasGiven(String header) {
    assertThat(authenticator.identify(header)).isEqualTo(new Refusal.Unauthenticated(false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer x",
        "Bearer pk-canary-7f3",
        "Bearer pk-canary-7f3a ",
        "Bearer pk-canary-7f3a, Bearer x",
        "Bearer PK-CANARY-7F3A",
        "Bearer pk-canary-7f3\u00e1"
      })
  void identify_unknownKey_isRefused(String header) {
    assertThat(authenticator.identify(header)).isEqualTo(new Refusal.Unauthenticated(true));
  }

  @Test
  void identify_veryLongKey_isRefused() {
    String longest = "k".repeat(Authenticator.MAX_KEY_CHARACTERS);
    var knowsLong =
        new Authenticator(List.of(key("fits", longest), key("long", longest + "k")), TIERS);
    assertThat(knowsLong.identify("Bearer " + longest)).isInstanceOf(Caller.class);
    assertThat(knowsLong.identify("Bearer " + longest + "k"))
        .isEqualTo(new Refusal.Unauthenticated(true));
  }

  @Test
  void identify_hashesThatShareTheirFirstBytes_areToldApart() {
    String hash = sha256(KEY);
    String neighbour = hash.substring(0, 62) + (hash.endsWith("00") ? "01" : "00");
    var keys =
        List.of(
            new ApiKey("neighbour", neighbour, "paid", "n"), new ApiKey("acme", hash, "paid", "a"));
    assertThat(new Authenticator(keys, TIERS).identify("Bearer " + KEY))
        .isEqualTo(new Caller("acme", "a", PAID));
    assertThat(new Authenticator(keys.subList(0, 1), TIERS).identify("Bearer " + KEY))
        .isEqualTo(new Refusal.Unauthenticated(true));
  }

  @Test
  void identify_onManyThreads_isNeverConfused() throws Exception {
    try (var threads = Executors.newFixedThreadPool(4)) {
      var results =
          threads.invokeAll(
              IntStream.range(0, 8)
                  .<java.util.concurrent.Callable<Boolean>>mapToObj(i -> this::allRight)
                  .toList());
      for (var result : results) {
        assertThat(result.get()).isTrue();
      }
    }
  }

  private boolean allRight() {
    return IntStream.range(0, 20_000)
        .allMatch(i ->
            authenticator.identify("Bearer " + KEY) instanceof Caller(var id, var _, var _)
                && id.equals("acme")
                && authenticator.identify("Bearer x" + i) instanceof Refusal);
  }

  @Test
  void toString_namesNoKeyAndNoHash() {
    assertThat(authenticator.toString() + authenticator.identify("Bearer " + KEY))
        .doesNotContain(KEY, sha256(KEY).substring(0, 8));
  }

  @Test
  void new_unknownTier_isRefused() {
    var keys = List.of(new ApiKey("acme", sha256(KEY), "gold", "acme"));
    assertThatThrownBy(() -> new Authenticator(keys, TIERS)).hasMessageContaining("gold");
  }

  private static ApiKey key(String id, String key) {
    return new ApiKey(id, sha256(key), "paid", id + "-inc");
  }

  private static String sha256(String key) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(key.getBytes(StandardCharsets.UTF_8)));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
