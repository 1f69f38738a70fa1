package io.penstock.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.penstock.gateway.accept.ScannedBodies;
import io.penstock.gateway.call.Operation;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BodyEditsTest {
  private static final BodyEdits MODEL = new BodyEdits("served", Map.of(), List.of());
  private static final String CHAT = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"model":"auto","prompt":"p"}             | {"model":"served","prompt":"p"}
          {"prompt":"p"}                            | {"model":"served","prompt":"p"}
          { "prompt" : "p" }                        | {"model":"served", "prompt" : "p" }
          {"model":null,"prompt":"p"}               | {"model":"served","prompt":"p"}
          {"model":"a","prompt":"p","model":"b"}    | {"model":"served","prompt":"p","model":"served"}
          {"\\u006dodel" : "a" , "prompt":"p"}      | {"\\u006dodel" : "served" , "prompt":"p"}
          {"prompt":"p","x":1.50e+01,"model":"a"}   | {"prompt":"p","x":1.50e+01,"model":"served"}
          {"x":{"model":"a"},"prompt":"p"}          | {"model":"served","x":{"model":"a"},"prompt":"p"}
          """)
  void apply_model_replacesItsValueAlone(String body, String expected) {
    assertThat(apply(MODEL, body, false)).isEqualTo(expected);
  }

  @Test
  void apply_modelWithQuotes_staysJson() {
    var edits = new BodyEdits("a\"b\\c", Map.of(), List.of());
    assertThat(apply(edits, "{\"prompt\":\"p\"}", false))
        .isEqualTo("{\"model\":\"a\\\"b\\\\c\",\"prompt\":\"p\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"model":"m","prompt":"p"}                                                  | {"stream_options":{"include_usage":true},"model":"served","prompt":"p"}
          {"model":"m","prompt":"p","stream_options":null}                            | {"model":"served","prompt":"p","stream_options":{"include_usage":true}}
          {"model":"m","prompt":"p","stream_options":{}}                              | {"model":"served","prompt":"p","stream_options":{"include_usage":true}}
          {"model":"m","prompt":"p","stream_options":{ }}                             | {"model":"served","prompt":"p","stream_options":{"include_usage":true }}
          {"model":"m","prompt":"p","stream_options":{"include_usage": false}}        | {"model":"served","prompt":"p","stream_options":{"include_usage": true}}
          {"model":"m","prompt":"p","stream_options":{"include_usage":null}}          | {"model":"served","prompt":"p","stream_options":{"include_usage":true}}
          {"model":"m","prompt":"p","stream_options":{ "include_usage":true , "x":0}} | {"model":"served","prompt":"p","stream_options":{ "include_usage":true , "x":0}}
          {"model":"m","prompt":"p","stream_options":{"continuous_usage_stats":true}} | {"model":"served","prompt":"p","stream_options":{"include_usage":true,"continuous_usage_stats":true}}
          {"model":"m","prompt":"p","stream_options":{"include\\u005fusage":false}}   | {"model":"served","prompt":"p","stream_options":{"include\\u005fusage":true}}
          {"model":"m","prompt":"p","stream_options":{"x":{"include_usage":false}}}   | {"model":"served","prompt":"p","stream_options":{"include_usage":true,"x":{"include_usage":false}}}
          {"model":"m","stream_options":null,"prompt":"p","stream_options":{}}        | {"model":"served","stream_options":{"include_usage":true},"prompt":"p","stream_options":{"include_usage":true}}
          {"stream_options":{"include_usage":false,"include_usage":false},"model":"m","prompt":"p"} | {"stream_options":{"include_usage":true,"include_usage":true},"model":"served","prompt":"p"}
          """)
  void apply_usage_isAskedAndTheRestKept(String body, String expected) {
    assertThat(apply(MODEL, body, true)).isEqualTo(expected);
    assertThat(apply(MODEL, body, false)).isEqualTo(modelAlone(body));
  }

  private static String modelAlone(String body) {
    return body.replace("\"model\":\"m\"", "\"model\":\"served\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"user":"u","model":"m","prompt":"p"}               | {"model":"served","prompt":"p"}
          {"model":"m", "user":"u", "prompt":"p"}             | {"model":"served", "prompt":"p"}
          {"model":"m","prompt":"p" , "user":"u" }            | {"model":"served","prompt":"p" }
          {"user":1,"store":2,"model":"m","prompt":"p"}       | {"model":"served","prompt":"p"}
          {"model":"m","prompt":"p","user":1,"store":2}       | {"model":"served","prompt":"p"}
          {"user":1,"model":"m","user":2,"prompt":"p","user":3} | {"model":"served","prompt":"p"}
          {"user":{"user":1},"model":"m","prompt":"p","x":{"user":2}} | {"model":"served","prompt":"p","x":{"user":2}}
          {"us\\u0065r":1,"model":"m","prompt":"p"}           | {"model":"served","prompt":"p"}
          """)
  void apply_remove_takesOneCommaEach(String body, String expected) {
    var edits = new BodyEdits("served", Map.of(), List.of("user", "store"));
    assertThat(apply(edits, body, false)).isEqualTo(expected);
  }

  @Test
  void apply_removeEverything_leavesAnObject() {
    var edits = new BodyEdits("served", Map.of(), List.of("prompt", "user"));
    assertThat(apply(edits, "{ \"prompt\":\"p\" , \"user\":1 }", true))
        .isEqualTo("{\"model\":\"served\",\"stream_options\":{\"include_usage\":true}  }");
  }

  @Test
  void apply_set_replacesOrInsertsAndWinsOverRemove() {
    var edits =
        new BodyEdits("served", Map.of("options", "{\"a\":1}"), List.of("options", "model"));
    assertThat(apply(edits, "{\"options\":0,\"prompt\":\"p\",\"model\":\"m\"}", false))
        .isEqualTo("{\"options\":{\"a\":1},\"prompt\":\"p\",\"model\":\"served\"}");
    assertThat(apply(edits, "{\"prompt\":\"p\",\"model\":\"m\"}", false))
        .isEqualTo("{\"options\":{\"a\":1},\"prompt\":\"p\",\"model\":\"served\"}");
  }

  @Test
  void apply_streamOptionsInTheConfig_goFirst() {
    String body = "{\"stream_options\":{\"x\":1},\"prompt\":\"p\",\"model\":\"m\"}";
    var removing = new BodyEdits("served", Map.of(), List.of("stream_options"));
    assertThat(apply(removing, body, true)).isEqualTo("{\"prompt\":\"p\",\"model\":\"served\"}");
    var setting = new BodyEdits("served", Map.of("stream_options", "null"), List.of());
    assertThat(apply(setting, body, true))
        .isEqualTo("{\"stream_options\":null,\"prompt\":\"p\",\"model\":\"served\"}");
  }

  @Test
  void apply_priority_isSetOrLeftAlone() {
    var body = ScannedBodies.of("{\"prompt\":\"p\",\"priority\":-9}", Operation.COMPLETIONS);
    assertThat(text(MODEL.apply(body, false, OptionalInt.of(5))))
        .isEqualTo("{\"model\":\"served\",\"prompt\":\"p\",\"priority\":5}");
    assertThat(text(MODEL.apply(body, false, OptionalInt.empty())))
        .isEqualTo("{\"model\":\"served\",\"prompt\":\"p\",\"priority\":-9}");
  }

  @Test
  void edited_longBody_isTheSameInEveryForm() {
    String text = "x".repeat(10 << 20);
    String json = "{" + CHAT.replace("hi", text) + ",\"model\":\"m\"}";
    var edited =
        MODEL.apply(ScannedBodies.of(json, Operation.CHAT_COMPLETIONS), true, OptionalInt.empty());
    String expected =
        "{\"stream_options\":{\"include_usage\":true},"
            + json.substring(1).replace("\"model\":\"m\"", "\"model\":\"served\"");
    assertThat(text(edited).equals(expected)).isTrue();
    assertThat(edited.length()).isEqualTo(expected.length());
    assertThat(edited.toBuffer().toString().equals(expected)).isTrue();
    assertThat(edited.toBuffer().toString().equals(expected)).as("again").isTrue();
    var buffer = Unpooled.buffer();
    edited.writeTo(buffer);
    assertThat(buffer.toString(StandardCharsets.UTF_8).equals(expected)).isTrue();
  }

  private static String apply(BodyEdits edits, String body, boolean askUsage) {
    var scanned = ScannedBodies.of(body, Operation.COMPLETIONS);
    return text(edits.apply(scanned, askUsage, OptionalInt.empty()));
  }

  private static String text(Edited edited) {
    return new String(edited.toBytes(), StandardCharsets.UTF_8);
  }
}
