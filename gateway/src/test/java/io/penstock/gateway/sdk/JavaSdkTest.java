package io.penstock.gateway.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.PermissionDeniedException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.ResponseFormatJsonObject;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionNamedToolChoice;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import io.penstock.gateway.testing.TestBed;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The official OpenAI SDK for Java against the gateway, over real sockets. */
class JavaSdkTest {
  private static TestBed bed;
  private static OpenAIClient client;

  @BeforeAll
  static void start() throws Exception {
    bed = TestBed.start();
    client = client(TestBed.ENTERPRISE);
  }

  @AfterAll
  static void stop() throws Exception {
    client.close();
    bed.close();
  }

  private static OpenAIClient client(String key) {
    return OpenAIOkHttpClient.builder()
        .apiKey(key)
        .baseUrl(bed.url() + "/v1")
        .maxRetries(0)
        .build();
  }

  private static ChatCompletionCreateParams.Builder ask() {
    return ChatCompletionCreateParams.builder()
        .model("auto")
        .addUserMessage("Say something about rivers.")
        .maxCompletionTokens(16);
  }

  @Test
  void chat_whole_answersWithUsage() {
    var answer = client.chat().completions().create(ask().build());
    assertThat(answer.choices()).hasSize(1);
    assertThat(answer.choices().getFirst().message().content().orElse("")).isNotBlank();
    var usage = answer.usage().orElseThrow();
    assertThat(usage.completionTokens()).isBetween(1L, 16L);
    assertThat(usage.totalTokens()).isEqualTo(usage.promptTokens() + usage.completionTokens());
  }

  @Test
  void chat_stream_hidesUsageNobodyAskedFor() {
    List<ChatCompletionChunk> chunks = chunks(ask().build());
    assertThat(chunks).hasSizeGreaterThan(2);
    assertThat(chunks).allSatisfy(chunk -> assertThat(chunk.usage()).isEmpty());
    assertThat(chunks).allSatisfy(chunk -> assertThat(chunk.choices()).isNotEmpty());
    assertThat(text(chunks)).isNotBlank();
    assertThat(chunks.getLast().choices().getFirst().finishReason()).isPresent();
  }

  @Test
  void chat_streamWithUsage_showsItOnce() {
    var options = ChatCompletionStreamOptions.builder().includeUsage(true).build();
    List<ChatCompletionChunk> chunks = chunks(ask().streamOptions(options).build());
    var usages = chunks.stream().flatMap(chunk -> chunk.usage().stream()).toList();
    assertThat(usages).hasSize(1);
    assertThat(usages.getFirst().completionTokens()).isBetween(1L, 16L);
  }

  @Test
  void chat_toolsAndChoice_callsTheTool() {
    var parameters =
        FunctionParameters.builder()
            .putAdditionalProperty("type", JsonValue.from("object"))
            .putAdditionalProperty(
                "properties", JsonValue.from(Map.of("city", Map.of("type", "string"))))
            .build();
    var tool =
        ChatCompletionFunctionTool.builder()
            .function(
                FunctionDefinition.builder().name("get_weather").parameters(parameters).build())
            .build();
    var choice =
        ChatCompletionNamedToolChoice.builder()
            .function(ChatCompletionNamedToolChoice.Function.builder().name("get_weather").build())
            .build();
    var answer =
        client
            .chat()
            .completions()
            .create(ask().addTool(tool).toolChoice(choice).maxCompletionTokens(64).build());
    var calls = answer.choices().getFirst().message().toolCalls().orElseThrow();
    assertThat(calls.getFirst().asFunction().function().name()).isEqualTo("get_weather");
    assertThat(calls.getFirst().asFunction().function().arguments()).startsWith("{").endsWith("}");
  }

  @Test
  void chat_nAndLogprobs_comeThrough() {
    var answer =
        client.chat().completions().create(ask().n(2).logprobs(true).topLogprobs(2).build());
    assertThat(answer.choices()).hasSize(2);
    var logprobs = answer.choices().getFirst().logprobs().orElseThrow().content().orElseThrow();
    assertThat(logprobs).isNotEmpty();
    assertThat(logprobs.getFirst().logprob()).isLessThanOrEqualTo(0);
  }

  @Test
  void chat_responseFormat_givesJson() {
    var answer =
        client
            .chat()
            .completions()
            .create(
                ask()
                    .responseFormat(ResponseFormatJsonObject.builder().build())
                    .maxCompletionTokens(200)
                    .build());
    assertThat(answer.choices().getFirst().message().content().orElse("")).startsWith("{");
  }

  @Test
  void completions_wholeAndStream_answer() {
    var params =
        CompletionCreateParams.builder().model("auto").prompt("Once upon a time").maxTokens(8);
    assertThat(client.completions().create(params.build()).choices().getFirst().text())
        .isNotBlank();
    try (var stream = client.completions().createStreaming(params.build())) {
      assertThat(stream.stream().toList()).isNotEmpty();
    }
  }

  @Test
  void embeddings_ofTwo_areTwo() {
    var answer =
        client
            .embeddings()
            .create(
                EmbeddingCreateParams.builder()
                    .model("auto")
                    .inputOfArrayOfStrings(List.of("one", "two"))
                    .build());
    assertThat(answer.data()).hasSize(2);
    assertThat(answer.data().getFirst().embedding()).hasSizeGreaterThan(8);
  }

  @Test
  void models_listed_canBeRetrieved() {
    List<Model> models = client.models().list().data();
    assertThat(models).isNotEmpty();
    for (var model : models) {
      assertThat(client.models().retrieve(model.id()).id()).isEqualTo(model.id());
    }
  }

  @Test
  void errors_ofEachKind_areTheSdksOwnClasses() {
    refused(client("sk-wrong"), ask(), UnauthorizedException.class, "invalid_api_key");
    refused(client, ask().model("no-such-model"), NotFoundException.class, "model_not_found");
    refused(
        client(TestBed.FREE),
        ask().model(TestBed.LARGE),
        PermissionDeniedException.class,
        "model_not_allowed");
    refused(
        client,
        ask().maxCompletionTokens(10_000_000),
        BadRequestException.class,
        "context_length_exceeded");
    refused(client, ask().messages(List.of()), BadRequestException.class, "empty_array");
    var tight = client(TestBed.TIGHT);
    tight.chat().completions().create(ask().build());
    refused(tight, ask(), RateLimitException.class, "rate_limit_exceeded");
    refused(client, ask().model(TestBed.DEAD), InternalServerException.class, null);
  }

  private static void refused(
      OpenAIClient by,
      ChatCompletionCreateParams.Builder ask,
      Class<? extends OpenAIServiceException> type,
      String code) {
    var error = catchThrowableOfType(type, () -> by.chat().completions().create(ask.build()));
    assertThat(error).as(type.getSimpleName()).isNotNull();
    assertThat(error.headers().values("x-request-id")).isNotEmpty();
    if (code != null) {
      assertThat(error.code()).contains(code);
    }
  }

  @Test
  void abort_inMidStream_isSeenByTheModelServer() {
    long before = bed.aborted();
    try (var stream =
        client.chat().completions().createStreaming(ask().maxCompletionTokens(2000).build())) {
      assertThat(stream.stream().limit(3)).hasSize(3);
    }
    TestBed.await(() -> bed.aborted() == before + 1);
    TestBed.await(() -> bed.running() == 0);
  }

  private static List<ChatCompletionChunk> chunks(ChatCompletionCreateParams params) {
    try (var stream = client.chat().completions().createStreaming(params)) {
      return stream.stream().toList();
    }
  }

  private static String text(List<ChatCompletionChunk> chunks) {
    var text = new StringBuilder();
    for (var chunk : chunks) {
      chunk.choices().getFirst().delta().content().ifPresent(text::append);
    }
    return text.toString();
  }
}
