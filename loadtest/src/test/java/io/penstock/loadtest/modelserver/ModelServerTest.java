package io.penstock.loadtest.modelserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.loadtest.text.Tokenizer;
import io.penstock.planner.capacity.StepBatch;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelServerTest {
  private static final String HELLO =
      "\"messages\":[{\"role\":\"user\",\"content\":\"Hello there\"}]";
  private static final String TOOLS =
      """
      "tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":\
      {"city":{"type":"string"},"days":{"type":"integer","minimum":1,"maximum":7},"unit":{"enum":["C","F"]}}}}}]\
      """;

  @RegisterExtension final Servers servers = new Servers();

  @Test
  void chat_whole_hasVllmsShapeAndExactUsage() throws Exception {
    var server = servers.start(Servers.fast());
    var answer = servers.chat(server, HELLO + ",\"max_tokens\":40");
    var choice = answer.getJsonArray("choices").getJsonObject(0);
    String content = choice.getJsonObject("message").getString("content");
    var usage = answer.getJsonObject("usage");
    assertThat(answer.getString("object")).isEqualTo("chat.completion");
    assertThat(answer.getString("id")).matches("chatcmpl-[0-9a-f]{32}");
    assertThat(answer.getString("model")).isEqualTo("llama-2-7b");
    assertThat(choice.getString("finish_reason")).isIn("stop", "length");
    assertThat(usage.getInteger("completion_tokens"))
        .isEqualTo(Tokenizer.count(content))
        .isLessThanOrEqualTo(40);
    assertThat(usage.getInteger("total_tokens"))
        .isEqualTo(usage.getInteger("prompt_tokens") + usage.getInteger("completion_tokens"));
  }

  @Test
  void chat_streamed_saysTheSameAsWhole() throws Exception {
    var server = servers.start(Servers.fast());
    var whole = servers.chat(server, HELLO);
    var streamed =
        servers.post(
            server,
            "/v1/chat/completions",
            "{" + HELLO + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
    var events = Servers.events(streamed.body());
    assertThat(streamed.headers().firstValue("content-type"))
        .hasValue("text/event-stream; charset=utf-8");
    assertThat(streamed.body()).endsWith("data: [DONE]\n\n");
    assertThat(
            events
                .getFirst()
                .getJsonArray("choices")
                .getJsonObject(0)
                .getJsonObject("delta")
                .getString("role"))
        .isEqualTo("assistant");
    assertThat(Servers.text(events, 0))
        .isEqualTo(
            whole
                .getJsonArray("choices")
                .getJsonObject(0)
                .getJsonObject("message")
                .getString("content"));
    assertThat(events.getLast().getJsonArray("choices")).isEmpty();
    assertThat(events.getLast().getJsonObject("usage")).isEqualTo(whole.getJsonObject("usage"));
    assertThat(
            events
                .get(events.size() - 2)
                .getJsonArray("choices")
                .getJsonObject(0)
                .getString("finish_reason"))
        .isEqualTo("stop");
  }

  @Test
  void chat_streamedWithoutIncludeUsage_hasNoUsage() throws Exception {
    var server = servers.start(Servers.fast());
    var streamed = servers.post(server, "/v1/chat/completions", "{" + HELLO + ",\"stream\":true}");
    assertThat(streamed.body()).doesNotContain("usage");
  }

  @Test
  void chat_continuousUsage_countsUpOnEveryFrame() throws Exception {
    var server = servers.start(Servers.fast());
    var streamed =
        servers.post(
            server,
            "/v1/chat/completions",
            "{"
                + HELLO
                + ",\"max_tokens\":5,\"ignore_eos\":true,\"stream\":true,\"stream_options\":{\"include_usage\":true,\"continuous_usage_stats\":true}}");
    assertThat(Servers.events(streamed.body()))
        .extracting(event -> event.getJsonObject("usage").getInteger("completion_tokens"))
        .containsExactly(0, 1, 2, 3, 4, 5, 5);
  }

  @Test
  void chat_sameSeed_givesTheSameAnswerOnAnotherServer() throws Exception {
    var one = servers.chat(servers.start(Servers.fast()), HELLO);
    var same = servers.chat(servers.start(Servers.fast()), HELLO);
    var other = servers.chat(servers.start(Servers.fast().withSeed(2)), HELLO);
    assertThat(same.getJsonArray("choices")).isEqualTo(one.getJsonArray("choices"));
    assertThat(other.getJsonArray("choices")).isNotEqualTo(one.getJsonArray("choices"));
  }

  @Test
  void chat_manyChoices_differAndAreAllCounted() throws Exception {
    var server = servers.start(Servers.fast());
    var answer = servers.chat(server, HELLO + ",\"n\":3,\"max_tokens\":20,\"ignore_eos\":true");
    assertThat(answer.getJsonArray("choices")).hasSize(3).doesNotHaveDuplicates();
    assertThat(answer.getJsonObject("usage").getInteger("completion_tokens")).isEqualTo(60);
  }

  @Test
  void chat_logprobs_coverTheWholeText() throws Exception {
    var server = servers.start(Servers.fast());
    var choice =
        servers
            .chat(server, HELLO + ",\"logprobs\":true,\"top_logprobs\":2")
            .getJsonArray("choices")
            .getJsonObject(0);
    var tokens = choice.getJsonObject("logprobs").getJsonArray("content");
    assertThat(
            String.join(
                "", tokens.stream().map(token -> ((JsonObject) token).getString("token")).toList()))
        .isEqualTo(choice.getJsonObject("message").getString("content"));
    assertThat(tokens.getJsonObject(0).getJsonArray("top_logprobs")).hasSize(2);
  }

  @Test
  void chat_stopString_endsBeforeIt() throws Exception {
    var server = servers.start(Servers.fast());
    var choice =
        servers.chat(server, HELLO + ",\"stop\":[\"e\"]").getJsonArray("choices").getJsonObject(0);
    assertThat(choice.getJsonObject("message").getString("content")).doesNotContain("e");
    assertThat(choice.getString("finish_reason")).isEqualTo("stop");
    assertThat(choice.getString("stop_reason")).isEqualTo("e");
  }

  @Test
  void chat_toolRequired_callsItWithFittingArguments() throws Exception {
    var server = servers.start(Servers.fast());
    var choice =
        servers
            .chat(server, HELLO + "," + TOOLS + ",\"tool_choice\":\"required\"")
            .getJsonArray("choices")
            .getJsonObject(0);
    var call = choice.getJsonObject("message").getJsonArray("tool_calls").getJsonObject(0);
    var arguments = new JsonObject(call.getJsonObject("function").getString("arguments"));
    assertThat(choice.getString("finish_reason")).isEqualTo("tool_calls");
    assertThat(call.getJsonObject("function").getString("name")).isEqualTo("get_weather");
    assertThat(arguments.getInteger("days")).isBetween(1, 7);
    assertThat(arguments.getString("unit")).isIn("C", "F");
  }

  @Test
  void chat_toolStreamed_argumentsComeInPieces() throws Exception {
    var server = servers.start(Servers.fast());
    var streamed =
        servers.post(
            server,
            "/v1/chat/completions",
            "{"
                + HELLO
                + ","
                + TOOLS
                + ",\"stream\":true,\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"get_weather\"}}}");
    var arguments = new StringBuilder();
    for (var event : Servers.events(streamed.body())) {
      var delta = event.getJsonArray("choices").getJsonObject(0).getJsonObject("delta");
      for (Object call : delta.getJsonArray("tool_calls", new JsonArray())) {
        arguments.append(((JsonObject) call).getJsonObject("function").getString("arguments"));
      }
    }
    assertThat(new JsonObject(arguments.toString()).fieldNames())
        .containsExactly("city", "days", "unit");
  }

  @Test
  void chat_jsonSchema_isFollowed() throws Exception {
    var server = servers.start(Servers.fast());
    var answer =
        servers.chat(
            server,
            HELLO
                + ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":{\"type\":\"object\",\"properties\":{\"names\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"minItems\":2}}}}}");
    var content =
        new JsonObject(
            answer
                .getJsonArray("choices")
                .getJsonObject(0)
                .getJsonObject("message")
                .getString("content"));
    assertThat(content.getJsonArray("names")).hasSizeGreaterThanOrEqualTo(2);
  }

  @Test
  void completions_listOfPrompts_hasOneChoiceEach() throws Exception {
    var server = servers.start(Servers.fast());
    var response =
        servers.post(
            server,
            "/v1/completions",
            "{\"prompt\":[\"One\",\"Two\"],\"max_tokens\":7,\"ignore_eos\":true,\"logprobs\":1}");
    var answer = new JsonObject(response.body());
    assertThat(answer.getString("object")).isEqualTo("text_completion");
    assertThat(answer.getJsonArray("choices")).hasSize(2);
    assertThat(
            answer
                .getJsonArray("choices")
                .getJsonObject(1)
                .getJsonObject("logprobs")
                .getJsonArray("tokens"))
        .hasSize(7);
    assertThat(answer.getJsonObject("usage").getInteger("completion_tokens")).isEqualTo(14);
  }

  @Test
  void embeddings_base64AndFloats_areTheSameUnitVector() throws Exception {
    var server = servers.start(Servers.fast());
    var floats =
        new JsonObject(
            servers.post(server, "/v1/embeddings", "{\"input\":[\"some text\"]}").body());
    var packed =
        new JsonObject(
            servers
                .post(
                    server,
                    "/v1/embeddings",
                    "{\"input\":\"some text\",\"encoding_format\":\"base64\"}")
                .body());
    var vector = floats.getJsonArray("data").getJsonObject(0).getJsonArray("embedding");
    var bytes =
        ByteBuffer.wrap(
            Base64.getDecoder()
                .decode(packed.getJsonArray("data").getJsonObject(0).getString("embedding")));
    var unpacked = bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    double squares = 0;
    for (int i = 0; i < vector.size(); i++) {
      assertThat(vector.getFloat(i)).isEqualTo(unpacked.get(i));
      squares += vector.getDouble(i) * vector.getDouble(i);
    }
    assertThat(vector).hasSize(1024);
    assertThat(squares).isBetween(0.999, 1.001);
    assertThat(floats.getJsonObject("usage").getInteger("prompt_tokens"))
        .isEqualTo(Tokenizer.count("some text"));
  }

  @Test
  void models_servedNames_areListedAndFound() throws Exception {
    var server = servers.start(Servers.fast().withModel("org/name", "alias"));
    var models = new JsonObject(servers.get(server, "/v1/models").body()).getJsonArray("data");
    assertThat(models)
        .extracting(model -> ((JsonObject) model).getString("id"))
        .containsExactly("org/name", "alias");
    assertThat(models.getJsonObject(0).getString("owned_by")).isEqualTo("vllm");
    assertThat(servers.get(server, "/v1/models/org%2Fname").statusCode()).isEqualTo(200);
    assertThat(servers.get(server, "/v1/models/org/name").statusCode()).isEqualTo(200);
    assertThat(servers.get(server, "/v1/models/other").statusCode()).isEqualTo(404);
  }

  @Test
  void tokenize_andBack_isTheSameText() throws Exception {
    var server = servers.start(Servers.fast());
    String text = "Straße, 12345 Wörter:\n\n\tif (a == b) { 日本語 🚰 }   end";
    var tokens =
        new JsonObject(
            servers
                .post(server, "/tokenize", new JsonObject().put("prompt", text).encode())
                .body());
    var back =
        servers.post(
            server,
            "/detokenize",
            new JsonObject().put("tokens", tokens.getJsonArray("tokens")).encode());
    assertThat(tokens.getInteger("count")).isEqualTo(tokens.getJsonArray("tokens").size());
    assertThat(new JsonObject(back.body()).getString("prompt")).isEqualTo(text);
  }

  @Test
  void metrics_afterAnAnswer_countItsTokens() throws Exception {
    var server = servers.start(Servers.fast());
    servers.chat(server, HELLO + ",\"max_tokens\":11,\"ignore_eos\":true");
    String labels = "{engine=\"0\",model_name=\"llama-2-7b\"}";
    assertThat(servers.get(server, "/metrics").body())
        .contains("vllm:generation_tokens_total" + labels + " 11.0")
        .contains("vllm:num_requests_running" + labels + " 0.0")
        .contains("vllm:time_to_first_token_seconds_count" + labels + " 1.0")
        .contains("vllm:inter_token_latency_seconds_count" + labels + " 10.0")
        .contains("finished_reason=\"length\"} 1.0");
  }

  @Test
  void health_versionAndLoad_answer() throws Exception {
    var server = servers.start(Servers.fast());
    assertThat(servers.get(server, "/health").statusCode()).isEqualTo(200);
    assertThat(new JsonObject(servers.get(server, "/version").body()).getString("version"))
        .isNotEmpty();
    assertThat(new JsonObject(servers.get(server, "/load").body()).getInteger("server_load"))
        .isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"model\":\"other\"} | 404 |"
            + " NotFoundError",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":9999} | 400 |"
            + " BadRequestError",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":0} | 400 |"
            + " BadRequestError",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"priority\":1} | 400 |"
            + " BadRequestError",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream_options\":{}} | 400 |"
            + " BadRequestError",
        "{\"messages\":[{\"role\":\"user\",\"content\":7}]} | 400 | Bad Request",
        "{\"messages\":\"x\"} | 400 | Bad Request",
        "{} | 400 | Bad Request",
        "{\"mess | 400 | Bad Request",
        "[] | 400 | Bad Request",
      })
  void chat_badRequest_isRefusedInVllmsShape(String body, int status, String type)
      throws Exception {
    var server = servers.start(Servers.fast());
    var response = servers.post(server, "/v1/chat/completions", body);
    var error = new JsonObject(response.body()).getJsonObject("error");
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(error.getString("type")).isEqualTo(type);
    assertThat(error.getInteger("code")).isEqualTo(status);
    assertThat(error.fieldNames()).containsExactly("message", "type", "param", "code");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "{\"messages\":[null]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":[7]}]}",
        "{\"messages\":[{\"role\":\"user\"}],\"n\":1000000000}",
        "{\"messages\":[{\"role\":\"user\"}],\"n\":0}",
        "{\"messages\":[{\"role\":\"user\"}],\"tools\":[{}]}",
        "{\"messages\":[{\"role\":\"user\"}],\"tools\":7}",
        "{\"messages\":[{\"role\":\"user\"}],\"tool_choice\":\"required\"}",
        "{\"messages\":[{\"role\":\"user\"}],\"stop\":7}",
        "{\"messages\":[{\"role\":\"user\"}],\"response_format\":{}}",
        "{\"messages\":[{\"role\":\"user\"}],\"temperature\":\"hot\"}",
        "{\"messages\":[{\"role\":\"user\"}],\"max_tokens\":1e3}",
        "{\"messages\":[{\"role\":\"user\"}],\"stream_options\":7}",
        "{\"messages\":[],\"prompt\":[],\"input\":[]}",
        "{\"messages\":[],\"prompt\":[null],\"input\":[null]}",
        "{\"messages\":[],\"prompt\":[[\"a\"]],\"input\":[[\"a\"]]}",
        "{\"messages\":[],\"prompt\":{},\"input\":{}}",
      })
  void anyEndpoint_strangeBody_isABadRequest(String body) throws Exception {
    var server = servers.start(Servers.fast());
    for (String path : List.of("/v1/chat/completions", "/v1/completions", "/v1/embeddings")) {
      assertThat(servers.post(server, path, body).statusCode()).as(path).isEqualTo(400);
    }
    assertThat(server.stats().running() + server.stats().waiting()).isZero();
  }

  @Test
  void promptOverContext_isRefusedWithItsCount() throws Exception {
    var server = servers.start(Servers.fast().withMaxModelTokens(50));
    var response =
        servers.post(
            server, "/v1/completions", new JsonObject().put("prompt", "word ".repeat(60)).encode());
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body())
        .contains("maximum context length is 50 tokens")
        .contains("your request has 61 input tokens");
  }

  @Test
  void apiKey_wrongOrAbsent_isRefused() throws Exception {
    var server = servers.start(Servers.fast().withApiKey("secret"));
    assertThat(servers.post(server, "/v1/completions", "{\"prompt\":\"x\"}").statusCode())
        .isEqualTo(401);
    assertThat(
            servers
                .post(
                    server,
                    "/v1/completions",
                    "{\"prompt\":\"x\"}",
                    "authorization",
                    "Bearer secret")
                .statusCode())
        .isEqualTo(200);
    assertThat(servers.get(server, "/health").statusCode()).isEqualTo(200);
  }

  @Test
  void unknownRouteAndMethod_areRefused() throws Exception {
    var server = servers.start(Servers.fast());
    assertThat(servers.get(server, "/v1/other").statusCode()).isEqualTo(404);
    assertThat(servers.get(server, "/v1/chat/completions").statusCode()).isEqualTo(405);
  }

  @Test
  void recorded_keepsTheLastRequestsAsSent() throws Exception {
    var server = servers.start(Servers.fast().withRecordedRequests(2));
    servers.get(server, "/health");
    servers.get(server, "/version");
    servers.post(server, "/v1/completions", "{\"prompt\":\"x\"}", "X-Canary", "seen");
    var recorded = server.recorded();
    assertThat(recorded)
        .extracting(Recorded::target)
        .containsExactly("/version", "/v1/completions");
    assertThat(recorded.getLast().header("x-canary")).isEqualTo("seen");
    assertThat(recorded.getLast().body().toString()).isEqualTo("{\"prompt\":\"x\"}");
  }

  /**
   * Over a socket nothing comes before the model says it can: the first token after the prompt, the
   * last after every step.
   */
  @Test
  void chat_atTrueSpeed_takesAtLeastWhatTheModelSays() throws Exception {
    var options = ModelServer.Options.defaults();
    var server = servers.start(options);
    var clock = Replica.of(options).clock();
    long from = System.nanoTime();
    var answer = servers.chat(server, HELLO + ",\"max_tokens\":40,\"ignore_eos\":true");
    double seconds = (System.nanoTime() - from) / 1e9;
    int prompt = answer.getJsonObject("usage").getInteger("prompt_tokens");
    double predicted =
        clock.seconds(StepBatch.prefill(prompt))
            + 39 * clock.seconds(StepBatch.decode(1, prompt + 1));
    assertThat(predicted).isBetween(0.2, 2.0);
    assertThat(seconds).isGreaterThanOrEqualTo(predicted);
  }

  @Test
  void start_unknownHardware_saysWhichIsNearest() {
    var options = Servers.fast().withHardware(ModelServer.Hardware.on("llama-2-7b", "a100-81"));
    assertThatThrownBy(() -> servers.start(options))
        .hasMessageContaining("no gpu is called a100-81");
  }

  @Test
  void start_modelThatDoesNotFit_saysWhy() {
    var options = Servers.fast().withHardware(ModelServer.Hardware.on("llama-2-13b", "t4"));
    assertThatThrownBy(() -> servers.start(options)).hasMessageContaining("needs");
  }
}
