package io.penstock.gateway.anthropic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Configs;
import io.penstock.gateway.testing.Fuzz;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Both ways of the translation, of what is broken and of what is cut anywhere. */
final class TranslatorFuzzTest {
  private static final Pool POOL =
      Configs.of(
              """
              tiers: {t: {route: {simple: p, medium: p, complex: p}}}
              pools: {p: {provider: anthropic, model: claude-sonnet-4-5, url: "http://a"}}
              """)
          .pools()
          .get("p");

  private static final List<String> REQUESTS =
      List.of(
          "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}],\"max_tokens\":5}",
          "{\"messages\":[{\"role\":\"system\",\"content\":\"Be"
              + " brief.\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"?\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}},{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/y.png\"}}]}],\"stream\":true,\"temperature\":1.5,\"stop\":[\"a\"],\"user\":\"u\"}",
          "{\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":[{\"type\":\"text\",\"text\":\"5\"}]}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\",\"parameters\":{\"type\":\"object\"}}}],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}},\"parallel_tool_calls\":false}");

  private static final List<String> STREAMS =
      List.of(
          "event: message_start\n"
              + "data:"
              + " {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"c\",\"usage\":{\"input_tokens\":3,\"cache_read_input_tokens\":1}}}\n\n"
              + "event: content_block_start\n"
              + "data:"
              + " {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
              + "data:"
              + " {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"é\"}}\n\n"
              + "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
              + "data:"
              + " {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\n"
              + "data: {\"type\":\"message_stop\"}\n\n",
          "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\"}}\r\n\r\n"
              + "data:"
              + " {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}}\r\n\r\n"
              + "data:"
              + " {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\"\"}}\r\n\r\n"
              + "data:"
              + " {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\":1}\"}}\r\n\r\n"
              + "data: {\"type\":\"content_block_stop\"}\r\n\r\n"
              + "data: {\"type\":\"ping\"}\r\n\r\n"
              + "data:"
              + " {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"}}\r\n\r\n"
              + "data: {\"type\":\"message_stop\"}\r\n\r\n",
          "data:"
              + " {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}\n\n"
              + "data:"
              + " {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}\n\n"
              + "data:"
              + " {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n");

  private static final List<String> WHOLES =
      List.of(
          "{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"c\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"},{\"type\":\"thinking\",\"thinking\":\"hm\"},{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{\"a\":1}}],\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":3,\"output_tokens\":2}}",
          "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"no\"}}");

  @Test
  void request_broken_isAlwaysSomethingToSend_andJsonStaysJson() {
    Fuzz.run(
        10_000,
        random -> {
          byte[] body = Fuzz.mutated(random, REQUESTS);
          var made = MessagesRequest.of(body, body.length, POOL);
          if (isJson(Buffer.buffer(body))) {
            assertThat(isJson(made)).as(Fuzz.shown(body)).isTrue();
          }
        });
  }

  @Test
  void stream_brokenAndCut_bringsTheSameChunks_eachOfJson() {
    Fuzz.run(
        10_000,
        random -> {
          byte[] bytes = Fuzz.mutated(random, STREAMS);
          String whole = translated(MessagesAnswer.of(200, true, 1), bytes);
          String cut =
              translated(MessagesAnswer.of(200, true, 1), bytes, Fuzz.cuts(random, bytes.length));
          if (!cut.equals(whole)) {
            assertThat(cut).as(Fuzz.shown(bytes)).isEqualTo(whole);
          }
          whole
              .lines()
              .filter(line -> line.startsWith("data: ") && !line.equals("data: [DONE]"))
              .forEach(line -> assertThat(isJson(Buffer.buffer(line.substring(6)))).isTrue());
        });
  }

  @Test
  void whole_broken_endsAndIsTheSameHoweverItCame() {
    Fuzz.run(
        10_000,
        random -> {
          byte[] bytes = Fuzz.mutated(random, WHOLES);
          int status = random.nextInt(4) == 0 ? 529 : 200;
          String whole = translated(MessagesAnswer.of(status, false, 1), bytes);
          String cut =
              translated(
                  MessagesAnswer.of(status, false, 1), bytes, Fuzz.cuts(random, bytes.length));
          assertThat(cut).isEqualTo(whole);
        });
  }

  private static String translated(MessagesAnswer answer, byte[] bytes, int... cuts) {
    var out = Buffer.buffer();
    int from = 0;
    for (int i = 0; i <= cuts.length; i++) {
      int to = i == cuts.length ? bytes.length : cuts[i];
      append(out, answer.data(Buffer.buffer(java.util.Arrays.copyOfRange(bytes, from, to))));
      from = to;
    }
    append(out, answer.end());
    return out.toString(UTF_8);
  }

  private static void append(Buffer out, Buffer more) {
    if (more != null) {
      out.appendBuffer(more);
    }
  }

  private static boolean isJson(Buffer bytes) {
    try {
      return new JsonObject(bytes).size() >= 0;
    } catch (DecodeException no) {
      return false;
    }
  }
}
