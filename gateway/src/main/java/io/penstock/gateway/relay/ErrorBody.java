package io.penstock.gateway.relay;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.penstock.gateway.call.Problem;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** An error as the OpenAI API writes it: all four members, {@code code} a string or null. */
record ErrorBody(String message, String type, @Nullable String param, @Nullable String code) {

  static ErrorBody of(Problem problem) {
    return new ErrorBody(problem.message(), problem.type(), problem.param(), problem.code());
  }

  String json() {
    StringBuilder text = new StringBuilder(128 + message.length());
    text.append("{\"error\":{\"message\":");
    quote(text, message);
    text.append(",\"type\":");
    quote(text, type);
    text.append(",\"param\":");
    quote(text, param);
    text.append(",\"code\":");
    quote(text, code);
    return text.append("}}").toString();
  }

  /** As the last frame of a stream. */
  byte[] frame() {
    return ("data: " + json() + "\n\n").getBytes(StandardCharsets.UTF_8);
  }

  private static void quote(StringBuilder text, @Nullable String value) {
    if (value == null) {
      text.append("null");
    } else {
      text.append('"');
      JsonStringEncoder.getInstance().quoteAsString(value, text);
      text.append('"');
    }
  }
}
