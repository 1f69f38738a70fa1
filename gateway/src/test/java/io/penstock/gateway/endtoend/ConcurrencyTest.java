package io.penstock.gateway.endtoend;

import static io.penstock.gateway.endtoend.Ask.CHAT;
import static io.penstock.gateway.endtoend.Ask.EMBEDDINGS;
import static io.penstock.gateway.endtoend.Ask.chat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.penstock.gateway.RawServer;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.RawClient.Answer;
import io.penstock.gateway.testing.TestBed;
import io.penstock.loadtest.modelserver.Fault;
import io.penstock.loadtest.modelserver.ModelServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits hold, and what was taken from them is given back, however a call ends. */
final class ConcurrencyTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SLOTS = 2;
  private static final String TWO = TestBed.key("two");
  private static final String ENDLESS =
      "\"model\":\"endless\",\"stream\":true,\"max_tokens\":500,\"ignore_eos\":true";
  private static final String POOLS = "brief, broken, hung, stuck, endless, cut, refusing, counted";
  private static final String POOL =
      "{model: llama-2-7b, context-length: 4096, timeouts: {first-token: %s, between-tokens: %s},"
          + " backends: [{id: %s-1, url: \"@%s\"}]}";
  private static final AtomicInteger working = new AtomicInteger();
  private static final AtomicInteger most = new AtomicInteger();
  private static RawServer counted;
  private static TestBed bed;

  @BeforeAll
  static void start() throws Exception {
    counted = RawServer.start(ConcurrencyTest::count);
    var setup =
        TestBed.setup(100)
            .server("brief", TestBed.options("llama-2-7b").withMedianCompletionTokens(5))
            .server("broken", faulty(Fault.always(Fault.Kind.RESET)))
            .server("hung", faulty(Fault.always(Fault.Kind.HANG_BEFORE_FIRST_TOKEN)))
            .server("stuck", faulty(Fault.always(Fault.Kind.HANG_MID_STREAM)))
            .server("endless", faulty(Fault.always(Fault.Kind.HANG_MID_STREAM)))
            .server("cut", faulty(Fault.always(Fault.Kind.CUT_MID_STREAM)))
            .server("refusing", faulty(Fault.status(422)))
            .url("counted", counted.url())
            .tier("two", tier("requests: 1000000/month, concurrency: " + SLOTS))
            .tier("one", tier("concurrency: 1"))
            .tier("saver", tier("requests: 1000/month, tokens: 2000/month"))
            .tier("saver-b", tier("requests: 1000/month, tokens: 2000/month"))
            .tier("debtor", tier("requests: 1000/month, tokens: 2000/month"))
            .tier("leaver", tier("requests: 1000/month, tokens: 2000/month"))
            .tier("few", tier("requests: 50/month, tokens: 1000/month"));
    for (String name : POOLS.split(", ")) {
      String limit = name.equals("hung") || name.equals("stuck") ? "150ms" : "60s";
      setup.pool(name, POOL.formatted(limit, limit, name, name));
    }
    bed = setup.start();
  }

  private static ModelServer.Options faulty(Fault fault) {
    return TestBed.options("llama-2-7b").withFaults(fault);
  }

  private static String tier(String limits) {
    return "{limits: {%s}, route: {simple: small, medium: small, complex: small}, pools: [%s]}"
        .formatted(limits, POOLS);
  }

  private static void count(RawServer.Exchange exchange) throws IOException {
    most.accumulateAndGet(working.incrementAndGet(), Math::max);
    working.decrementAndGet();
    exchange.json(200, "{\"choices\":[{\"message\":{\"content\":\"Hi\"}}]}");
  }

  @AfterAll
  static void stop() throws Exception {
    bed.close();
    counted.close();
  }

  @AfterEach
  void nothingIsHeld() {
    bed.assertNothingLost();
    nothingIsReserved();
  }

  private static void nothingIsReserved() {
    TestBed.await(() -> bed.metric("penstock_reservations_outstanding", "") == 0);
  }

  // Slots.

  @ParameterizedTest
  @CsvSource({
    "small,   200, false",
    "small,   200, true",
    "broken,  502, false",
    "hung,    504, false",
    "hung,    504, true",
    "stuck,   504, false",
    "stuck,   200, true",
    "cut,     502, false",
    "cut,     200, true",
    "refusing,422, true",
  })
  void slots_afterThisEnding_areFreeAgain(String pool, int status, boolean stream)
      throws Exception {
    String fields = "\"model\":\"%s\",\"stream\":%b,\"max_tokens\":40".formatted(pool, stream);
    for (int i = 0; i < SLOTS + 1; i++) {
      var answer = Ask.post(bed, CHAT, TWO, chat(fields));
      assertThat(answer.status()).as(answer.text()).isEqualTo(status);
      nothingIsReserved();
    }
    allSlotsAreFree();
  }

  /** As many calls as there are slots, and not one more. */
  private static void allSlotsAreFree() throws IOException {
    List<RawClient> holders = new ArrayList<>();
    try {
      for (int i = 0; i < SLOTS; i++) {
        holders.add(new RawClient(bed.port()).post(CHAT, TWO, chat(ENDLESS)));
        assertThat(holders.getLast().readStatus()).isEqualTo(200);
      }
      var over = Ask.post(bed, CHAT, TWO, chat("\"model\":\"small\",\"max_tokens\":3"));
      Answers.refused(over, 429, "requests", "rate_limit_exceeded");
    } finally {
      for (var holder : holders) {
        holder.close();
      }
    }
    nothingIsReserved();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"model\":\"endless\",\"max_tokens\":500,\"ignore_eos\":true",
        "\"model\":\"endless\",\"stream\":true,\"max_tokens\":500,\"ignore_eos\":true"
      })
  void slots_ofClientsThatLeave_areFreeAgain(String fields) throws Exception {
    for (int i = 0; i < SLOTS + 1; i++) {
      try (var client = new RawClient(bed.port())) {
        client.post(CHAT, TWO, chat(fields));
        if (fields.contains("stream")) {
          assertThat(client.readStatus()).isEqualTo(200);
          client.headers();
          client.chunk();
        } else {
          TestBed.await(() -> bed.running() > 0);
        }
      }
      nothingIsReserved();
      TestBed.await(() -> bed.running() == 0);
    }
    allSlotsAreFree();
  }

  /** Whoever has the whole answer may ask again at once, over any connection. */
  @Test
  void slot_isFree_whenTheAnswerHasBeenRead() throws Exception {
    String key = TestBed.key("one");
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      clients.add(new RawClient(bed.port()));
    }
    for (int i = 0; i < 400; i++) {
      String body = chat("\"model\":\"small\",\"max_tokens\":2,\"stream\":" + (i % 3 == 0));
      var answer = clients.get(i % 4).post(CHAT, key, body).read();
      assertThat(answer.status()).as("call " + i + ": " + answer.text()).isEqualTo(200);
    }
    for (var client : clients) {
      client.close();
    }
  }

  @Test
  void slots_inAStorm_areNeverExceeded() throws Exception {
    int threads = 24;
    int calls = 25;
    var answered = new AtomicInteger();
    var refused = new AtomicInteger();
    Callable<Void> ask =
        () -> {
          try (var client = new RawClient(bed.port())) {
            for (int i = 0; i < calls; i++) {
              int status = client.post(CHAT, TWO, chat("\"model\":\"counted\"")).read().status();
              (status == 200 ? answered : status == 429 ? refused : new AtomicInteger())
                  .incrementAndGet();
            }
          }
          return null;
        };
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Void>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        all.add(pool.submit(ask));
      }
      for (var one : all) {
        one.get(60, TimeUnit.SECONDS);
      }
    }
    assertThat(answered.get() + refused.get()).isEqualTo(threads * calls);
    assertThat(answered.get()).isPositive();
    assertThat(refused.get()).isPositive();
    assertThat(most.get()).isBetween(1, SLOTS);
  }

  // Tokens.

  /** A call that takes its prompt and one token, whatever was learned of answers. */
  private static Answer probe(String key) throws Exception {
    nothingIsReserved();
    return Ask.post(bed, CHAT, key, chat("\"model\":\"brief\",\"max_tokens\":1"));
  }

  /** What two probes' headers differ by is what the first took, and all between them. */
  private static long taken(Answer before, Answer after) throws IOException {
    return left(before, "tokens") - left(after, "tokens") - used(before);
  }

  private static long left(Answer answer, String kind) {
    return Long.parseLong(answer.header("x-ratelimit-remaining-" + kind));
  }

  private static long used(Answer answer) throws IOException {
    return JSON.readTree(answer.body()).at("/usage/total_tokens").asLong();
  }

  @Test
  void tokens_reservedButNotUsed_comeBack() throws Exception {
    String key = TestBed.key("saver");
    var before = probe(key);
    var call = Ask.post(bed, CHAT, key, chat("\"model\":\"brief\",\"max_tokens\":400"));
    var after = probe(key);

    long reserved = left(before, "tokens") - left(call, "tokens") - used(before);
    assertThat(reserved).isPositive();
    assertThat(taken(before, after)).isEqualTo(used(call));
    assertThat(left(before, "requests") - left(after, "requests")).isEqualTo(2);
  }

  @Test
  void tokens_ofAStream_areThoseItsServerCounted() throws Exception {
    String key = TestBed.key("saver-b");
    var before = probe(key);
    Ask.post(bed, CHAT, key, chat("\"model\":\"brief\",\"seed\":1,\"stream\":true"));
    var after = probe(key);
    var same = Ask.post(bed, CHAT, key, chat("\"model\":\"brief\",\"seed\":1"));

    assertThat(taken(before, after)).isEqualTo(used(same));
  }

  @Test
  void tokens_usedBeyondTheReservation_areDebt() throws Exception {
    String key = TestBed.key("debtor");
    String body = chat("\"model\":\"small\",\"max_completion_tokens\":null,\"min_tokens\":2600");
    var first = Ask.post(bed, CHAT, key, body);
    assertThat(first.status()).as(first.text()).isEqualTo(200);
    assertThat(used(first)).isGreaterThan(2600);
    nothingIsReserved();

    // Asks for its prompt and one token, which is a few beside the debt.
    var second = Ask.post(bed, CHAT, key, chat("\"model\":\"small\",\"max_tokens\":1"));

    Answers.refused(second, 429, "tokens", "rate_limit_exceeded");
    assertThat(left(second, "tokens")).isZero();
    double missing = used(first) + 12 - 2000.0;
    double waitMillis = missing / 2000 * TimeUnit.DAYS.toMillis(30);
    assertThat(Double.parseDouble(second.header("retry-after-ms")))
        .isCloseTo(waitMillis, within(waitMillis * 0.03));
  }

  @Test
  void tokens_ofACallThatFailed_comeBack_andItsRequestToo() {
    String key = TestBed.key("saver");
    for (String pool : List.of("broken", "hung")) {
      var first = Ask.post(bed, CHAT, key, chat("\"model\":\"" + pool + "\""));
      nothingIsReserved();
      var second = Ask.post(bed, CHAT, key, chat("\"model\":\"" + pool + "\""));

      assertThat(left(first, "tokens")).isEqualTo(left(second, "tokens"));
      assertThat(left(second, "requests")).isEqualTo(left(first, "requests"));
    }
  }

  @Test
  void tokens_ofAClientThatLeft_areThoseThatItWasSent() throws Exception {
    String key = TestBed.key("leaver");
    String body = chat("\"model\":\"small\",\"max_tokens\":1500,\"ignore_eos\":true");
    int frames = 20;
    try (var client = new RawClient(bed.port())) {
      client.post(CHAT, key, body.replace("{\"model\"", "{\"stream\":true,\"model\""));
      assertThat(client.readStatus()).isEqualTo(200);
      client.headers();
      for (int i = 0; i < frames; i++) {
        client.chunk();
      }
    }
    nothingIsReserved();
    var next = Ask.post(bed, CHAT, key, chat("\"model\":\"brief\",\"max_tokens\":1"));

    assertThat(2000 - left(next, "tokens")).isBetween((long) frames, 1500L);
  }

  // Bad input.

  @Test
  void badInput_costsNothing() throws Exception {
    String key = TestBed.key("few");
    String good = chat("\"model\":\"small\",\"max_tokens\":1");
    var before = Ask.post(bed, CHAT, key, good);
    nothingIsReserved();
    for (String body :
        List.of(
            "",
            "{",
            "[]",
            "{}",
            "{\"messages\":[]}",
            "{\"messages\":7}",
            chat("\"n\":0"),
            chat("\"stream\":1"),
            chat("\"max_tokens\":-5"),
            chat("\"model\":\"nobody\""),
            chat("\"model\":\"large\""),
            chat("\"model\":\"small\",\"max_tokens\":100000"),
            "{\"messages\":[{\"role\":\"user\",\"content\":\""
                + "word ".repeat(30_000)
                + "\"}]}")) {
      var answer = Ask.post(bed, CHAT, key, body);
      assertThat(answer.status()).as(body).isBetween(400, 404);
      Answers.any(answer);
    }
    assertThat(Ask.post(bed, CHAT, key, good, "x-penstock-pool: none").status()).isEqualTo(404);
    assertThat(Ask.post(bed, CHAT, key, good, "x-penstock-pool: large").status()).isEqualTo(403);
    assertThat(Ask.post(bed, CHAT, key, good, "x-penstock-cache: x").status()).isEqualTo(400);
    assertThat(Ask.post(bed, CHAT, key, good, "content-encoding: br").status()).isEqualTo(400);
    assertThat(Ask.post(bed, EMBEDDINGS, key, "{\"input\":[]}").status()).isEqualTo(400);
    assertThat(Ask.post(bed, "/v1/else", key, good).status()).isEqualTo(404);
    assertThat(Ask.get(bed, CHAT, key).status()).isEqualTo(405);
    assertThat(Ask.get(bed, "/v1/models", key).status()).isEqualTo(200);
    try (var client = new RawClient(bed.port())) {
      client.send(RawClient.request(CHAT, key, good, "Expect: 100-continue").clone());
      assertThat(client.read().status()).isEqualTo(200);
    }
    nothingIsReserved();
    var after = Ask.post(bed, CHAT, key, good);

    assertThat(left(before, "requests") - left(after, "requests")).isEqualTo(2);
    assertThat(taken(before, after)).isEqualTo(used(before));
  }
}
