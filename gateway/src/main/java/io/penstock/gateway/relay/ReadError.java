package io.penstock.gateway.relay;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * An error as a model server wrote it. Servers differ: {@code error} holds an object or a text, or
 * its members lie flat at the top; {@code code} is a string, a number or missing; FastAPI says
 * {@code detail}, a text or a list; LiteLLM says "None" for null.
 */
final class ReadError {
  private static final JsonFactory JSON = new JsonFactory();

  private @Nullable String message;
  private @Nullable String type;
  private @Nullable String param;
  private @Nullable String code;
  private int number;
  private int members;
  private boolean none;
  private boolean nested;

  private ReadError() {}

  static ReadError of(byte[] bytes, int start, int end) {
    ReadError error = new ReadError();
    try (JsonParser parser = JSON.createParser(bytes, start, end - start)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        error.object(parser);
      }
    } catch (IOException _) {
      // Not JSON: what was found before stands, mostly nothing.
    }
    return error;
  }

  /** In the server's words; null where it had none. */
  @Nullable String message() {
    return message;
  }

  /** Its {@code code} where that is a number, as many servers give the HTTP status; else 0. */
  int number() {
    return number;
  }

  /** Whether it is what an OpenAI client expects already. */
  boolean wellFormed() {
    return nested && members == 4 && number == 0 && !none && message != null && type != null;
  }

  ErrorBody body(String defaultMessage, String defaultType) {
    String text = message == null ? defaultMessage : message;
    return new ErrorBody(text, type == null ? defaultType : type, param, codeOf(text));
  }

  /** A client's fault that its server calls one of its own: of the server's, the words alone. */
  ErrorBody clientsBody(String defaultMessage) {
    String text = message == null ? defaultMessage : message;
    return new ErrorBody(text, "invalid_request_error", param, null);
  }

  /**
   * SDKs and agents look for one code by its name: the one that says that the prompt is too long.
   */
  private @Nullable String codeOf(String text) {
    boolean context =
        "exceed_context_size_error".equals(type)
            || text.contains("maximum context length")
            || text.contains("context size");
    return context ? "context_length_exceeded" : code;
  }

  private void object(JsonParser parser) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (value == JsonToken.START_OBJECT && name.equals("error")) {
        nested = true;
        members = 0;
        object(parser);
      } else if (value == JsonToken.START_ARRAY && name.equals("detail")) {
        details(parser);
      } else if (value.isStructStart()) {
        parser.skipChildren();
      } else {
        member(parser, name, value);
      }
    }
  }

  /** Each has its text in {@code msg}; the first is told. */
  private void details(JsonParser parser) throws IOException {
    for (int depth = 1; depth > 0; ) {
      JsonToken token = parser.nextToken();
      depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
      if (message == null
          && token == JsonToken.VALUE_STRING
          && "msg".equals(parser.currentName())) {
        message = parser.getText();
      }
    }
  }

  private void member(JsonParser parser, String name, JsonToken value) throws IOException {
    String text = value == JsonToken.VALUE_NULL ? null : parser.getText();
    switch (name) {
      case "message" -> {
        members++;
        message = text;
      }
      case "error", "detail" -> message = message == null ? text : message;
      case "type" -> {
        members++;
        type = given(text);
      }
      case "error_type" -> type = type == null ? text : type;
      case "param" -> {
        members++;
        param = given(text);
      }
      case "code" -> {
        members++;
        code = given(text);
        number = value == JsonToken.VALUE_NUMBER_INT ? parser.getValueAsInt() : 0;
      }
      default -> {}
    }
  }

  private @Nullable String given(@Nullable String text) {
    boolean isNone = "None".equals(text);
    none |= isNone;
    return isNone ? null : text;
  }
}
