package io.penstock.gateway.endtoend;

import static io.penstock.gateway.endtoend.Ask.CHAT;
import static io.penstock.gateway.endtoend.Ask.chat;
import static io.penstock.gateway.testing.TestBed.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.TestBed;
import io.penstock.loadtest.modelserver.Fault;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pool of one place, and who comes while it is taken. */
final class WaitingTest {
  private static final String BRIEF = chat("\"max_tokens\":2");
  private TestBed bed;
  private RawClient atWork;

  @BeforeEach
  void start() throws Exception {
    bed =
        TestBed.setup(100)
            .edit(text ->
                text.replace(
                        "supports: {embeddings: true}\n    queue: {max-concurrency: 4096}",
                        "supports: {embeddings: true}\n    queue: {max-concurrency: 1}")
                    .replace("priority: high", "priority: high\n    when-busy: wait")
                    .replace("priority: normal", "priority: normal\n    when-busy: upgrade"))
            .start();
    bed.faults("small", Fault.always(Fault.Kind.HANG_BEFORE_FIRST_TOKEN));
    atWork = new RawClient(bed.port());
    atWork.post(CHAT, TestBed.ENTERPRISE, BRIEF);
    await(() -> bed.running() == 1);
    bed.faults("small");
  }

  @AfterEach
  void stop() throws Exception {
    atWork.close();
    bed.assertNothingLost();
    assertThat(bed.metric("penstock_queue_depth", "")).isZero();
    bed.close();
  }

  private void awaitWaiting(int calls) {
    await(() -> bed.metric("penstock_queue_depth", "pool=\"small\"") == calls);
  }

  @Test
  void low_isRefusedAtOnce_withATimeToComeBack() {
    var answer = Ask.post(bed, CHAT, TestBed.FREE, BRIEF);
    Answers.refused(answer, 503, "overloaded_error", "overloaded");
    assertThat(Integer.parseInt(answer.header("retry-after"))).isPositive();
    assertThat(Long.parseLong(answer.header("retry-after-ms"))).isPositive();
  }

  @Test
  void high_waits_andIsServedWhenThePlaceIsFree() throws Exception {
    try (var waits = new RawClient(bed.port())) {
      waits.post(CHAT, TestBed.ENTERPRISE, BRIEF);
      awaitWaiting(1);
      atWork.close();
      assertThat(waits.read().status()).isEqualTo(200);
      assertThat(bed.metric("penstock_queue_seconds_count", "tier=\"enterprise\"")).isEqualTo(1);
    }
  }

  @Test
  void client_thatLeaves_waitsNoMore() throws Exception {
    try (var waits = new RawClient(bed.port())) {
      waits.post(CHAT, TestBed.ENTERPRISE, BRIEF);
      awaitWaiting(1);
    }
    awaitWaiting(0);
    await(() -> bed.metric("penstock_cancelled_total", "state=\"queued\"") == 1);
    assertThat(bed.server("small").stats().running()).isEqualTo(1);
  }

  @Test
  void upgrade_takesTheDearerPool_andItsCostIsCounted() {
    var answer = Ask.post(bed, CHAT, TestBed.PAID, BRIEF);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.header("x-penstock-pool")).isEqualTo("medium");
    assertThat(bed.metric("penstock_fallbacks_total", "reason=\"busy_upgrade\"")).isEqualTo(1);
    assertThat(bed.metrics()).contains("penstock_upgrade_cost_usd_total{");
  }

  @Test
  void dryRun_saysHowLongItWouldWait() {
    var answer = Ask.post(bed, CHAT, TestBed.ENTERPRISE, BRIEF, "x-penstock-dry-run: true");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(new JsonObject(answer.text()).getJsonObject("latency").getLong("queue_ms"))
        .isPositive();
  }

  @Test
  void deadline_ofTheClient_boundsItsWait() {
    var answer = Ask.post(bed, CHAT, TestBed.ENTERPRISE, BRIEF, "x-penstock-deadline-ms: 100");
    Answers.refused(answer, 503, "overloaded_error", "overloaded");
  }

  @Test
  void reload_thatTakesThePoolAway_sendsWhoWaitsAway() throws Exception {
    try (var waits = new RawClient(bed.port())) {
      waits.post(CHAT, TestBed.ENTERPRISE, BRIEF);
      awaitWaiting(1);
      String without =
          bed.yaml()
              .replace("  small:\n", "  other:\n")
              .replace(": small,", ": other,")
              .replace(": small}", ": other}");
      assertThat(bed.reload(without).statusCode()).isEqualTo(200);
      Answers.refused(waits.read(), 503, "overloaded_error", "overloaded");
    }
  }
}
