package io.penstock.gateway.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.penstock.gateway.quirks.Bed;
import io.penstock.gateway.quirks.Say;
import io.penstock.gateway.quirks.ScriptedServer;
import io.penstock.gateway.quirks.ScriptedServer.Script;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.Shapes;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers that are given again, over real sockets, in either form. */
class CacheTest {
  private static final String CACHE = "x-penstock-cache";

  private static ScriptedServer server;
  private static Bed bed;

  /** Every test asks something that no other asks. */
  private static int questions;

  private String question;

  @BeforeAll
  static void start() throws Exception {
    server = ScriptedServer.start(Script.always(Say.json(200, Say.CHAT)));
    bed =
        Bed.start(
            Bed.pool("p", ", supports: {embeddings: true}", server.url())
                + "\ncache: {memory: 16MiB}");
  }

  @AfterAll
  static void stop() throws Exception {
    bed.close();
    server.close();
  }

  @BeforeEach
  void anew() {
    question =
        "{\"temperature\":0,\"messages\":[{\"role\":\"user\",\"content\":\"question "
            + questions++
            + "\"}]";
  }

  private static RawClient.Answer ask(String body, String... headers) throws IOException {
    try (var client = bed.client()) {
      return client.post(Bed.CHAT, Bed.KEY, body, headers).read();
    }
  }

  private static String content(List<JsonNode> frames) {
    return frames.stream()
        .map(frame -> frame.at("/choices/0/delta/content").asText(""))
        .collect(Collectors.joining());
  }

  private String whole() {
    return question + "}";
  }

  private String stream() {
    return question + ",\"stream\":true}";
  }

  private static String streamed() {
    return Say.wholeStream(Say.ROLE, Say.HEL, Say.LO, Say.STOP, Say.USAGE, Say.DONE);
  }

  @Test
  void whole_askedAgain_isTheSameBytesAndCostsNothing() throws Exception {
    server.plays(Script.always(Say.json(200, Say.CHAT)));

    var first = ask(whole());
    var again = ask(whole());

    assertThat(first.header(CACHE)).isEqualTo("miss");
    assertThat(again.header(CACHE)).isEqualTo("hit");
    assertThat(again.text()).isEqualTo(first.text()).isEqualTo(Say.CHAT);
    assertThat(again.header("x-penstock-cost-usd")).isEqualTo("0.000000");
    assertThat(first.header("x-penstock-cost-usd")).isNotEqualTo("0.000000");
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void stream_askedAgain_isTheSameFrames() throws Exception {
    server.plays(Script.always(streamed()));

    var first = ask(stream());
    var again = ask(stream());

    assertThat(first.header(CACHE)).isEqualTo("miss");
    assertThat(again.header(CACHE)).isEqualTo("hit");
    assertThat(again.text()).isEqualTo(first.text()).endsWith(Say.DONE).doesNotContain("usage");
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void stream_ofAStoredBody_saysTheSame() throws Exception {
    server.plays(Script.always(Say.json(200, Say.CHAT)));

    ask(whole());
    var again = ask(question + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}");

    assertThat(again.header(CACHE)).isEqualTo("hit");
    assertThat(again.header("content-type")).startsWith("text/event-stream");
    var frames = Shapes.CHATCHUNK.checkStream(again.text());
    assertThat(content(frames)).isEqualTo("Hello");
    assertThat(frames.getLast().path("usage").path("prompt_tokens").asInt()).isEqualTo(7);
    assertThat(ask(stream()).text()).doesNotContain("usage").endsWith(Say.DONE);
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void whole_ofAStoredStream_saysTheSame() throws Exception {
    server.plays(Script.always(streamed()));

    ask(stream());
    var again = ask(whole());

    assertThat(again.header(CACHE)).isEqualTo("hit");
    assertThat(again.header("content-type")).startsWith("application/json");
    var body = Shapes.CHAT.check(again.text());
    assertThat(body.at("/choices/0/message/content").asText()).isEqualTo("Hello");
    assertThat(body.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    assertThat(body.at("/usage/completion_tokens").asInt()).isEqualTo(2);
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void whole_ofAStreamWithoutUsage_isAMiss() throws Exception {
    server.plays(Script.always(Say.wholeStream(Say.ROLE, Say.HEL, Say.LO, Say.STOP, Say.DONE)));
    ask(stream());
    server.plays(Script.always(Say.json(200, Say.CHAT)));

    assertThat(ask(whole()).header(CACHE)).isEqualTo("miss");
  }

  @ParameterizedTest
  @ValueSource(strings = {"length", "content_filter", "tool_calls"})
  void answer_thatDidNotStopByItself_isNotKept(String reason) throws Exception {
    server.plays(Script.always(Say.json(200, Say.CHAT.replace("\"stop\"", '"' + reason + '"'))));

    ask(whole());

    assertThat(ask(whole()).header(CACHE)).isEqualTo("miss");
    assertThat(server.requests()).hasSize(2);
  }

  @Test
  void answer_withFewerChoicesThanAsked_isNotKept() throws Exception {
    server.plays(Script.always(Say.json(200, Say.CHAT)));
    String two = question + ",\"n\":2}";

    ask(two);

    assertThat(ask(two).header(CACHE)).isEqualTo("miss");
  }

  @Test
  void error_isNotKept() throws Exception {
    server.plays(Script.always(Say.json(400, "{\"error\":{\"message\":\"no\"}}")));
    assertThat(ask(whole()).status()).isEqualTo(400);

    server.plays(Script.always(Say.json(200, Say.CHAT)));
    var again = ask(whole());

    assertThat(again.status()).isEqualTo(200);
    assertThat(again.header(CACHE)).isEqualTo("miss");
  }

  @Test
  void stream_thatWasCut_isNotKept() throws Exception {
    server.plays(Script.once(Say.stream(Say.ROLE, Say.HEL, Say.LO)));
    assertThat(ask(stream()).text()).contains("upstream_error").doesNotContain("[DONE]");

    server.plays(Script.always(streamed()));
    var again = ask(stream());

    assertThat(again.header(CACHE)).isEqualTo("miss");
    assertThat(again.text()).endsWith(Say.DONE);
  }

  @Test
  void stream_withoutItsEnd_isNotKept() throws Exception {
    server.plays(Script.always(Say.wholeStream(Say.ROLE, Say.HEL, Say.STOP, Say.USAGE)));
    ask(stream());

    server.plays(Script.always(streamed()));
    assertThat(ask(stream()).header(CACHE)).isEqualTo("miss");
  }

  @Test
  void question_thatIsNotDeterministic_passesBy() throws Exception {
    server.plays(Script.always(Say.json(200, Say.CHAT)));
    String warm = whole().replace("\"temperature\":0", "\"temperature\":0.7");

    assertThat(ask(warm).header(CACHE)).isEqualTo("bypass");
    assertThat(ask(warm).header(CACHE)).isEqualTo("bypass");
    assertThat(server.requests()).hasSize(2);

    String seeded = warm.replace("0.7", "0.7,\"seed\":3");
    assertThat(ask(seeded).header(CACHE)).isEqualTo("miss");
    assertThat(ask(seeded).header(CACHE)).isEqualTo("hit");
  }

  @Test
  void noStore_missedOrHit_keepsNothing() throws Exception {
    server.plays(Script.always(Say.json(200, Say.CHAT)));

    assertThat(ask(whole(), CACHE + ": no-store").header(CACHE)).isEqualTo("bypass");
    assertThat(ask(whole()).header(CACHE)).isEqualTo("miss");
    assertThat(ask(whole(), CACHE + ": no-store").header(CACHE)).isEqualTo("hit");
  }

  @Test
  void noCache_asksAnewAndKeepsTheNewAnswer() throws Exception {
    server.plays(Script.always(Say.json(200, Say.CHAT)));
    ask(whole());

    server.plays(Script.always(Say.json(200, Say.CHAT.replace("Hello", "Hullo"))));
    var anew = ask(whole(), CACHE + ": no-cache");

    assertThat(anew.header(CACHE)).isEqualTo("bypass");
    assertThat(anew.text()).contains("Hullo");
    var again = ask(whole());
    assertThat(again.header(CACHE)).isEqualTo("hit");
    assertThat(again.text()).contains("Hullo");
  }

  @Test
  void books_ofAHit_haveItsTokensAsCachedAndItsCostAsSaved() throws Exception {
    server.plays(Script.always(Say.json(200, Say.CHAT)));
    ask(whole());
    bed.requireSettled();
    var before = bed.books("p");
    double saved = bed.metric("penstock_cache_saved_usd_total");
    double cached = bed.metric("penstock_tokens_total", "direction=\"cached\"");
    double cost = bed.metric("penstock_cost_usd_total");

    ask(whole());
    bed.requireSettled();

    var books = bed.books("p");
    assertThat(books.accepted() - before.accepted()).isEqualTo(1);
    assertThat(books.answered() - before.answered()).isEqualTo(1);
    assertThat(books.promptTokens()).isEqualTo(before.promptTokens());
    assertThat(books.completionTokens()).isEqualTo(before.completionTokens());
    assertThat(bed.metric("penstock_cost_usd_total")).isEqualTo(cost);
    assertThat(bed.metric("penstock_tokens_total", "direction=\"cached\"") - cached).isEqualTo(9);
    assertThat(bed.metric("penstock_cache_saved_usd_total") - saved)
        .isCloseTo((7 * 10 + 2 * 20) / 1e6, Offset.offset(1e-9));
  }

  @Test
  void limits_ofAHit_countTheRequestAndReturnTheTokens() throws Exception {
    server.plays(Script.always(Say.json(200, Say.CHAT)));
    String greedy = question + ",\"max_tokens\":1000}";
    ask(greedy);
    long tokens = Long.parseLong(ask(greedy).header("x-ratelimit-remaining-tokens"));
    long requests = Long.parseLong(ask(greedy).header("x-ratelimit-remaining-requests"));

    var last = ask(greedy);

    assertThat(Long.parseLong(last.header("x-ratelimit-remaining-tokens")))
        .isGreaterThanOrEqualTo(tokens);
    assertThat(Long.parseLong(last.header("x-ratelimit-remaining-requests")))
        .isLessThanOrEqualTo(requests);
  }

  @Test
  void dryRun_saysWhetherItWouldHit() throws Exception {
    server.plays(Script.always(Say.json(200, Say.CHAT)));
    String dry = "x-penstock-dry-run: true";

    assertThat(ask(whole(), dry).text())
        .contains("\"cache\":{\"cacheable\":true,\"would_hit\":false}");
    ask(whole());
    assertThat(ask(stream(), dry).text())
        .contains("\"cache\":{\"cacheable\":true,\"would_hit\":true}");
    assertThat(ask(whole().replace("\"temperature\":0,", ""), dry).text())
        .contains("\"cache\":{\"cacheable\":false,\"would_hit\":false}");
  }

  @Test
  void embeddings_askedAgain_areAHit() throws Exception {
    String answer =
        "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":[0.25]}],"
            + "\"model\":\"m\",\"usage\":{\"prompt_tokens\":3,\"total_tokens\":3}}";
    server.plays(Script.always(Say.json(200, answer)));
    String body = "{\"input\":\"words " + questions++ + "\"}";
    try (var client = bed.client()) {
      var first = client.post("/v1/embeddings", Bed.KEY, body).read();
      var again = client.post("/v1/embeddings", Bed.KEY, body).read();

      assertThat(first.header(CACHE)).isEqualTo("miss");
      assertThat(again.header(CACHE)).isEqualTo("hit");
      assertThat(again.text()).isEqualTo(answer);
    }
  }

  @Test
  void largeBody_isHashedAwayFromTheLoopAndHits() throws Exception {
    server.plays(Script.always(Say.json(200, Say.CHAT)));
    String large = question + ",\"user\":\"" + "u".repeat(200_000) + "\",\"max_tokens\":9}";

    assertThat(ask(large).header(CACHE)).isEqualTo("miss");
    assertThat(ask(large.replace("uuu", "vvv")).header(CACHE)).isEqualTo("hit");
  }

  @Test
  void clear_ofATenant_forgetsItsAnswersAlone() throws Exception {
    server.plays(Script.always(Say.json(200, Say.CHAT)));
    ask(whole());

    assertThat(Bed.get(bed.gateway().controls().clearCache("nobody"))).isZero();
    assertThat(ask(whole()).header(CACHE)).isEqualTo("hit");
    assertThat(Bed.get(bed.gateway().controls().clearCache("someone"))).isPositive();
    assertThat(ask(whole()).header(CACHE)).isEqualTo("miss");
  }
}
