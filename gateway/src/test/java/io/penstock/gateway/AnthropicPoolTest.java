package io.penstock.gateway;

import static io.penstock.gateway.TestGateway.pool;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The official OpenAI SDK against a pool of Anthropic's, over real sockets. */
final class AnthropicPoolTest {
  private RawServer provider;
  private TestGateway gateway;
  private OpenAIClient client;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    Path key = Files.writeString(directory.resolve("key"), AnthropicServer.KEY);
    provider = RawServer.start(new AnthropicServer());
    gateway =
        TestGateway.start(
            pool(
                "p",
                "provider: anthropic, served-model: claude-x, key: 'file:"
                    + key
                    + "', supports: {vision: true}, price: {input: 3, cached-input: 0.3, output:"
                    + " 15}",
                provider.url()));
    client =
        OpenAIOkHttpClient.builder()
            .apiKey(TestGateway.KEY)
            .baseUrl("http://127.0.0.1:" + gateway.port() + "/v1")
            .maxRetries(0)
            .build();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    gateway.close();
    provider.close();
  }

  private static ChatCompletionCreateParams.Builder ask(String text) {
    return ChatCompletionCreateParams.builder()
        .model("auto")
        .addSystemMessage("Be brief.")
        .addUserMessage(text)
        .maxCompletionTokens(16);
  }

  private static ChatCompletionFunctionTool weather() {
    return ChatCompletionFunctionTool.builder()
        .function(
            FunctionDefinition.builder()
                .name("weather")
                .parameters(
                    FunctionParameters.builder()
                        .putAdditionalProperty("type", JsonValue.from("object"))
                        .putAdditionalProperty(
                            "properties", JsonValue.from(Map.of("city", Map.of("type", "string"))))
                        .build())
                .build())
        .build();
  }

  private List<ChatCompletionChunk> chunks(ChatCompletionCreateParams asked) {
    try (var stream = client.chat().completions().createStreaming(asked)) {
      return stream.stream().toList();
    }
  }

  private static String text(List<ChatCompletionChunk> chunks) {
    return chunks.stream()
        .flatMap(chunk -> chunk.choices().stream())
        .flatMap(choice -> choice.delta().content().stream())
        .collect(Collectors.joining());
  }

  @Test
  void chat_whole_isTranslatedBothWays() {
    ChatCompletion answer = client.chat().completions().create(ask("Hi").temperature(0.5).build());

    assertThat(answer.id()).isEqualTo("msg_1");
    assertThat(answer.model()).isEqualTo("claude-x-1");
    assertThat(answer.choices().getFirst().message().content()).contains("So be it");
    assertThat(answer.choices().getFirst().finishReason())
        .isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
    var usage = answer.usage().orElseThrow();
    assertThat(usage.promptTokens()).isEqualTo(18);
    assertThat(usage.completionTokens()).isEqualTo(7);
    assertThat(usage.promptTokensDetails().orElseThrow().cachedTokens()).contains(5L);
    JsonObject sent = new JsonObject(provider.bodies().getFirst());
    assertThat(sent.getString("model")).isEqualTo("claude-x");
    assertThat(sent.getString("system")).isEqualTo("Be brief.");
    assertThat(sent.getInteger("max_tokens")).isEqualTo(16);
  }

  @Test
  void chat_toolsThereAndBack_keepTheirIds() {
    ChatCompletion first =
        client.chat().completions().create(ask("Weather?").addTool(weather()).build());

    ChatCompletionMessage message = first.choices().getFirst().message();
    assertThat(first.choices().getFirst().finishReason())
        .isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
    var call = message.toolCalls().orElseThrow().getFirst().asFunction();
    assertThat(call.id()).isEqualTo("toolu_1");
    assertThat(new JsonObject(call.function().arguments()).getString("city")).isEqualTo("Rome");

    ChatCompletion second =
        client
            .chat()
            .completions()
            .create(
                ask("Weather?")
                    .addTool(weather())
                    .addMessage(message)
                    .addMessage(
                        ChatCompletionToolMessageParam.builder()
                            .toolCallId(call.id())
                            .content("sunny")
                            .build())
                    .build());

    assertThat(second.choices().getFirst().message().content()).contains("So be it");
    JsonObject sent = new JsonObject(provider.bodies().getLast());
    JsonObject result =
        sent.getJsonArray("messages").getJsonObject(2).getJsonArray("content").getJsonObject(0);
    assertThat(result.getString("type")).isEqualTo("tool_result");
    assertThat(result.getString("tool_use_id")).isEqualTo("toolu_1");
  }

  @Test
  void chat_stream_isChunks_andTheUsageOnlyWhereAsked() {
    List<ChatCompletionChunk> chunks = chunks(ask("Hi").build());

    assertThat(text(chunks)).isEqualTo("So be ét");
    assertThat(chunks).allSatisfy(chunk -> assertThat(chunk.usage()).isEmpty());
    assertThat(chunks.getLast().choices().getFirst().finishReason())
        .contains(ChatCompletionChunk.Choice.FinishReason.LENGTH);

    List<ChatCompletionChunk> more =
        chunks(
            ask("Hi")
                .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build());
    var usage = more.getLast().usage().orElseThrow();
    assertThat(usage.promptTokens()).isEqualTo(18);
    assertThat(usage.completionTokens()).isEqualTo(7);
    assertThat(usage.promptTokensDetails().orElseThrow().cachedTokens()).contains(5L);
    gateway.requireNothingLost();
    assertThat(gateway.metric("penstock_tokens_total", "direction=\"completion\"")).isEqualTo(14);
  }

  @Test
  void chat_streamOfToolCalls_numbersThem_andNeverLeavesArgumentsEmpty() {
    List<ChatCompletionChunk> chunks = chunks(ask("Weather?").addTool(weather()).build());

    var deltas =
        chunks.stream()
            .flatMap(chunk -> chunk.choices().stream())
            .flatMap(choice -> choice.delta().toolCalls().stream())
            .flatMap(List::stream)
            .toList();
    for (int i = 0; i < 2; i++) {
      long index = i;
      String arguments =
          deltas.stream()
              .filter(delta -> delta.index() == index)
              .flatMap(delta -> delta.function().orElseThrow().arguments().stream())
              .collect(Collectors.joining());
      assertThat(arguments).isEqualTo(i == 0 ? "{\"city\": \"Rome\"}" : "{}");
    }
    assertThat(deltas.getFirst().id()).contains("toolu_1");
    assertThat(chunks.getLast().choices().getFirst().finishReason())
        .contains(ChatCompletionChunk.Choice.FinishReason.TOOL_CALLS);
  }

  @Test
  void errors_areInOpenAisForm() {
    BadRequestException told =
        catchThrowableOfType(
            BadRequestException.class,
            () -> client.chat().completions().create(ask("be too long").build()));
    assertThat(told.code()).contains("context_length_exceeded");
    assertThat(told.type()).contains("invalid_request_error");

    assertThat(gateway.chat(body("be overloaded")).statusCode()).isEqualTo(502);
  }

  @Test
  void aStreamThatFails_beforeItsContentIsAnError_afterItEndsWithOne() {
    String stream = ",\"stream\":true}";
    assertThat(gateway.chat(body("fail at once").replaceAll("}$", stream)).statusCode())
        .isEqualTo(502);

    HttpResponse<String> broken = gateway.chat(body("fail later").replaceAll("}$", stream));

    assertThat(broken.statusCode()).isEqualTo(200);
    assertThat(broken.body()).contains("\"content\":\"So\"", "Internal server error");
    assertThat(broken.body()).doesNotContain("[DONE]");
  }

  @Test
  void aProviderThatHasNothingLeft_isNotAskedAgain() {
    assertThat(gateway.chat(body("have nothing left")).statusCode()).isEqualTo(200);
    HttpResponse<String> second = gateway.chat(body("Hi"));
    assertThat(second.statusCode()).isEqualTo(503);
    assertThat(second.headers().firstValue("retry-after")).contains("300");
    assertThat(provider.heads()).hasSize(1);
  }

  @Test
  void whatTheProviderCannot_isNotSentThere() {
    assertThat(
            gateway.post("/v1/completions", "{\"model\":\"auto\",\"prompt\":\"Hi\"}").statusCode())
        .isGreaterThanOrEqualTo(400)
        .isLessThan(500);
    assertThat(gateway.chat(body("Hi").replaceAll("}$", ",\"n\":2}")).statusCode())
        .isGreaterThanOrEqualTo(400)
        .isLessThan(500);
    assertThat(provider.heads()).isEmpty();
  }

  private static String body(String text) {
    return "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}";
  }
}
