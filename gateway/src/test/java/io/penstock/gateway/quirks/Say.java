package io.penstock.gateway.quirks;

import java.nio.charset.StandardCharsets;

/** What model servers say, as bytes of HTTP, and what clients ask. */
public final class Say {
  /** A question, without a stream. */
  public static final String WHOLE =
      "{\"model\":\"auto\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  /** The same with a stream. */
  public static final String STREAM = "{\"stream\":true," + WHOLE.substring(1);

  /** A stream whose client wants to see the usage. */
  public static final String STREAM_WITH_USAGE =
      "{\"stream_options\":{\"include_usage\":true}," + STREAM.substring(1);

  /** A whole answer of 7 + 2 tokens. */
  public static final String CHAT =
      "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
          + "\"message\":{\"role\":\"assistant\",\"content\":\"Hello\"},\"finish_reason\":\"stop\"}],"
          + "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9}}";

  public static final String ROLE = chunk("{\"role\":\"assistant\",\"content\":\"\"}", "null");
  public static final String HEL = chunk("{\"content\":\"Hel\"}", "null");
  public static final String LO = chunk("{\"content\":\"lo\"}", "null");
  public static final String STOP = chunk("{}", "\"stop\"");
  public static final String USAGE = frame(envelope("[],\"usage\":" + usage(7, 2)));
  public static final String DONE = "data: [DONE]\n\n";

  /** The head of a stream. */
  public static final String EVENTS =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
          + "Transfer-Encoding: chunked\r\n\r\n";

  public static final String LAST_CHUNK = "0\r\n\r\n";

  private Say() {}

  /** A frame of a stream. */
  public static String frame(String json) {
    return "data: " + json + "\n\n";
  }

  /** A frame with one choice. */
  public static String chunk(String delta, String finish) {
    return chunk(0, delta, finish);
  }

  public static String chunk(int index, String delta, String finish) {
    return frame(
        envelope(
            "[{\"index\":"
                + index
                + ",\"delta\":"
                + delta
                + ",\"finish_reason\":"
                + finish
                + "}]"));
  }

  /** A chunk's object around its choices, and what follows them. */
  public static String envelope(String choices) {
    return "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":"
        + choices
        + "}";
  }

  public static String usage(int prompt, int completion) {
    return "{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":%d}"
        .formatted(prompt, completion, prompt + completion);
  }

  /** One chunk of a chunked body. */
  public static String chunked(String text) {
    return Integer.toHexString(text.getBytes(StandardCharsets.UTF_8).length)
        + "\r\n"
        + text
        + "\r\n";
  }

  /** The head of a stream and some of its frames, each in a chunk of its own. */
  public static String stream(String... frames) {
    var stream = new StringBuilder(EVENTS);
    for (var frame : frames) {
      stream.append(chunked(frame));
    }
    return stream.toString();
  }

  /** A whole stream. */
  public static String wholeStream(String... frames) {
    return stream(frames) + LAST_CHUNK;
  }

  /** An answer of a known length; headers end with CR LF each. */
  public static String answer(int status, String headers, String body) {
    return "HTTP/1.1 %d Because\r\n%sContent-Length: %d\r\n\r\n%s"
        .formatted(status, headers, body.getBytes(StandardCharsets.UTF_8).length, body);
  }

  public static String json(int status, String body) {
    return answer(status, "Content-Type: application/json\r\n", body);
  }
}
