package io.penstock.gateway.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import io.penstock.gateway.testing.TestBed;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Requests with tokens, on the wire. */
class TokenRequestsTest {
  private static final JWK KEY = IdentityProvider.ec("ec-1");
  private static IdentityProvider provider;
  private static TestBed bed;
  private static HttpClient http;

  @BeforeAll
  static void start() throws Exception {
    provider = new IdentityProvider(KEY);
    String jwt =
        """

        jwt:
          issuer: %s
          audience: [penstock]
          tenant-claim: org
          tier-claim: plan
          tiers: {gold: enterprise}
        pools:
        """
            .formatted(provider.issuer());
    bed = TestBed.setup(200).edit(text -> text.replace("\npools:\n", jwt)).start();
    http = HttpClient.newHttpClient();
  }

  @AfterAll
  static void stop() throws Exception {
    http.close();
    bed.close();
    provider.close();
  }

  @Test
  void token_good_isServedInItsTier() throws Exception {
    var answer = ask(token("alice", Instant.now()), body("hi"));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("x-penstock-tier")).contains("enterprise");
    assertThat(bed.metric("penstock_store_up", "store=\"jwks\"")).isEqualTo(1);
  }

  /** The body waits unread while a token is judged, and none of it may be lost. */
  @Test
  void token_newOnes_ofLargeRequestsAtOnce_allArriveWhole() throws Exception {
    String text = "word ".repeat(1000);
    var asking = new ArrayList<CompletableFuture<HttpResponse<String>>>();
    for (int i = 0; i < 40; i++) {
      var request = request(token("user-" + i, Instant.now()), body(text));
      asking.add(http.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
    }
    for (var asked : asking) {
      assertThat(asked.get().statusCode()).as(asked.get().body()).isEqualTo(200);
      assertThat(asked.get().body()).containsPattern("\"prompt_tokens\": ?[0-9]{4}");
    }
    bed.assertNothingLost();
  }

  @Test
  void token_bad_is401WithTheReason_andTheConnectionGoesOn() throws Exception {
    var expired = ask(token("alice", Instant.now().minusSeconds(7200)), body("x".repeat(20_000)));

    assertThat(expired.statusCode()).isEqualTo(401);
    assertThat(expired.body()).contains("invalid_api_key", "The token has expired.");
    assertThat(expired.headers().firstValue("x-request-id")).isPresent();
    String mallory = token("mallory", Instant.now());
    assertThat(ask(mallory.substring(0, mallory.length() - 8), body("hi")).body())
        .contains("invalid_api_key", "signature is wrong");
    assertThat(ask("eyJ.not-a-token", body("hi")).body()).contains("Incorrect API key");
    bed.assertNothingLost();
  }

  @Test
  void token_onTheListOfModels_countsToo() throws Exception {
    var models =
        HttpRequest.newBuilder(URI.create(bed.url() + "/v1/models"))
            .header("authorization", "Bearer " + token("lister", Instant.now()))
            .build();

    var answer = http.send(models, HttpResponse.BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("llama-2-7b");
  }

  @Test
  void key_ofTheConfig_worksBesideTokens() throws Exception {
    assertThat(ask(TestBed.key("PAID"), body("hi")).statusCode()).isEqualTo(200);
  }

  private static String token(String subject, Instant now) {
    var claims = provider.claims(now).subject(subject).issueTime(Date.from(now)).build();
    return IdentityProvider.sign(KEY, JWSAlgorithm.ES256, claims);
  }

  private static String body(String content) {
    return "{\"model\":\"small\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\""
        + content
        + "\"}]}";
  }

  private static HttpRequest request(String credential, String body) {
    return HttpRequest.newBuilder(URI.create(bed.url() + "/v1/chat/completions"))
        .header("authorization", "Bearer " + credential)
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  private static HttpResponse<String> ask(String credential, String body) throws Exception {
    return http.send(request(credential, body), HttpResponse.BodyHandlers.ofString());
  }
}
