package io.penstock.gateway.quirks;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.Shapes;
import io.penstock.loadtest.modelserver.ModelServer;
import io.penstock.loadtest.modelserver.Quirk;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each quirk of the simulated model server behind a pool of its own; clients see none of them. */
class ModelServerQuirksTest {
  private static final int TOKENS = 12;
  private static final Map<Quirk, ModelServer> SERVERS = new EnumMap<>(Quirk.class);
  private static Vertx vertx;
  private static ModelServer plain;
  private static ModelServer all;
  private static Bed bed;

  @BeforeAll
  static void start() throws Exception {
    vertx = Vertx.vertx();
    List<String> pools = new ArrayList<>();
    plain = serve();
    pools.add(Bed.pool("plain", "", plain.url()));
    for (var quirk : Quirk.values()) {
      SERVERS.put(quirk, serve(quirk));
      pools.add(Bed.pool(quirk.word(), "", SERVERS.get(quirk).url()));
    }
    all =
        serve(
            Quirk.CLOSE_AFTER_STREAM,
            Quirk.EARLY_HEADERS,
            Quirk.TWO_EVENTS_PER_CHUNK,
            Quirk.CRLF_FRAMES,
            Quirk.SSE_COMMENTS,
            Quirk.SPLIT_EVERY_BYTE,
            Quirk.USAGE_PER_CHOICE);
    pools.add(Bed.pool("all", "", all.url()));
    pools.add(
        Bed.pool("llama-cpp", ", provider: llama-cpp", SERVERS.get(Quirk.USAGE_PER_CHOICE).url()));
    bed = Bed.start(pools.toArray(String[]::new));
    askPlain();
  }

  private static ModelServer serve(Quirk... quirks) throws Exception {
    var options =
        ModelServer.Options.defaults().withModel("llama-2-7b").withSpeed(200).withQuirks(quirks);
    return Bed.get(ModelServer.start(vertx, options));
  }

  @AfterAll
  static void stop() throws Exception {
    bed.close();
    Bed.get(vertx.close());
  }

  @AfterEach
  void nothingIsHeld() {
    bed.requireSettled();
  }

  private static String question(int n, String more) {
    return "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"Tell me of"
        + " rivers\"}],"
        + "\"min_tokens\":%d,\"max_tokens\":%d,\"n\":%d%s}".formatted(TOKENS, TOKENS, n, more);
  }

  private static final String STREAM = ",\"stream\":true";
  private static final String WITH_USAGE = STREAM + ",\"stream_options\":{\"include_usage\":true}";

  /** What the server without quirks answers, by the number of choices. */
  private static final Map<Integer, String> WHOLES = new HashMap<>();

  private static final Map<Integer, List<String>> STREAMS = new HashMap<>();
  private static int promptTokens;

  private static void askPlain() throws Exception {
    for (int n = 1; n <= 2; n++) {
      JsonNode answer = Shapes.CHAT.check(bed.ask("plain", question(n, "")).text());
      promptTokens = answer.path("usage").path("prompt_tokens").asInt();
      WHOLES.put(n, text(answer));
      var stream = bed.ask("plain", question(n, STREAM)).answer();
      STREAMS.put(n, content(frames(Quirk.TWO_EVENTS_PER_CHUNK, stream), n));
    }
  }

  @ParameterizedTest
  @EnumSource
  void whole_isAsOfAServerWithoutQuirks(Quirk quirk) throws Exception {
    for (int n = 1; n <= 2; n++) {
      var told = bed.ask(quirk.word(), question(n, ""));

      assertThat(told.status()).as(told.text()).isEqualTo(200);
      JsonNode answer = Shapes.CHAT.check(told.text());
      assertThat(answer.path("choices")).hasSize(n);
      assertThat(text(answer)).isEqualTo(WHOLES.get(n));
      // Without a stream, usage-per-choice counts the first choice alone, and there is no other.
      told.books()
          .requireAnswered(promptTokens, quirk == Quirk.USAGE_PER_CHOICE ? TOKENS : n * TOKENS);
    }
  }

  /** An estimate: its choices are as long as the first one. */
  @Test
  void usageOfTheFirstChoiceAlone_ofAServerKnownForIt_isTakenForAll() throws Exception {
    for (int n = 1; n <= 3; n++) {
      bed.ask("llama-cpp", question(n, "")).books().requireAnswered(promptTokens, n * TOKENS);
      var streamed = bed.ask("llama-cpp", question(n, STREAM)).books();
      streamed.requireAnswered(promptTokens, n * TOKENS);
    }
  }

  private static String text(JsonNode answer) {
    var text = new StringBuilder();
    answer
        .path("choices")
        .forEach(
            choice -> text.append(choice.path("message").path("content").asText()).append('|'));
    return text.toString();
  }

  @ParameterizedTest
  @EnumSource
  void stream_isAsOfAServerWithoutQuirks(Quirk quirk) throws Exception {
    for (int n = 1; n <= 2; n++) {
      var told = bed.ask(quirk.word(), question(n, STREAM));

      List<JsonNode> frames = frames(quirk, told.answer());
      assertThat(frames).noneMatch(frame -> frame.has("usage"));
      assertThat(content(frames, n)).isEqualTo(STREAMS.get(n));
      assertThat(told.books().answered()).isEqualTo(1);
      assertThat(told.books().completionTokens()).isEqualTo((long) n * TOKENS);
      assertThat(told.books().promptTokens()).isPositive();
      if (quirk != Quirk.NO_USAGE) {
        assertThat(told.books().promptTokens()).isEqualTo(promptTokens);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void stream_whoseClientAsksForUsage_hasItOnceAChoiceAtMost(Quirk quirk) throws Exception {
    var told = bed.ask(quirk.word(), question(2, WITH_USAGE));

    List<JsonNode> frames = frames(quirk, told.answer());
    var usages = frames.stream().filter(frame -> frame.path("usage").isObject()).toList();
    assertThat(usages)
        .hasSize(quirk == Quirk.NO_USAGE ? 0 : quirk == Quirk.USAGE_PER_CHOICE ? 2 : 1);
    assertThat(told.books().completionTokens()).isEqualTo(2L * TOKENS);
  }

  /** In OpenAI's shape, whatever lay between the frames; comments and CR LF are the client's. */
  private static List<JsonNode> frames(Quirk quirk, RawClient.Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.header("content-type")).startsWith("text/event-stream");
    String text = answer.text().replace("\r\n", "\n").replace(":\n\n", "");
    assertThat(text.endsWith("data: [DONE]\n\n")).isEqualTo(quirk != Quirk.NO_DONE);
    return Shapes.CHATCHUNK.checkStream(quirk == Quirk.NO_DONE ? text + "data: [DONE]\n\n" : text);
  }

  private static List<String> content(List<JsonNode> frames, int n) {
    List<String> contents = new ArrayList<>();
    for (int index = 0; index < n; index++) {
      int wanted = index;
      contents.add(
          frames.stream()
              .flatMap(frame -> Stream.of(frame.path("choices")))
              .flatMap(choices -> choices.valueStream())
              .filter(choice -> choice.path("index").asInt() == wanted)
              .map(choice -> choice.path("delta").path("content").asText(""))
              .reduce("", String::concat));
    }
    assertThat(contents).allMatch(content -> !content.isEmpty());
    return contents;
  }

  @Test
  void manyQuirksTogether_changeNothingEither() throws Exception {
    for (int i = 0; i < 5; i++) {
      var told = bed.ask("all", question(2, STREAM));
      assertThat(content(frames(Quirk.CRLF_FRAMES, told.answer()), 2)).isEqualTo(STREAMS.get(2));
      assertThat(told.books().completionTokens()).isEqualTo(2 * TOKENS);
    }
  }

  /** What the model server would refuse with 500, as llama.cpp does. */
  @Test
  void clientFault500_becomes400_andTheBackendStaysUp() throws Exception {
    var fault = ",\"top_p\":2";
    for (int i = 0; i < 5; i++) {
      for (var more : List.of(fault, fault + STREAM)) {
        var told = bed.ask(Quirk.CLIENT_FAULT_500.word(), question(1, more));
        assertThat(told.status()).as(told.text()).isEqualTo(400);
        var error = Shapes.ERROR.check(told.text()).path("error");
        assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
        assertThat(told.books().answered()).isEqualTo(1);
      }
    }
    assertThat(bed.failures(Quirk.CLIENT_FAULT_500.word())).isZero();
    assertThat(bed.metric("penstock_backend_up", "pool=\"client-fault-500\"")).isEqualTo(1);
  }

  @Test
  void errorCode_asNumberOrFlat_becomesText() throws Exception {
    for (var quirk : List.of(Quirk.INTEGER_ERROR_CODE, Quirk.FLAT_ERROR)) {
      var told = bed.ask(quirk.word(), question(1, ",\"top_p\":2"));
      assertThat(told.status()).as(told.text()).isEqualTo(400);
      var error = Shapes.ERROR.check(told.text()).path("error");
      assertThat(error.path("code").asText()).isEqualTo("400");
      assertThat(error.path("code").isTextual()).isTrue();
      assertThat(error.path("message").asText()).isNotEmpty();
    }
  }

  /** The gateway owns the names, though the server takes any. */
  @Test
  void unknownModel_is404_alsoWhereTheServerTakesAnyName() throws Exception {
    int before = SERVERS.get(Quirk.ANY_MODEL_ACCEPTED).recorded().size();
    try (var client = bed.client()) {
      var body = question(1, "").replace("auto", "no-such-model");
      var answer = client.post(Bed.CHAT, Bed.KEY, body).read();

      assertThat(answer.status()).isEqualTo(404);
      assertThat(Shapes.ERROR.check(answer.text()).path("error").path("code").asText())
          .isEqualTo("model_not_found");
    }
    assertThat(SERVERS.get(Quirk.ANY_MODEL_ACCEPTED).recorded()).hasSize(before);
  }
}
