package io.penstock.gateway.accept;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Refusal.BadRequest;
import io.penstock.gateway.call.ScannedBody;
import io.penstock.gateway.call.ScannedBody.Role;
import io.penstock.gateway.call.ScannedBody.Text;
import io.penstock.gateway.call.Span;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodyScannerTest {
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

  @Test
  void scan_fullChat_readsWhatMatters() {
    var body =
        chat(
            """
            {"model":"auto","stream":true,"stream_options":{"include_usage":true},
             "max_tokens":10,"max_completion_tokens":20,"n":3,"temperature":0.7,"seed":0,
             "tools":[{"type":"function"},{"type":"function"}],"functions":[{}],
             "response_format":{"type":"json_schema","json_schema":{"type":"object"}},
             "messages":[{"role":"user","content":"hi"}]}
            """);
    assertThat(body.model()).isEqualTo("auto");
    assertThat(body.stream()).isTrue();
    assertThat(body.includeUsage()).isTrue();
    assertThat(body.maxTokens()).isEqualTo(20);
    assertThat(body.choices()).isEqualTo(3);
    assertThat(body.temperature()).isEqualTo(0.7);
    assertThat(body.hasSeed()).isTrue();
    assertThat(body.tools()).isEqualTo(3);
    assertThat(body.jsonOutput()).isTrue();
    assertThat(body.prompts()).isEqualTo(1);
  }

  @Test
  void scan_bareChat_hasDefaults() {
    var body = chat('{' + MESSAGES + '}');
    assertThat(body.model()).isNull();
    assertThat(body.stream()).isFalse();
    assertThat(body.includeUsage()).isFalse();
    assertThat(body.usageFlags()).isEmpty();
    assertThat(body.maxTokens()).isEqualTo(-1);
    assertThat(body.choices()).isEqualTo(1);
    assertThat(body.temperature()).isNaN();
    assertThat(body.hasSeed()).isFalse();
    assertThat(body.tools()).isZero();
    assertThat(body.jsonOutput()).isFalse();
    assertThat(body.images()).isZero();
    assertThat(body.tokenIds()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model",
        "stream",
        "stream_options",
        "max_tokens",
        "max_completion_tokens",
        "n",
        "temperature",
        "seed",
        "tools",
        "functions",
        "response_format"
      })
  void scan_null_countsAsAbsent(String field) {
    var bare = chat('{' + MESSAGES + '}');
    var body = chat("{\"" + field + "\":null," + MESSAGES + '}');
    assertThat(facts(body)).isEqualTo(facts(bare));
    assertThat(body.fields().getFirst().name()).isEqualTo(field);
  }

  private static List<Object> facts(ScannedBody body) {
    return List.of(
        String.valueOf(body.model()),
        body.stream(),
        body.includeUsage(),
        body.maxTokens(),
        body.choices(),
        body.temperature(),
        body.hasSeed(),
        body.tools(),
        body.jsonOutput());
  }

  @Test
  void scan_maxTokensAlone_counts() {
    assertThat(chat("{\"max_tokens\":7," + MESSAGES + '}').maxTokens()).isEqualTo(7);
    assertThat(chat("{\"max_tokens\":2147483647," + MESSAGES + '}').maxTokens())
        .isEqualTo(Integer.MAX_VALUE);
    assertThat(chat("{\"max_tokens\":-0," + MESSAGES + '}').maxTokens()).isZero();
  }

  @Test
  void scan_duplicates_lastCountsAndAllAreListed() {
    var body =
        chat(
            "{\"model\":1,\"model\":\"a\",\"stream\":7,\"stream\":false,"
                + "\"messages\":0,\"messages\":[{\"role\":\"user\",\"content\":\"old\"}],"
                + MESSAGES
                + ",\"model\":\"b\"}");
    assertThat(body.model()).isEqualTo("b");
    assertThat(body.stream()).isFalse();
    assertThat(body.fields())
        .extracting(ScannedBody.Field::name)
        .containsExactly(
            "model", "model", "stream", "stream", "messages", "messages", "messages", "model");
    assertThat(strings(body)).containsExactly("hi");
  }

  @Test
  void scan_escapedKeys_areKnown() {
    var body =
        chat(
            """
            {"\\u006dodel":"\\u0061\\/b\\n","\\u006d\\u0065ssages":[{"r\\u006fle":"\\u0073ystem",
            "c\\u006fntent":"x"}],"stream\\u005foptions":{"include\\u005fusage":true}}
            """);
    assertThat(body.model()).isEqualTo("a/b\n");
    assertThat(body.includeUsage()).isTrue();
    assertThat(body.texts().getFirst().role()).isEqualTo(Role.SYSTEM);
  }

  @Test
  void scan_messages_textsHaveRolesAndOrder() {
    var body =
        chat(
            """
            {"messages":[
             {"content":"one","role":"system"},
             {"role":"developer","content":"two"},
             {"role":"user","content":[
               {"type":"text","text":"three"},
               {"text":"fo\\nur","type":"text"},
               {"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}},
               {"image_url":{"url":"http://x"},"type":"image_url"},
               {"type":"input_image","image_url":"u"},
               {"type":"input_audio","input_audio":{"data":"AA"}},
               "five"]},
             {"role":"assistant","content":null,"tool_calls":[
               {"id":"1","type":"function","function":{"name":"f","arguments":"{\\"a\\":1}"}}]},
             {"role":"tool","tool_call_id":"1","content":"six"},
             {"role":"critic","content":""},
             {"role":"assistant"}]}
            """);
    assertThat(strings(body))
        .containsExactly("one", "two", "three", "fo\\nur", "five", "{\\\"a\\\":1}", "six");
    assertThat(body.texts())
        .extracting(Text::role)
        .containsExactly(
            Role.SYSTEM, Role.SYSTEM, Role.USER, Role.USER, Role.USER, Role.ASSISTANT, Role.TOOL);
    assertThat(body.texts()).extracting(Text::message).containsExactly(0, 1, 2, 2, 2, 3, 4);
    assertThat(body.images()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "one"                | 1 | 0 | one
          ""                   | 1 | 0 |
          ["one","two"]        | 2 | 0 | one,two
          ["","two"]           | 2 | 0 | two
          [1,2,3]              | 1 | 3 |
          [[1,2],[3]]          | 2 | 3 |
          """)
  void scan_inputs_countsPromptsAndTokens(String value, int prompts, int ids, String texts) {
    for (var operation : List.of(Operation.COMPLETIONS, Operation.EMBEDDINGS)) {
      var body = good("{\"" + operation.required() + "\": " + value + " }", operation);
      assertThat(body.prompts()).isEqualTo(prompts);
      assertThat(body.tokenIds()).isEqualTo(ids);
      assertThat(String.join(",", strings(body))).isEqualTo(texts == null ? "" : texts);
    }
  }

  @Test
  void scan_severalInputs_areNumbered() {
    var body = good("{\"input\":[\"a\",\"\",\"b\"]}", Operation.EMBEDDINGS);
    assertThat(body.texts()).extracting(Text::message).containsExactly(0, 2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                                             | missing_required_parameter | messages
          {"model":"m"}                                  | missing_required_parameter | messages
          {"messages":null}                              | invalid_type               | messages
          {"messages":"hi"}                              | invalid_type               | messages
          {"messages":[]}                                | empty_array                | messages
          {"messages":["hi"]}                            | invalid_type               | messages[0]
          {"messages":[{"content":"hi"}]}                | missing_required_parameter | messages[0].role
          {"messages":[{"role":"user"},{"role":1}]}      | invalid_type               | messages[1].role
          {"messages":[{"role":"user","content":1}]}     | invalid_type               | messages[0].content
          {"messages":[{"role":"user","content":{}}]}    | invalid_type               | messages[0].content
          {"messages":[{"role":"user","content":["",1]}]}| invalid_type               | messages[0].content[1]
          """)
  void scan_badMessages_saysWhichParameter(String json, String code, String param) {
    assertThat(bad(json, Operation.CHAT_COMPLETIONS))
        .extracting(BadRequest::code, BadRequest::param)
        .containsExactly(code, param);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "model":1                          | invalid_type               | model
          "model":["a"]                      | invalid_type               | model
          "stream":"true"                    | invalid_type               | stream
          "stream":1                         | invalid_type               | stream
          "stream_options":true              | invalid_type               | stream_options
          "stream_options":{"include_usage":1} | invalid_type             | stream_options.include_usage
          "max_tokens":-1                    | integer_below_min_value    | max_tokens
          "max_tokens":1.5                   | invalid_type               | max_tokens
          "max_tokens":1e3                   | invalid_type               | max_tokens
          "max_tokens":"100"                 | invalid_type               | max_tokens
          "max_tokens":2147483648            | integer_above_max_value    | max_tokens
          "max_tokens":99999999999999999999999999 | integer_above_max_value | max_tokens
          "max_completion_tokens":-5         | integer_below_min_value    | max_completion_tokens
          "n":0                              | integer_below_min_value    | n
          "n":129                            | integer_above_max_value    | n
          "n":true                           | invalid_type               | n
          "temperature":"hot"                | invalid_type               | temperature
          "tools":{}                         | invalid_type               | tools
          "functions":"f"                    | invalid_type               | functions
          """)
  void scan_badField_saysWhichParameter(String field, String code, String param) {
    assertThat(bad('{' + field + ',' + MESSAGES + '}', Operation.CHAT_COMPLETIONS))
        .extracting(BadRequest::code, BadRequest::param)
        .containsExactly(code, param);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                  | missing_required_parameter
          {"prompt":null}     | invalid_type
          {"prompt":{}}       | invalid_type
          {"prompt":7}        | invalid_type
          {"prompt":[]}       | empty_array
          {"prompt":[[]]}     | empty_array
          {"prompt":["a",1]}  | invalid_type
          {"prompt":[1,"a"]}  | invalid_type
          {"prompt":[1.5]}    | invalid_type
          {"prompt":[-1]}     | invalid_type
          {"prompt":[[1],[1.5]]} | invalid_type
          {"prompt":[["a"]]}  | invalid_type
          {"prompt":[null]}   | invalid_type
          """)
  void scan_badPrompt_saysSo(String json, String code) {
    assertThat(bad(json, Operation.COMPLETIONS))
        .extracting(BadRequest::code, BadRequest::param)
        .containsExactly(code, "prompt");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "   ",
        "null",
        "[]",
        "\"hi\"",
        "{",
        "{\"a\":1",
        "{\"a\":1}}",
        "{\"a\":1} x",
        "{\"a\":1}\u0000",
        "\ufeff{}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":NaN}",
        "{\"a\":tru}",
        "{'a':1}",
        "{a:1}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\":[1,]}",
        "{\"a\":\"\u0001\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\ud83e\"}",
        "{\"a\":\"\\udd14\\ud83e\"}",
        "{\"a\":\"\\ud83e\\n\"}",
        "{\"\\ud83e\":1}",
        "{\"a\":1}{\"a\":1}",
        "{\"a\":1/**/}"
      })
  void scan_notJson_isRefused(String json) {
    assertThat(bad(json, Operation.CHAT_COMPLETIONS).code()).isEqualTo("invalid_json");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "80",
        "c2",
        "c080",
        "c1bf",
        "e08080",
        "e09fbf",
        "eda080",
        "edbfbf",
        "f0808080",
        "f08fbfbf",
        "f4908080",
        "f5808080",
        "ff",
        "fe",
        "c222",
        "e28222",
        "f09f9822",
        "c2c2"
      })
  void scan_notUtf8_isRefused(String hex) {
    byte[] inside = java.util.HexFormat.of().parseHex(hex);
    byte[] json = ("{\"abcdefgh\":\"........" + "\"}").getBytes(StandardCharsets.US_ASCII);
    byte[] bytes = new byte[json.length + inside.length];
    System.arraycopy(json, 0, bytes, 0, 15);
    System.arraycopy(inside, 0, bytes, 15, inside.length);
    System.arraycopy(json, 15, bytes, 15 + inside.length, json.length - 15);
    assertThat(BodyScanner.scan(bytes, bytes.length, Operation.CHAT_COMPLETIONS))
        .isInstanceOfSatisfying(
            Scanned.Bad.class,
            bad -> assertThat(bad.refusal().toString()).contains("invalid_json").contains("UTF-8"));
  }

  @Test
  void scan_everyCharacter_isTaken() {
    var all = new StringBuilder("{\"x\":\"");
    for (int c = 0x20; c <= Character.MAX_CODE_POINT; c += c < 0x3000 ? 1 : 61) {
      if (c != '"' && c != '\\' && (c < 0xd800 || c > 0xdfff)) {
        all.appendCodePoint(c);
      }
    }
    var body = chat(all + "\"," + MESSAGES + '}');
    assertThat(body.fields()).hasSize(2);
  }

  @Test
  void scan_everyUnicodeEscape_isTakenUnlessHalfAPair() {
    for (int c = 0; c <= 0xffff; c++) {
      String json = "{\"model\":\"\\u%04x\",%s}".formatted(c, MESSAGES);
      if (Character.isSurrogate((char) c)) {
        assertThat(bad(json, Operation.CHAT_COMPLETIONS).code()).isEqualTo("invalid_json");
      } else {
        assertThat(chat(json).model()).isEqualTo(String.valueOf((char) c));
      }
    }
    assertThat(chat("{\"model\":\"\\uD83E\\udd14\"," + MESSAGES + '}').model()).isEqualTo("🤔");
    assertThat(chat("{\"model\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"," + MESSAGES + '}').model())
        .isEqualTo("\"\\/\b\f\n\r\t");
  }

  @Test
  void scan_nesting_endsAtTheBound() {
    int room = Json.MAX_DEPTH - 1;
    String fits = "[".repeat(room) + "]".repeat(room);
    assertThat(chat("{\"x\":" + fits + ',' + MESSAGES + '}').fields()).hasSize(2);
    assertThat(bad("{\"x\":[" + fits + "]," + MESSAGES + '}', Operation.CHAT_COMPLETIONS).message())
        .contains("512");
    String calls = "{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":%s}]}";
    for (String open : List.of("[", "{\"arguments\":")) {
      assertThat(bad(calls.formatted(open.repeat(1 << 20)), Operation.CHAT_COMPLETIONS).code())
          .isEqualTo("invalid_json");
    }
    assertThat(bad("{\"x\":".repeat(1 << 20), Operation.CHAT_COMPLETIONS).code())
        .isEqualTo("invalid_json");
  }

  @Test
  void scan_tenMebibytes_findsTheLastField() {
    String text = "héllo wörld, \\n again ".repeat(10 << 16);
    byte[] bytes =
        ("{" + MESSAGES.replace("hi", text) + ",\"model\":\"m\"}").getBytes(StandardCharsets.UTF_8);
    assertThat(bytes).hasSizeGreaterThan(10 << 20);
    var body = ScannedBodies.of(bytes, Operation.CHAT_COMPLETIONS);
    assertThat(body.model()).isEqualTo("m");
    assertThat(body.texts()).hasSize(1);
    assertThat(body.texts().getFirst().span().length())
        .isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
  }

  @Test
  void scan_tooManyFieldsOrTexts_areRefused() {
    String fields = "\"x\":1,".repeat(BodyScanner.MAX_FIELDS - 1);
    assertThat(chat('{' + fields + MESSAGES + '}').fields()).hasSize(BodyScanner.MAX_FIELDS);
    assertThat(bad("{\"y\":2," + fields + MESSAGES + '}', Operation.CHAT_COMPLETIONS).code())
        .isEqualTo("too_many_fields");
    String flags = "\"include_usage\":true,".repeat(BodyScanner.MAX_FIELDS) + "\"x\":1";
    String options = "{\"stream_options\":{" + flags + "}," + MESSAGES + '}';
    assertThat(chat(options).usageFlags()).hasSize(BodyScanner.MAX_FIELDS);
    assertThat(
            bad(options.replace("\"x\"", "\"include_usage\""), Operation.CHAT_COMPLETIONS).code())
        .isEqualTo("too_many_fields");
    String inputs = "\"a\",".repeat(Content.MAX_TEXTS - 1) + "\"a\"";
    assertThat(good("{\"input\":[" + inputs + "]}", Operation.EMBEDDINGS).prompts())
        .isEqualTo(Content.MAX_TEXTS);
    assertThat(bad("{\"input\":[\"a\"," + inputs + "]}", Operation.EMBEDDINGS))
        .extracting(BadRequest::code, BadRequest::param)
        .containsExactly("array_above_max_length", "input");
  }

  @Test
  void scan_longModel_isRefused() {
    String fits = "m".repeat(BodyScanner.MAX_MODEL_BYTES);
    assertThat(chat("{\"model\":\"" + fits + "\"," + MESSAGES + '}').model()).isEqualTo(fits);
    assertThat(bad("{\"model\":\"m" + fits + "\"," + MESSAGES + '}', Operation.CHAT_COMPLETIONS))
        .extracting(BadRequest::code, BadRequest::param)
        .containsExactly("string_above_max_length", "model");
  }

  @Test
  void scan_bytesPastTheLength_areNotRead() {
    byte[] whole = ('{' + MESSAGES + "},\"model\":\"x\"}").getBytes(StandardCharsets.UTF_8);
    int length = MESSAGES.length() + 2;
    assertThat(BodyScanner.scan(whole, length, Operation.CHAT_COMPLETIONS))
        .isInstanceOf(Scanned.Good.class);
    for (int shorter = 0; shorter < length; shorter++) {
      assertThat(BodyScanner.scan(whole, shorter, Operation.CHAT_COMPLETIONS))
          .isInstanceOf(Scanned.Bad.class);
    }
  }

  @Test
  void scan_fields_haveExactSpans() {
    var body = chat("{ \"a\" : 1.50 ,\n" + MESSAGES + " }");
    assertThat(body.fields().getFirst()).isEqualTo(new ScannedBody.Field("a", 2, new Span(8, 12)));
    assertThat(body.toString()).doesNotContain("hi");
  }

  private static ScannedBody chat(String json) {
    return good(json, Operation.CHAT_COMPLETIONS);
  }

  private static ScannedBody good(String json, Operation operation) {
    return ScannedBodies.of(json, operation);
  }

  private static BadRequest bad(String json, Operation operation) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    var scanned = BodyScanner.scan(bytes, bytes.length, operation);
    assertThat(scanned).as(json.length() < 200 ? json : "long").isInstanceOf(Scanned.Bad.class);
    return (BadRequest) ((Scanned.Bad) scanned).refusal();
  }

  private static List<String> strings(ScannedBody body) {
    return body.texts().stream()
        .map(text ->
            new String(
                body.bytes(), text.span().start(), text.span().length(), StandardCharsets.UTF_8))
        .toList();
  }
}
