package io.penstock.gateway.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AnswerScanTest {
  private final AnswerScan scan = new AnswerScan();

  private boolean scan(String json) {
    byte[] bytes = ("#" + json + "#").getBytes(UTF_8);
    return scan.scan(bytes, 1, bytes.length - 1);
  }

  private String without(String json) {
    assertThat(scan(json)).isTrue();
    byte[] bytes = ("#" + json).getBytes(UTF_8);
    return new String(bytes, 1, scan.usageStart() - 1, UTF_8)
        + new String(bytes, scan.usageEnd(), bytes.length - scan.usageEnd(), UTF_8);
  }

  @Test
  void usage_isTakenOutWithOneComma_whereverItStands() {
    assertThat(without("{\"usage\":null,\"a\":1}")).isEqualTo("{\"a\":1}");
    assertThat(without("{\"a\":1, \"usage\" : null , \"b\":2}")).isEqualTo("{\"a\":1, \"b\":2}");
    assertThat(without("{\"a\":1,\"usage\":{\"x\":[1,{}]}}")).isEqualTo("{\"a\":1}");
    assertThat(without("{\"usage\":null}")).isEqualTo("{}");
    assertThat(without("{\"c\":{\"usage\":1},\"usage\":null}")).isEqualTo("{\"c\":{\"usage\":1}}");
  }

  @Test
  void usage_isRead() {
    assertThat(
            scan(
                "{\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":34,"
                    + "\"prompt_tokens_details\":{\"cached_tokens\":5}}}"))
        .isTrue();
    assertThat(scan.hasUsage()).isTrue();
    assertThat(scan.promptTokens()).isEqualTo(12);
    assertThat(scan.completionTokens()).isEqualTo(34);
    assertThat(scan.cachedTokens()).isEqualTo(5);
    assertThat(scan.choiceCount()).isZero();
  }

  /** OpenAI counts what the model thought in the completion; others beside it. */
  @Test
  void completionTokens_withReasoning_areWhatIsCharged() {
    String usage =
        "{\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":%d,\"total_tokens\":%d,"
            + "\"completion_tokens_details\":{\"reasoning_tokens\":64}}}";
    assertThat(scan(usage.formatted(84, 94))).isTrue();
    assertThat(scan.completionTokens()).isEqualTo(84);
    assertThat(scan(usage.formatted(20, 94))).isTrue();
    assertThat(scan.completionTokens()).isEqualTo(84);
    assertThat(scan("{\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":20}}")).isTrue();
    assertThat(scan.completionTokens()).isEqualTo(20);
  }

  @Test
  void usage_withStrangeNumbers_countsNothing() {
    assertThat(scan("{\"usage\":{\"prompt_tokens\":null,\"completion_tokens\":-3}}")).isTrue();
    assertThat(scan.promptTokens()).isZero();
    assertThat(scan.completionTokens()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"role\":\"assistant\",\"content\":\"\"}",
        "{\"role\":\"assistant\",\"content\":null,\"refusal\":null}",
        "{\"tool_calls\":[ ]}",
        "{}"
      })
  void aDelta_thatSaysNothing_isNoContent(String delta) {
    assertThat(scan("{\"choices\":[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":null}]}"))
        .isTrue();
    assertThat(scan.contents()).isZero();
    assertThat(scan.finished()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"content\":\"a\"}",
        "{\"reasoning_content\":\"\\\"\"}",
        "{\"reasoning\":\"x\"}",
        "{\"tool_calls\":[{\"index\":0}]}",
        "{\"role\":\"assistant\",\"content\":\"a\"}"
      })
  void aDelta_thatSaysSomething_isContent(String delta) {
    assertThat(scan("{\"choices\":[{\"index\":0,\"delta\":" + delta + "}]}")).isTrue();
    assertThat(scan.contents()).isEqualTo(1);
  }

  @Test
  void choices_areCounted_andAFinishIsSeen() {
    assertThat(
            scan(
                "{\"model\":\"m\",\"choices\":[{\"text\":\"a\"},{\"text\":\"\",\"finish_reason\":\"stop\"}]}"))
        .isTrue();
    assertThat(scan.choiceCount()).isEqualTo(2);
    assertThat(scan.contents()).isEqualTo(1);
    assertThat(scan.finished()).isTrue();
    assertThat(scan.hasModel()).isTrue();
  }

  @Test
  void anError_isSeen_andANullOneIsNot() {
    assertThat(scan("{\"error\":{\"message\":\"x\"}}")).isTrue();
    assertThat(scan.hasError()).isTrue();
    assertThat(scan("{\"error\":null,\"choices\":[]}")).isTrue();
    assertThat(scan.hasError()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "x",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1",
        "{\"a\":1}x",
        "{\"a\":\"b}",
        "{a:1}",
        "{\"choices\":[1]}",
        "{\"choices\":[{}",
        "{\"a\":1,}"
      })
  void whatIsNoObject_isRefused(String json) {
    assertThat(scan(json)).isFalse();
  }

  @Test
  void everyPrefixOfAChunk_isRefused_withoutReadingPastItsEnd() {
    String json =
        "{\"model\":\"m\\u00e9\\\"\",\"choices\":[{\"delta\":{\"content\":\"é\\\\\"}}],\"usage\":{\"prompt_tokens\":1}}";
    assertThat(scan(json)).isTrue();
    byte[] bytes = json.getBytes(UTF_8);
    for (int end = 0; end < bytes.length; end++) {
      assertThat(scan.scan(bytes, 0, end)).as("%d bytes", end).isFalse();
    }
  }
}
