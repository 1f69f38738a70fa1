package io.penstock.gateway.endtoend;

import static io.penstock.gateway.endtoend.Ask.CHAT;
import static io.penstock.gateway.endtoend.Ask.COMPLETIONS;
import static io.penstock.gateway.endtoend.Ask.EMBEDDINGS;
import static io.penstock.gateway.endtoend.Ask.chat;
import static io.penstock.gateway.testing.TestBed.ENTERPRISE;
import static io.penstock.gateway.testing.TestBed.FREE;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.RawClient.Answer;
import io.penstock.gateway.testing.Shapes;
import io.penstock.gateway.testing.TestBed;
import io.penstock.loadtest.modelserver.Fault;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every kind of answer that the interface's page names, provoked for real: its shape, its status
 * and its headers.
 */
final class ShapesTest {
  private static final String TOOLS =
      "\"model\":\"small\",\"tool_choice\":\"required\",\"tools\":[{\"type\":\"function\","
          + "\"function\":{\"name\":\"weather\",\"parameters\":{\"type\":\"object\",\"properties\":"
          + "{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}}}]";
  private static final String SMALL = "\"model\":\"small\",\"max_tokens\":8";
  private static final String STREAM = SMALL + ",\"stream\":true";
  private static final String POOL =
      "{model: llama-2-7b, context-length: 4096, timeouts: {first-token: %s},"
          + " backends: [{id: %s-1, url: \"@%s\"}]}";
  private static final String BUDGETED =
      "{limits: {requests: 1000/month, tokens: 100000/month}, budget: 0.01/month,"
          + " route: {simple: large, medium: large, complex: large}}";
  private static TestBed bed;

  @BeforeAll
  static void start() throws Exception {
    bed =
        TestBed.setup(100)
            .server(
                "broken", TestBed.options("llama-2-7b").withFaults(Fault.always(Fault.Kind.RESET)))
            .server(
                "hung",
                TestBed.options("llama-2-7b")
                    .withFaults(Fault.always(Fault.Kind.HANG_BEFORE_FIRST_TOKEN)))
            .edit(yaml -> yaml.replace("pools: [dead]", "pools: [dead, broken, hung, away]"))
            .server(
                "endless",
                TestBed.options("llama-2-7b").withFaults(Fault.always(Fault.Kind.HANG_MID_STREAM)))
            .pool("endless", POOL.formatted("30s", "endless", "endless"))
            .pool("broken", POOL.formatted("30s", "broken", "broken"))
            .pool("hung", POOL.formatted("150ms", "hung", "hung"))
            .pool("away", POOL.formatted("30s", "away", "small"))
            .tier("poor", BUDGETED)
            .tier("wordy", tier("requests: 1000/month, tokens: 600/month"))
            .tier(
                "lone",
                tier("requests: 1000/month, tokens: 100000/month, concurrency: 1")
                    .replace("}}", "}, pools: [endless]}"))
            .edit(
                yaml -> yaml.replace("drain-timeout: 5s,", "drain-timeout: 5s, body-timeout: 1s,"))
            .start();
  }

  private static String tier(String limits) {
    return "{limits: {" + limits + "}, route: {simple: small, medium: small, complex: small}}";
  }

  @AfterAll
  static void stop() throws Exception {
    bed.close();
  }

  @AfterEach
  void nothingIsLost() {
    bed.assertNothingLost();
  }

  private static Answer post(String path, String body, String... headers) {
    return Ask.post(bed, path, ENTERPRISE, body, headers);
  }

  // Answers.

  @ParameterizedTest
  @ValueSource(
      strings = {
        SMALL,
        SMALL + ",\"n\":3",
        SMALL + ",\"logprobs\":true,\"top_logprobs\":2",
        SMALL + ",\"response_format\":{\"type\":\"json_object\"}",
        TOOLS
      })
  void chat_whole_isInShape(String fields) {
    var answer = post(CHAT, chat(fields));

    Answers.answered(answer, "enterprise", "small", "small-1");
    var chat = Shapes.CHAT.check(answer.text());
    usageAddsUp(chat.path("usage"));
    assertThat(chat.path("choices").size()).isEqualTo(fields.contains("\"n\":3") ? 3 : 1);
    if (fields.equals(TOOLS)) {
      assertThat(chat.at("/choices/0/message/tool_calls/0/function/name").asText())
          .isEqualTo("weather");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {STREAM, STREAM + ",\"n\":3", STREAM + ",\"logprobs\":true", TOOLS})
  void chat_stream_isInShape(String fields) {
    String asked = fields.equals(TOOLS) ? TOOLS + ",\"stream\":true" : fields;
    var answer = post(CHAT, chat(asked));

    Answers.answered(answer, "enterprise", "small", "small-1");
    var frames = Shapes.CHATCHUNK.checkStream(answer.text());
    assertThat(frames).noneMatch(frame -> frame.has("usage"));
    assertThat(frames).allMatch(frame -> !frame.path("choices").isEmpty());
    assertThat(frames.stream().map(frame -> frame.path("id").asText()).distinct()).hasSize(1);
  }

  @Test
  void chat_streamWithUsage_endsWithIt() {
    var answer = post(CHAT, chat(STREAM + ",\"stream_options\":{\"include_usage\":true}"));

    Answers.answered(answer, "enterprise", "small", "small-1");
    var frames = Shapes.CHATCHUNK.checkStream(answer.text());
    var last = frames.getLast();
    assertThat(last.path("choices").isEmpty()).isTrue();
    usageAddsUp(last.path("usage"));
    assertThat(last.at("/usage/completion_tokens").asInt()).isEqualTo(8);
    assertThat(frames.subList(0, frames.size() - 1)).noneMatch(frame -> frame.hasNonNull("usage"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void completion_isInShape(boolean stream) {
    var answer =
        post(COMPLETIONS, "{%s,\"stream\":%b,\"prompt\":\"Once\"}".formatted(SMALL, stream));

    Answers.answered(answer, "enterprise", "small", "small-1");
    if (stream) {
      assertThat(Shapes.COMPLETION.checkStream(answer.text())).hasSizeGreaterThanOrEqualTo(8);
    } else {
      usageAddsUp(Shapes.COMPLETION.check(answer.text()).path("usage"));
    }
  }

  @Test
  void embeddings_inBothEncodings_areTheSameNumbers() {
    var body =
        "{\"model\":\"small\",\"dimensions\":16,\"encoding_format\":\"%s\",\"input\":[\"a\",\"b\"]}";
    var floats = post(EMBEDDINGS, body.formatted("float"));
    var base64 = post(EMBEDDINGS, body.formatted("base64"));

    Answers.answered(floats, "enterprise", "small", "small-1");
    Answers.answered(base64, "enterprise", "small", "small-1");
    var plain = Shapes.EMBEDDINGS.check(floats.text()).path("data");
    var packed = Shapes.EMBEDDINGS.check(base64.text()).path("data");
    assertThat(plain.size()).isEqualTo(2);
    for (int i = 0; i < 2; i++) {
      assertThat(decoded(packed.path(i).path("embedding").asText()))
          .isEqualTo(numbers(plain.path(i).path("embedding")));
    }
  }

  private static List<Float> numbers(JsonNode array) {
    List<Float> numbers = new ArrayList<>();
    array.forEach(number -> numbers.add(number.floatValue()));
    return numbers;
  }

  private static List<Float> decoded(String base64) {
    var floats =
        ByteBuffer.wrap(Base64.getDecoder().decode(base64))
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    List<Float> numbers = new ArrayList<>();
    while (floats.hasRemaining()) {
      numbers.add(floats.get());
    }
    return numbers;
  }

  @Test
  void models_areInShape_andEachIsFoundByItsId() {
    var list = Ask.get(bed, "/v1/models", FREE);

    Answers.any(list);
    assertThat(list.status()).isEqualTo(200);
    List<String> ids = new ArrayList<>();
    Shapes.MODELS.check(list.text()).path("data").forEach(m -> ids.add(m.path("id").asText()));
    assertThat(ids).containsExactly("auto", "small", "llama-2-7b", "medium", "llama-2-13b");
    for (String id : ids) {
      var one = Ask.get(bed, "/v1/models/" + id, FREE);
      Answers.any(one);
      assertThat(Shapes.MODEL.check(one.text()).path("id").asText()).isEqualTo(id);
    }
  }

  private static void usageAddsUp(JsonNode usage) {
    assertThat(usage.path("prompt_tokens").asInt()).isPositive();
    assertThat(usage.path("total_tokens").asInt())
        .isEqualTo(usage.path("prompt_tokens").asInt() + usage.path("completion_tokens").asInt());
  }

  @Test
  void requestId_isTheClientsWhereWellFormed_elseOneOfOurs() {
    var own = post(CHAT, chat(SMALL), "x-request-id: my.id:1_2-3");
    var odd = post(CHAT, chat(SMALL), "x-request-id: what is this?");
    var none = post(CHAT, chat(SMALL));

    assertThat(own.header("x-request-id")).isEqualTo("my.id:1_2-3");
    assertThat(odd.header("x-request-id")).matches("req_[0-9a-f]{32}");
    assertThat(none.header("x-request-id"))
        .matches("req_[0-9a-f]{32}")
        .isNotEqualTo(odd.header("x-request-id"));
  }

  // The client's faults.

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "invalid_json                | ~~       | [1]",
        "invalid_json                | ~~       |"
            + " {\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],}",
        "invalid_json                | ~~       |"
            + " {\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]} {}",
        "invalid_json                | ~~       |"
            + " {\"temperature\":01,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        "invalid_json                | ~~       |"
            + " {\"temperature\":NaN,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        "missing_required_parameter  | messages | {\"model\":\"auto\"}",
        "empty_array                 | messages | {\"messages\":[]}",
        "invalid_type                | messages | {\"messages\":\"hi\"}",
        "invalid_type                | model    |"
            + " {\"model\":7,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        "invalid_type                | stream   |"
            + " {\"stream\":\"yes\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        "invalid_type                | stream_options |"
            + " {\"stream_options\":1,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        "invalid_type                | tools    |"
            + " {\"tools\":{},\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        "invalid_type                | max_tokens |"
            + " {\"max_tokens\":1.5,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        "invalid_type                | temperature |"
            + " {\"temperature\":\"hot\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        "integer_below_min_value     | max_tokens |"
            + " {\"max_tokens\":-1,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        "integer_below_min_value     | n        |"
            + " {\"n\":0,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        "integer_above_max_value     | n        |"
            + " {\"n\":1000,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        "integer_above_max_value     | max_tokens |"
            + " {\"max_tokens\":99999999999,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        "context_length_exceeded     | messages |"
            + " {\"model\":\"small\",\"max_tokens\":9999,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        "unsupported_feature         | messages |"
            + " {\"model\":\"small\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:,\"}}]}]}",
      })
  void chat_badRequest_is400(String code, String param, String body) {
    var error = Answers.refused(post(CHAT, body), 400, "invalid_request_error", code).path("param");

    assertThat(error.isNull() ? "" : error.asText()).isEqualTo(param);
  }

  @Test
  void chat_manyFieldsOrLongModel_is400() {
    var fields = new StringBuilder("\"model\":\"small\"");
    for (int i = 0; i < 2000; i++) {
      fields.append(",\"f").append(i).append("\":0");
    }
    Answers.refused(
        post(CHAT, chat(fields.toString())), 400, "invalid_request_error", "too_many_fields");
    Answers.refused(
        post(CHAT, chat("\"model\":\"" + "m".repeat(300) + "\"")),
        400,
        "invalid_request_error",
        "string_above_max_length");
  }

  @ParameterizedTest
  @CsvSource({
    "x-penstock-dry-run: perhaps,invalid_value,x-penstock-dry-run",
    "x-penstock-deadline-ms: soon,invalid_value,x-penstock-deadline-ms",
    "x-penstock-cache: never,invalid_value,x-penstock-cache",
    "content-encoding: gzip,unsupported_content_encoding,content-encoding",
  })
  void header_wrong_is400(String header, String code, String param) {
    var error =
        Answers.refused(post(CHAT, chat(SMALL), header), 400, "invalid_request_error", code);

    assertThat(error.path("param").asText()).isEqualTo(param);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x: y",
        "Authorization: Bearer sk-nobody",
        "Authorization: Bearer ",
        "Authorization: Basic c2stdGVzdDo="
      })
  void key_missingOrWrong_is401(String header) {
    String body = chat(SMALL);
    for (String request :
        List.of(
            "POST "
                + CHAT
                + " HTTP/1.1\r\nHost: x\r\n"
                + header
                + "\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n"
                + body,
            "GET /v1/models HTTP/1.1\r\nHost: x\r\n" + header + "\r\n\r\n")) {
      Answers.refused(Ask.raw(bed, request), 401, "invalid_request_error", "invalid_api_key");
    }
  }

  @Test
  void model_notForTheTier_is403() {
    for (String fields : List.of("\"model\":\"gpt-4\"", "\"model\":\"large\"")) {
      var error =
          Answers.refused(
              Ask.post(bed, CHAT, FREE, chat(fields)),
              403,
              "invalid_request_error",
              "model_not_allowed");
      assertThat(error.path("param").asText()).isEqualTo("model");
    }
    Answers.refused(
        Ask.post(bed, CHAT, FREE, chat("\"model\":\"auto\""), "x-penstock-pool: large"),
        403,
        "invalid_request_error",
        "model_not_allowed");
  }

  @Test
  void whatIsNotThere_is404() {
    String type = "invalid_request_error";
    Answers.refused(post("/v1/nothing", chat(SMALL)), 404, type, "unknown_url");
    Answers.refused(post(CHAT, chat("\"model\":\"gpt-9\"")), 404, type, "model_not_found");
    Answers.refused(
        post(CHAT, chat(SMALL), "x-penstock-pool: nowhere"), 404, type, "model_not_found");
    Answers.refused(Ask.get(bed, "/v1/models/gpt-9", FREE), 404, type, "model_not_found");
    Answers.refused(
        post(EMBEDDINGS, "{\"model\":\"medium\",\"input\":\"a\"}"), 404, type, "model_not_found");
  }

  @ParameterizedTest
  @CsvSource({
    "GET,/v1/chat/completions,POST",
    "DELETE,/v1/embeddings,POST",
    "POST,/v1/models,'GET, HEAD'"
  })
  void method_wrong_is405(String method, String path, String allowed) {
    var answer =
        Ask.raw(
            bed,
            "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 0\r\n\r\n"
                .formatted(method, path, ENTERPRISE));

    Answers.refused(answer, 405, "invalid_request_error", "method_not_allowed");
    assertThat(answer.header("allow")).isEqualTo(allowed);
  }

  @Test
  void body_thatDoesNotCome_is408() {
    var answer =
        Ask.raw(
            bed,
            "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 50\r\n\r\n{"
                .formatted(CHAT, ENTERPRISE));

    Answers.refused(answer, 408, "invalid_request_error", "request_timeout");
  }

  @Test
  void body_tooLarge_is413() {
    var answer =
        Ask.raw(
            bed,
            "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n{"
                .formatted(CHAT, ENTERPRISE, (32 << 20) + 1));

    Answers.refused(answer, 413, "invalid_request_error", "request_too_large");
  }

  @Test
  void noHttp_isAnsweredInShape() {
    String type = "invalid_request_error";
    Answers.refused(Ask.raw(bed, "HELLO\r\n\r\n"), 400, type, "invalid_http");
    Answers.refused(
        Ask.raw(bed, "GET /" + "a".repeat(9000) + " HTTP/1.1\r\nHost: x\r\n\r\n"),
        414,
        type,
        "url_too_long");
    Answers.refused(
        Ask.raw(bed, "GET / HTTP/1.1\r\nHost: x\r\nx: " + "a".repeat(20_000) + "\r\n\r\n"),
        431,
        type,
        "header_too_large");
  }

  // Limits.

  @Test
  void requests_spent_is429() {
    String key = TestBed.TIGHT;
    Answers.answered(Ask.post(bed, CHAT, key, chat(SMALL)), "tight", "small", "small-1");
    var answer = Ask.post(bed, CHAT, key, chat(STREAM));

    Answers.refused(answer, 429, "requests", "rate_limit_exceeded");
    Answers.limits(answer);
    assertThat(answer.header("x-penstock-tier")).isEqualTo("tight");
    assertThat(answer.header("x-ratelimit-remaining-requests")).isEqualTo("0");
    assertThat(answer.headers()).doesNotContainKey("x-should-retry");
  }

  @Test
  void tokens_spent_is429() {
    String key = TestBed.key("wordy");
    String body = chat("\"model\":\"small\",\"max_tokens\":500,\"ignore_eos\":true");
    Answers.answered(Ask.post(bed, CHAT, key, body), "wordy", "small", "small-1");
    var answer = Ask.post(bed, CHAT, key, body);

    Answers.refused(answer, 429, "tokens", "rate_limit_exceeded");
    Answers.limits(answer);
    assertThat(answer.headers()).doesNotContainKey("x-should-retry");
  }

  @Test
  void tokens_overAFullBucket_is400() {
    var answer =
        Ask.post(
            bed,
            CHAT,
            TestBed.key("wordy"),
            chat("\"model\":\"small\",\"max_tokens\":3000,\"n\":4"));

    Answers.refused(answer, 400, "invalid_request_error", "request_exceeds_limit");
  }

  @Test
  void concurrency_spent_is429() throws Exception {
    String key = TestBed.key("lone");
    try (var client = new RawClient(bed.port())) {
      client.post(CHAT, key, chat("\"model\":\"endless\",\"stream\":true"));
      assertThat(client.readStatus()).isEqualTo(200);
      var answer = Ask.post(bed, CHAT, key, chat(SMALL));
      Answers.refused(answer, 429, "requests", "rate_limit_exceeded");
      Answers.limits(answer);
    }
  }

  @Test
  void budget_spent_is429_thatNoClientTriesAgain() {
    String key = TestBed.key("poor");
    String body = chat("\"max_tokens\":100,\"ignore_eos\":true");
    var first = Ask.post(bed, CHAT, key, body);
    Answers.answered(first, "poor", "large", "large");
    assertThat(Double.parseDouble(first.header("x-penstock-cost-usd"))).isBetween(0.006, 0.01);

    var second = Ask.post(bed, CHAT, key, body);

    Answers.refused(second, 429, "insufficient_quota", "insufficient_quota");
    assertThat(second.header("x-should-retry")).isEqualTo("false");
    Answers.refused(
        Ask.post(bed, CHAT, key, chat("\"max_tokens\":1000")),
        400,
        "invalid_request_error",
        "request_exceeds_limit");
  }

  // Backends.

  @Test
  void noBackendUp_is503() throws Exception {
    assertThat(bed.adminPost("/api/pools/away/backends/away-1/drain").statusCode()).isEqualTo(200);
    var answer = post(CHAT, chat("\"model\":\"away\""));

    Answers.refused(answer, 503, "overloaded_error", "no_backend");
    Answers.limits(answer);
    assertThat(bed.adminPost("/api/pools/away/backends/away-1/undrain").statusCode())
        .isEqualTo(200);
    Answers.answered(
        post(CHAT, chat("\"model\":\"away\",\"max_tokens\":3")), "enterprise", "away", "away-1");
  }

  @ParameterizedTest
  @CsvSource({"broken, 502, api_error, upstream_error", "dead, 503, overloaded_error, no_backend"})
  void backend_thatFailsOrIsNotThere_isAnError(String pool, int status, String type, String code) {
    for (boolean stream : new boolean[] {false, true}) {
      var answer = post(CHAT, chat("\"model\":\"" + pool + "\",\"stream\":" + stream));

      Answers.refused(answer, status, type, code);
      Answers.limits(answer);
      assertThat(answer.text()).doesNotContain("127.0.0.1");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void firstToken_tooLate_is504(boolean stream) {
    var answer = post(CHAT, chat("\"model\":\"hung\",\"stream\":" + stream));

    Answers.refused(answer, 504, "api_error", "upstream_timeout");
    Answers.limits(answer);
  }
}
