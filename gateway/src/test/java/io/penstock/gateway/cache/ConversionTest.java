package io.penstock.gateway.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Usage;
import io.penstock.gateway.testing.Shapes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An answer in one form is the same answer in the other, or it is none. */
class ConversionTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> STOP = Set.of("\"stop\"");

  private static Entry entry(Entry.Kind kind, String text) {
    byte[] bytes = text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return new Entry(kind, bytes, "", "p", "t", Usage.NONE, 0, Long.MAX_VALUE);
  }

  private static String body(String choices) {
    return "{'id':'c1','object':'chat.completion','created':1,'model':'m','choices':["
        + choices
        + "],'usage':{'prompt_tokens':7,'completion_tokens':2,'total_tokens':9}}";
  }

  private static String message(int index, String message, String more) {
    return "{'index':%d,'message':{'role':'assistant',%s},'logprobs':null,'finish_reason':'stop'%s}"
        .formatted(index, message, more);
  }

  private static String convert(Entry.Kind kind, String text) {
    return convert(Operation.CHAT_COMPLETIONS, kind, text);
  }

  private static String convert(Operation operation, Entry.Kind kind, String text) {
    byte[] bytes = Conversion.convert(operation, entry(kind, text));
    assertThat(bytes).as(text).isNotNull();
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static JsonNode json(String text) throws IOException {
    return JSON.readTree(text.replace('\'', '"'));
  }

  /** To a stream and back. */
  private static String andBack(Operation operation, String body) {
    return convert(operation, Entry.Kind.STREAM, convert(operation, Entry.Kind.WHOLE, body));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'content':'Hello','refusal':null",
        "'content':'','refusal':null",
        "'content':'a\\n\\t\\u00e9 \\ud83d\\ude00 中 \\\\','refusal':null",
        "'content':null,'refusal':'I will not.'",
        "'content':'so','refusal':null,'reasoning_content':'because'",
        "'content':'so','refusal':null,'reasoning':'because'",
        "'content':null,'refusal':null,'tool_calls':[{'id':'t1','type':'function','function':{'name':'f','arguments':'{\\u0022a\\u0022:1}'}}]",
        "'content':null,'refusal':null,'tool_calls':[{'id':'t1','type':'function','function':{'name':'f','arguments':''}},{'id':'t2','type':'function','function':{'name':'g','arguments':'{}'}}]",
        "'content':'and','refusal':null,'tool_calls':[{'id':'t1','type':'function','function':{'name':'f','arguments':'{}'}}]",
        "'content':null,'refusal':null,'function_call':{'name':'f','arguments':'{}'}"
      })
  void body_toAStreamAndBack_isTheSame(String message) throws IOException {
    String body = body(message(0, message, ""));

    Shapes.CHATCHUNK.checkStream(convert(Entry.Kind.WHOLE, body));
    assertThat(json(andBack(Operation.CHAT_COMPLETIONS, body))).isEqualTo(json(body));
  }

  @Test
  void choices_severalWithLogprobs_toAStreamAndBack_areTheSame() throws IOException {
    String logprobs =
        "{'content':[{'token':'Hel','logprob':-0.12345678901234568,'bytes':[72],'top_logprobs':[]},"
            + "{'token':'lo','logprob':-1e-05,'bytes':null,'top_logprobs':[]}],'refusal':null}";
    String body =
        body(
            message(0, "'content':'Hello','refusal':null", "")
                    .replace("'logprobs':null", "'logprobs':" + logprobs)
                + ","
                + message(1, "'content':'Hi','refusal':null", ",'stop_reason':'x'")
                + ","
                + message(2, "'content':'Hey','refusal':null", ""));

    String back = andBack(Operation.CHAT_COMPLETIONS, body);

    assertThat(json(back)).isEqualTo(json(body));
    assertThat(back).contains("-0.12345678901234568", "-1e-05");
  }

  @Test
  void completion_toAStreamAndBack_isTheSame() throws IOException {
    String body =
        "{'id':'c1','object':'text_completion','created':1,'model':'m','choices':["
            + "{'index':0,'text':'one','logprobs':{'tokens':['o','ne'],'token_logprobs':[null,-0.5],"
            + "'top_logprobs':[null,{'ne':-0.5}],'text_offset':[0,1]},'finish_reason':'stop'},"
            + "{'index':1,'text':'two','logprobs':null,'finish_reason':'stop'}],"
            + "'usage':{'prompt_tokens':1,'completion_tokens':2,'total_tokens':3}}";

    assertThat(json(andBack(Operation.COMPLETIONS, body))).isEqualTo(json(body));
  }

  @Test
  void nullsThatAServerAdds_areNoHindrance() throws IOException {
    String body =
        body(message(
                0,
                "'content':'Hi','refusal':null,'annotations':null,'audio':null,"
                    + "'function_call':null,'tool_calls':[],'reasoning_content':null",
                ",'stop_reason':null,'token_ids':null"))
            .replace("'usage'", "'prompt_logprobs':null,'service_tier':null,'usage'");

    String back = andBack(Operation.CHAT_COMPLETIONS, body);

    assertThat(json(back)).isEqualTo(json(body(message(0, "'content':'Hi','refusal':null", ""))));
  }

  private static String chunk(String choices, String more) {
    return "data: {'id':'c1','object':'chat.completion.chunk','created':1,'model':'m','choices':["
        + choices
        + "]"
        + more
        + "}\n\n";
  }

  private static String delta(int index, String delta, String finish) {
    return chunk(
        "{'index':" + index + ",'delta':{" + delta + "},'finish_reason':" + finish + "}", "");
  }

  private static final String USAGE =
      chunk("", ",'usage':{'prompt_tokens':7,'completion_tokens':2,'total_tokens':9}");

  @Test
  void toolCalls_inPieces_becomeOne() throws IOException {
    String stream =
        delta(
                0,
                "'role':'assistant','content':null,'tool_calls':[{'index':0,'id':'t1','type':'function','function':{'name':'f','arguments':''}}]",
                "null")
            + delta(0, "'tool_calls':[{'index':0,'function':{'arguments':'{\\\\'a'}}]", "null")
                .replace("{\\\\'a", "{\\\"a")
            + delta(0, "'tool_calls':[{'index':0,'function':{'arguments':'\\u0022:1}'}}]", "null")
            + delta(0, "", "'tool_calls'")
            + USAGE
            + "data: [DONE]\n\n";

    JsonNode body = json(convert(Entry.Kind.STREAM, stream));

    assertThat(body.at("/choices/0/message/content").isNull()).isTrue();
    assertThat(body.at("/choices/0/message/tool_calls/0/function/arguments").asText())
        .isEqualTo("{\"a\":1}");
    assertThat(body.at("/choices/0/message/tool_calls/0/id").asText()).isEqualTo("t1");
  }

  @Test
  void surrogates_inTwoChunks_becomeOneCharacter() throws IOException {
    String stream =
        delta(0, "'role':'assistant','content':'\\ud83d'", "null")
            + delta(0, "'content':'\\ude00'", "null")
            + delta(0, "", "'stop'")
            + USAGE
            + "data: [DONE]\n\n";

    assertThat(json(convert(Entry.Kind.STREAM, stream)).at("/choices/0/message/content").asText())
        .isEqualTo("😀");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'content':'x','annotations':[{'type':'url_citation'}]",
        "'content':'x','audio':{'id':'a'}",
        "'content':'x','images':['a']",
        "'content':['x']",
        "'content':'x','unheard_of':1",
        "'content':'x','tool_calls':[{'id':'t','type':'custom','custom':{'name':'f'}}]"
      })
  void body_withWhatAStreamCannotSay_hasNoOtherForm(String message) {
    Entry entry = entry(Entry.Kind.WHOLE, body(message(0, message, "")));

    assertThat(Conversion.convert(Operation.CHAT_COMPLETIONS, entry)).isNull();
    assertThat(Conversion.isComplete(Operation.CHAT_COMPLETIONS, entry, 1, STOP)).isTrue();
  }

  @Test
  void stream_withUsageForEachChoice_hasNoOtherForm() {
    String stream = delta(0, "'content':'x'", "'stop'") + USAGE + USAGE + "data: [DONE]\n\n";

    assertThat(Conversion.convert(Operation.CHAT_COMPLETIONS, entry(Entry.Kind.STREAM, stream)))
        .isNull();
  }

  @Test
  void complete_isWhatAllChoicesEnded() {
    String one = delta(0, "'content':'x'", "'stop'");
    String two = delta(1, "'content':'x'", "'stop'");
    String done = "data: [DONE]\n\n";

    assertThat(isComplete(one + done, 1)).isTrue();
    assertThat(isComplete(": ping\n\n" + one + USAGE + done, 1)).isTrue();
    assertThat(isComplete(one + two + done, 2)).isTrue();
    assertThat(isComplete(one, 1)).isFalse();
    assertThat(isComplete(done, 1)).isFalse();
    assertThat(isComplete("", 1)).isFalse();
    assertThat(isComplete(one + done, 2)).isFalse();
    assertThat(isComplete(one + two + done, 1)).isFalse();
    assertThat(isComplete(one + done + two, 1)).isFalse();
    assertThat(isComplete(one + delta(1, "'content':'x'", "null") + done, 2)).isFalse();
    assertThat(isComplete(one + delta(1, "'content':'x'", "'length'") + done, 2)).isFalse();
    assertThat(isComplete(one + "data: {'error':{'message':'m'}}\n\n" + done, 1)).isFalse();
    assertThat(isComplete(one + "data: {nonsense\n\n" + done, 1)).isFalse();
  }

  private static boolean isComplete(String stream, int choices) {
    return Conversion.isComplete(
        Operation.CHAT_COMPLETIONS, entry(Entry.Kind.STREAM, stream), choices, STOP);
  }
}
