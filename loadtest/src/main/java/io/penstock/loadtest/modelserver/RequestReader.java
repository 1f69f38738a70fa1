package io.penstock.loadtest.modelserver;

import io.penstock.loadtest.modelserver.GenerationRequest.Format;
import io.penstock.loadtest.modelserver.GenerationRequest.Prompt;
import io.penstock.loadtest.modelserver.GenerationRequest.Stream;
import io.penstock.loadtest.modelserver.GenerationRequest.Tools;
import io.penstock.loadtest.text.Tokenizer;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads the bodies of the generating endpoints and says no in vLLM's words. */
final class RequestReader {
  private static final int TOKENS_BEFORE_MESSAGE = 3;
  private static final int TOKENS_AFTER_MESSAGE = 1;
  private static final int TOKENS_PER_ATTACHMENT = 256;
  private static final int COMPLETION_DEFAULT_TOKENS = 16;
  private static final int MAX_CHOICES = 16_384;

  private final ModelServer.Options options;
  private final int maxModelTokens;

  RequestReader(ModelServer.Options options, int maxModelTokens) {
    this.options = options;
    this.maxModelTokens = maxModelTokens;
  }

  GenerationRequest chat(Buffer body) {
    var fields = Fields.of(body);
    var prompt = chatPrompt(fields);
    String model = model(fields);
    int maxTokens = fields.atLeast("max_completion_tokens", 1, fields.atLeast("max_tokens", 1, 0));
    boolean logprobs = fields.flag("logprobs", false);
    int top = fields.atLeast("top_logprobs", 0, 0);
    if (top > 0 && !logprobs) {
      throw ApiError.badRequest(
              "when using `top_logprobs`, `logprobs` must be set to true.", "top_logprobs")
          .thrown();
    }
    return read(fields, true, model, List.of(prompt), maxTokens, logprobs ? top : -1);
  }

  GenerationRequest completion(Buffer body) {
    var fields = Fields.of(body);
    var prompts = prompts(fields.required("prompt"), "prompt");
    String model = model(fields);
    int maxTokens = fields.atLeast("max_tokens", 1, COMPLETION_DEFAULT_TOKENS);
    return read(fields, false, model, prompts, maxTokens, fields.atLeast("logprobs", 0, -1));
  }

  private GenerationRequest read(
      Fields fields,
      boolean chat,
      String model,
      List<Prompt> prompts,
      int maxTokens,
      int logprobs) {
    fields.checkRange("temperature", 0, Double.MAX_VALUE);
    fields.checkRange("top_p", Double.MIN_VALUE, 1);
    fields.checkRange("presence_penalty", -2, 2);
    fields.checkRange("frequency_penalty", -2, 2);
    prompts.forEach(prompt -> checkContext(prompt, maxTokens));
    return new GenerationRequest(
        chat,
        model,
        prompts,
        stream(fields),
        choices(fields),
        maxTokens,
        fields.atLeast("min_tokens", 0, 0),
        fields.flag("ignore_eos", false),
        fields.strings("stop").stream().filter(stop -> !stop.isEmpty()).toList(),
        logprobs,
        priority(fields),
        fields.whole("seed", 0),
        tools(fields),
        format(fields));
  }

  /** The name under which the server answers. */
  String model(Fields fields) {
    String asked = fields.string("model");
    if (asked == null
        || asked.isEmpty()
        || options.serves(asked)
        || options.quirks().contains(Quirk.ANY_MODEL_ACCEPTED)) {
      return options.model();
    }
    throw ApiError.noModel(asked).thrown();
  }

  private void checkContext(Prompt prompt, int maxTokens) {
    if (prompt.tokens() >= maxModelTokens) {
      throw ApiError.badRequest(
              "This model's maximum context length is %d tokens. However, your request has %d input tokens. Please reduce the length of the input messages."
                  .formatted(maxModelTokens, prompt.tokens()),
              "input_tokens")
          .thrown();
    }
    if (prompt.tokens() + (long) maxTokens > maxModelTokens) {
      throw ApiError.badRequest(
              "'max_tokens' or 'max_completion_tokens' is too large: %d. This model's maximum context length is %d tokens and your request has %d input tokens (%d > %d - %d)."
                  .formatted(
                      maxTokens,
                      maxModelTokens,
                      prompt.tokens(),
                      maxTokens,
                      maxModelTokens,
                      prompt.tokens()),
              "max_tokens")
          .thrown();
    }
  }

  private static Stream stream(Fields fields) {
    boolean wanted = fields.flag("stream", false);
    var streamOptions = fields.object("stream_options");
    if (streamOptions == null) {
      return new Stream(wanted, false, false);
    }
    if (!wanted) {
      throw ApiError.badRequest(
              "Stream options can only be defined when `stream=True`.", "stream_options")
          .thrown();
    }
    boolean usage = Boolean.TRUE.equals(streamOptions.getValue("include_usage"));
    return new Stream(
        true,
        usage,
        usage && Boolean.TRUE.equals(streamOptions.getValue("continuous_usage_stats")));
  }

  private static int choices(Fields fields) {
    int n = fields.atLeast("n", 1, 1);
    if (n > MAX_CHOICES) {
      throw ApiError.badRequest("n must be at most " + MAX_CHOICES + ", got " + n + ".", "n")
          .thrown();
    }
    return n;
  }

  private int priority(Fields fields) {
    int priority = (int) fields.whole("priority", 0);
    if (priority != 0 && !options.batch().priorities()) {
      throw ApiError.badRequest(
              "Got priority " + priority + " but Priority scheduling is not enabled.", "priority")
          .thrown();
    }
    return priority;
  }

  private static Tools tools(Fields fields) {
    List<JsonObject> offered = new ArrayList<>();
    for (var tool : fields.objects("tools")) {
      if (!(tool.getValue("function") instanceof JsonObject function)
          || !(function.getValue("name") instanceof String)) {
        throw ApiError.invalid("missing", "tools", "Field required").thrown();
      }
      offered.add(function);
    }
    boolean answered =
        fields.value("messages") instanceof JsonArray messages
            && !messages.isEmpty()
            && messages.getValue(messages.size() - 1) instanceof JsonObject last
            && "tool".equals(last.getValue("role"));
    return new Tools(
        offered, toolChoice(fields, offered), fields.flag("parallel_tool_calls", true), answered);
  }

  private static String toolChoice(Fields fields, List<JsonObject> offered) {
    String choice =
        switch (fields.value("tool_choice")) {
          case null -> offered.isEmpty() ? "none" : "auto";
          case String word -> word;
          case JsonObject named when named.getValue("function") instanceof JsonObject function ->
              String.valueOf(function.getValue("name"));
          default ->
              throw ApiError.invalid(
                      "literal_error", "tool_choice", "Input should be a valid choice")
                  .thrown();
        };
    if (!choice.equals("none") && offered.isEmpty()) {
      throw ApiError.badRequest("When using `tool_choice`, `tools` must be set.", "tool_choice")
          .thrown();
    }
    boolean known =
        List.of("none", "auto", "required").contains(choice)
            || offered.stream().anyMatch(function -> choice.equals(function.getValue("name")));
    if (!known) {
      throw ApiError.badRequest(
              "The tool specified in `tool_choice` does not match any of the specified `tools`",
              "tool_choice")
          .thrown();
    }
    return choice;
  }

  private static Format format(Fields fields) {
    var format = fields.object("response_format");
    if (format == null || "text".equals(format.getValue("type"))) {
      return new Format(false, null);
    }
    if ("json_object".equals(format.getValue("type"))) {
      return new Format(true, null);
    }
    if ("json_schema".equals(format.getValue("type"))
        && format.getValue("json_schema") instanceof JsonObject named
        && named.getValue("schema") instanceof JsonObject schema) {
      return new Format(true, schema);
    }
    throw ApiError.invalid(
            "literal_error", "response_format", "Input should be text, json_object or json_schema")
        .thrown();
  }

  Prompt chatPrompt(Fields fields) {
    if (!(fields.required("messages") instanceof JsonArray messages)) {
      throw ApiError.invalid("list_type", "messages", "Input should be a valid list").thrown();
    }
    if (messages.isEmpty()) {
      throw ApiError.badRequest("messages must not be empty", "messages").thrown();
    }
    var text = new StringBuilder();
    var chain = new TokenChain();
    String tools =
        fields.value("tools") instanceof JsonArray array && !array.isEmpty() ? array.encode() : "";
    chain.add(tools);
    messages.forEach(message -> read(text, chain, message));
    chain.add("assistant", TOKENS_BEFORE_MESSAGE);
    return new Prompt(text.append(tools).toString(), chain);
  }

  /** Appends the message to the prompt. */
  private static void read(StringBuilder prompt, TokenChain chain, @Nullable Object element) {
    if (!(element instanceof JsonObject message)
        || !(message.getValue("role") instanceof String role)) {
      throw ApiError.invalid("missing", "messages", "Field required").thrown();
    }
    int from = prompt.append("<|").append(role).append("|>\n").length();
    chain.add(role, TOKENS_BEFORE_MESSAGE);
    int attachments = 0;
    switch (message.getValue("content")) {
      case null -> {}
      case String text -> prompt.append(text);
      case JsonArray parts -> attachments = parts(prompt, parts);
      default ->
          throw ApiError.invalid("string_type", "messages", "Input should be a valid string")
              .thrown();
    }
    if (message.getValue("tool_calls") instanceof JsonArray calls) {
      prompt.append(calls.encode());
    }
    chain.add(prompt.substring(from));
    chain.add("attachment", attachments * TOKENS_PER_ATTACHMENT);
    chain.add("end", TOKENS_AFTER_MESSAGE);
    prompt.append('\n');
  }

  private static int parts(StringBuilder prompt, JsonArray parts) {
    int attachments = 0;
    for (Object element : parts) {
      if (!(element instanceof JsonObject part)) {
        throw ApiError.invalid("dict_type", "messages", "Input should be a valid dictionary")
            .thrown();
      }
      if (part.getValue("text") instanceof String text) {
        prompt.append(text);
      } else {
        prompt.append(part.encode());
        attachments++;
      }
    }
    return attachments;
  }

  /** Text, a list of texts, token numbers, or a list of lists of token numbers. */
  static List<Prompt> prompts(Object value, String field) {
    return switch (value) {
      case String text -> List.of(ofText(text));
      case JsonArray array when array.isEmpty() ->
          throw ApiError.badRequest(field + " must not be empty", field).thrown();
      case JsonArray array when array.getValue(0) instanceof Number -> List.of(ofIds(array, field));
      case JsonArray array -> array.stream().map(element -> one(element, field)).toList();
      default ->
          throw ApiError.invalid("string_type", field, "Input should be a valid string").thrown();
    };
  }

  private static Prompt one(@Nullable Object element, String field) {
    return switch (element) {
      case String text -> ofText(text);
      case JsonArray ids -> ofIds(ids, field);
      case null, default ->
          throw ApiError.invalid("string_type", field, "Input should be a valid string").thrown();
    };
  }

  private static Prompt ofText(String text) {
    return new Prompt(text, new TokenChain().add(text));
  }

  private static Prompt ofIds(JsonArray array, String field) {
    int[] ids = ids(array, field);
    return new Prompt(Tokenizer.text(ids), new TokenChain().add(ids));
  }

  static int[] ids(JsonArray array, String field) {
    if (!array.stream().allMatch(Integer.class::isInstance)) {
      throw ApiError.invalid("int_type", field, "Input should be a valid integer").thrown();
    }
    return array.stream().map(Objects::requireNonNull).mapToInt(id -> (Integer) id).toArray();
  }
}
