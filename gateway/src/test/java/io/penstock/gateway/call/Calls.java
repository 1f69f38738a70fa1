package io.penstock.gateway.call;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Calls for tests, as the accept stage would make them of a body with these messages. */
public final class Calls {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final List<ScannedBody.Text> texts = new ArrayList<>();
  private final List<ScannedBody.Field> fields = new ArrayList<>();
  private Operation operation = Operation.CHAT_COMPLETIONS;
  private Directives directives = Directives.NONE;
  private @Nullable String model;
  private int maxTokens = -1;
  private int choices = 1;
  private int tools;
  private int images;
  private int prompts = 1;
  private int tokenIds;
  private boolean jsonOutput;

  /** A chat of one user message. */
  public static Call chat(String prompt) {
    return new Calls().user(prompt).build();
  }

  public Calls user(String text) {
    return message(ScannedBody.Role.USER, text);
  }

  public Calls system(String text) {
    return message(ScannedBody.Role.SYSTEM, text);
  }

  public Calls assistant(String text) {
    return message(ScannedBody.Role.ASSISTANT, text);
  }

  private Calls message(ScannedBody.Role role, String text) {
    return raw(role, new String(JsonStringEncoder.getInstance().quoteAsString(text)));
  }

  /** A message as it stands between its quotes, escapes and all. */
  public Calls raw(ScannedBody.Role role, String escaped) {
    int message = texts.isEmpty() ? 0 : texts.getLast().message() + 1;
    texts.add(new ScannedBody.Text(role, message, append(escaped)));
    return this;
  }

  private Span append(String text) {
    bytes.write('"');
    int start = bytes.size();
    bytes.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    bytes.write('"');
    return new Span(start, bytes.size() - 1);
  }

  public Calls operation(Operation value) {
    operation = value;
    return this;
  }

  public Calls pin(String pool) {
    directives = new Directives(false, pool, false, false, 0);
    return this;
  }

  public Calls model(String value) {
    model = value;
    return this;
  }

  public Calls maxTokens(int value) {
    maxTokens = value;
    return this;
  }

  public Calls choices(int value) {
    choices = value;
    return this;
  }

  public Calls tools(int count, String json) {
    tools = count;
    Span span = append(json);
    fields.add(new ScannedBody.Field("tools", span.start(), span));
    return this;
  }

  public Calls images(int count) {
    images = count;
    return this;
  }

  public Calls prompts(int count) {
    prompts = count;
    return this;
  }

  public Calls tokenIds(int count) {
    tokenIds = count;
    return this;
  }

  public Calls jsonOutput() {
    jsonOutput = true;
    return this;
  }

  public Call build() {
    var body =
        new ScannedBody(
            bytes.toByteArray(),
            bytes.size(),
            List.copyOf(fields),
            model,
            false,
            false,
            List.of(),
            maxTokens,
            choices,
            Double.NaN,
            false,
            tools,
            jsonOutput,
            images,
            prompts,
            tokenIds,
            List.copyOf(texts));
    return new Call("test", 0, operation, null, directives, body);
  }
}
