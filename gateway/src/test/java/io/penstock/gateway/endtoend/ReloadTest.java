package io.penstock.gateway.endtoend;

import static io.penstock.gateway.endtoend.Ask.CHAT;
import static io.penstock.gateway.endtoend.Ask.chat;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.TestBed;
import io.penstock.loadtest.modelserver.Fault;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code POST /api/config/reload} on a gateway that is at work. */
final class ReloadTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BRIEF = chat("\"model\":\"small\",\"max_tokens\":2");
  private static final String FIVE =
      "{limits: {requests: 5/month, concurrency: 1}, route: {simple: small, medium: small, complex:"
          + " small}}";
  private static final String GUEST = "{route: {simple: medium, medium: medium, complex: medium}}";
  private TestBed bed;

  @BeforeEach
  void start() throws Exception {
    bed = TestBed.setup(100).tier("five", FIVE).start();
  }

  @AfterEach
  void stop() throws Exception {
    bed.assertNothingLost();
    bed.close();
  }

  private JsonNode reload(int status, String yaml) throws Exception {
    var answer = bed.reload(yaml);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    return JSON.readTree(answer.body());
  }

  private RawClient.Answer ask(String key) {
    return Ask.post(bed, CHAT, key, BRIEF);
  }

  private static long left(RawClient.Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return Long.parseLong(answer.header("x-ratelimit-remaining-requests"));
  }

  @Test
  void keysAndTiers_newOnesAreServed_andThoseThatWentAreNot() throws Exception {
    String guest = TestBed.key("guest");
    Answers.refused(ask(guest), 401, "invalid_request_error", "invalid_api_key");

    var answer = reload(200, TestBed.withTier(bed.yaml(), "guest", GUEST));
    assertThat(answer.path("reloaded").asBoolean()).isTrue();

    var served = Ask.post(bed, CHAT, guest, chat("\"model\":\"auto\",\"max_tokens\":2"));
    assertThat(served.status()).as(served.text()).isEqualTo(200);
    assertThat(served.header("x-penstock-tier")).isEqualTo("guest");
    assertThat(served.header("x-penstock-pool")).isEqualTo("medium");
    assertThat(bed.metric("penstock_requests_total", "tier=\"guest\"")).isPositive();

    String without =
        bed.yaml().replace("{id: free, sha256: \"${FREE}\"", "{id: free, sha256: \"${OTHER}\"");
    assertThat(without).isNotEqualTo(bed.yaml());
    reload(200, without);

    Answers.refused(ask(TestBed.FREE), 401, "invalid_request_error", "invalid_api_key");
    assertThat(ask(TestBed.key("other")).header("x-penstock-tier")).isEqualTo("free");
  }

  @Test
  void callInFlight_keepsItsPool_evenOneThatIsGone() throws Exception {
    try (var client = new RawClient(bed.port())) {
      client.post(
          CHAT,
          TestBed.ENTERPRISE,
          chat("\"model\":\"large\",\"stream\":true,\"max_tokens\":600,\"ignore_eos\":true"));
      assertThat(client.readStatus()).isEqualTo(200);
      assertThat(client.headers()).containsEntry("x-penstock-pool", "large");
      client.chunk();

      String without =
          bed.yaml()
              .replaceFirst("(?s)  large:\n.*?(?=  dead:)", "")
              .replace("complex: large", "complex: medium")
              .replace("sha256: \"${ENTERPRISE}\"", "sha256: \"${ANOTHER}\"");
      reload(200, without);
      assertThat(Ask.get(bed, "/v1/models/large", TestBed.key("another")).status()).isEqualTo(404);
      assertThat(ask(TestBed.ENTERPRISE).status()).isEqualTo(401);

      var rest = new StringBuilder();
      for (byte[] chunk = client.chunk(); chunk.length > 0; chunk = client.chunk()) {
        rest.append(new String(chunk, StandardCharsets.UTF_8));
      }
      assertThat(rest).endsWith("data: [DONE]\n\n").contains("\"finish_reason\":\"length\"");
    }
    TestBed.await(() -> bed.metric("penstock_reservations_outstanding", "") == 0);
    assertThat(bed.metric("penstock_requests_total", "outcome=\"failed\"")).isZero();
  }

  @Test
  void buckets_keepWhatWasTaken() throws Exception {
    String five = TestBed.key("five");
    assertThat(left(ask(five))).isEqualTo(4);
    assertThat(left(ask(five))).isEqualTo(3);

    reload(200, bed.yaml().replace("enterprise:\n", "enterprise:\n    when-busy: wait\n"));
    assertThat(left(ask(five))).isEqualTo(2);

    reload(200, bed.yaml().replace("requests: 5/month", "requests: 10/month"));
    var doubled = ask(five);
    assertThat(doubled.header("x-ratelimit-limit-requests")).isEqualTo("10");
    assertThat(left(doubled)).as("4 of 10 were left, as 2 of 5 were").isEqualTo(3);
  }

  @Test
  void slots_heldBefore_areStillHeldAfter() throws Exception {
    bed.faults("small", Fault.always(Fault.Kind.HANG_MID_STREAM));
    String five = TestBed.key("five");
    try (var client = new RawClient(bed.port())) {
      client.post(CHAT, five, chat("\"model\":\"small\",\"stream\":true"));
      assertThat(client.readStatus()).isEqualTo(200);
      reload(200, bed.yaml());
      Answers.refused(ask(five), 429, "requests", "rate_limit_exceeded");
    }
    TestBed.await(() -> bed.metric("penstock_reservations_outstanding", "") == 0);
    bed.faults("small");
    assertThat(ask(five).status()).isEqualTo(200);
  }

  @Test
  void badConfig_isAnsweredWithEveryError_andTheOldOneServesOn() throws Exception {
    String good = bed.yaml();
    String bad =
        good.replace("requests: 5/month", "requests: 5/fortnight")
            .replace("complex: large", "complex: huge")
            .replace("gpu: l4", "gpu: abacus");

    var answer = reload(422, bad);

    String errors = answer.path("error").toString();
    assertThat(errors).contains("5/fortnight", "huge", "abacus");
    assertThat(answer.at("/error/errors").size()).as(errors).isGreaterThanOrEqualTo(3);
    assertThat(left(ask(TestBed.key("five")))).isEqualTo(4);

    reload(422, "tiers: [");
    reload(422, "");
    assertThat(left(ask(TestBed.key("five")))).isEqualTo(3);
    reload(200, good);
    assertThat(left(ask(TestBed.key("five")))).isEqualTo(2);
  }

  @Test
  void reloads_whileCallsCome_disturbNone() throws Exception {
    var over = new AtomicBoolean();
    CompletableFuture<Integer> asking =
        CompletableFuture.supplyAsync(() -> {
          int calls = 0;
          try (var client = new RawClient(bed.port())) {
            while (!over.get() || calls < 100) {
              boolean stream = ++calls % 2 == 0;
              var body = chat("\"model\":\"auto\",\"max_tokens\":3,\"stream\":" + stream);
              var answer = client.post(CHAT, TestBed.PAID, body).read();
              assertThat(answer.status()).as(answer.text()).isEqualTo(200);
              assertThat(answer.text().contains("[DONE]")).isEqualTo(stream);
            }
          } catch (java.io.IOException torn) {
            throw new AssertionError("call " + calls, torn);
          }
          return calls;
        });
    String yaml = bed.yaml();
    for (int i = 0; i < 30; i++) {
      reload(200, i % 2 == 0 ? TestBed.withTier(yaml, "guest", GUEST) : yaml);
    }
    over.set(true);
    assertThat(asking.join()).isGreaterThanOrEqualTo(100);
  }
}
