package io.penstock.gateway.accept;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.ScannedBody;
import io.penstock.gateway.testing.Fuzz;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Real requests, broken: what the scanner takes, and what it reads in it, Jackson does too. */
class BodyScannerFuzzTest {
  private static final ObjectMapper JACKSON =
      JsonMapper.builder(
              com.fasterxml.jackson.core.JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(Json.MAX_DEPTH).build())
                  .disable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .build();

  private static final List<String> CHATS =
      List.of(
          "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]}",
          "{\"messages\":[{\"role\":\"system\",\"content\":\"Be"
              + " brief.\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"What is"
              + " \\u00e9?\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}]}],\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":12,\"n\":2,\"temperature\":0.7,\"seed\":5}",
          "{\"model\":\"llama-2-7b\",\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"5\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}}],\"max_completion_tokens\":99,\"response_format\":{\"type\":\"json_object\"}}",
          " {\n"
              + "\t\"model\" : \"größe\" , \"messages\" : [ ] , \"stream\" : false , \"stop\" : ["
              + " \"a\" , \"b\" ] , \"logit_bias\" : { \"50256\" : -100 } }\r\n");
  private static final List<String> PROMPTS =
      List.of(
          "{\"model\":\"m\",\"prompt\":\"Once upon a time\",\"max_tokens\":7}",
          "{\"model\":\"m\",\"prompt\":[\"a\",\"b\"],\"n\":1,\"stream\":true}",
          "{\"model\":\"m\",\"prompt\":[1,2,3]}",
          "{\"model\":\"m\",\"prompt\":[[1,2],[3]],\"suffix\":null}");
  private static final List<String> INPUTS =
      List.of(
          "{\"model\":\"e\",\"input\":\"text\",\"encoding_format\":\"float\"}",
          "{\"model\":\"e\",\"input\":[\"a\",\"b\"],\"dimensions\":3}",
          "{\"input\":[[1,2],[3,4]],\"model\":\"e\"}");

  private static List<String> corpus(Operation operation) {
    return switch (operation) {
      case CHAT_COMPLETIONS -> CHATS;
      case COMPLETIONS -> PROMPTS;
      case EMBEDDINGS -> INPUTS;
    };
  }

  @Test
  void scan_brokenRequests_takesAndReadsWhatJacksonDoes() {
    var taken = new AtomicInteger();
    var torn = new AtomicInteger();
    Fuzz.run(
        60_000,
        random -> {
          var operation = Fuzz.pick(random, List.of(Operation.values()));
          byte[] bytes = Fuzz.mutated(random, corpus(operation));
          byte[] padded = Arrays.copyOf(bytes, bytes.length + random.nextInt(10));
          Arrays.fill(padded, bytes.length, padded.length, (byte) '"');

          var scanned = BodyScanner.scan(padded, bytes.length, operation);

          boolean json = BodyScannerLawTest.isStrictJsonObject(bytes);
          if (BodyScannerLawTest.isTakenAsJson(scanned) != json) {
            assertThat(BodyScannerLawTest.isTakenAsJson(scanned))
                .as(Fuzz.shown(bytes))
                .isEqualTo(json);
          }
          if (scanned instanceof Scanned.Good(var body)) {
            taken.incrementAndGet();
            requireSame(body, JACKSON.readTree(bytes), bytes);
          } else if (!json) {
            torn.incrementAndGet();
          }
        });
    if (System.getProperty("penstock.fuzz.inputs") == null) {
      assertThat(taken.get()).isGreaterThan(10_000);
      assertThat(torn.get()).isGreaterThan(10_000);
    }
  }

  /** Of duplicates Jackson's tree keeps the last, too. */
  private static void requireSame(ScannedBody body, JsonNode tree, byte[] bytes) {
    var read = new ArrayList<Object>();
    read.add(body.model());
    read.add(body.stream());
    read.add(body.includeUsage());
    read.add(body.hasSeed());
    read.add(body.choices());
    read.add(body.maxTokens());
    read.add(body.fields().stream().map(ScannedBody.Field::name).distinct().sorted().toList());
    var expected = new ArrayList<Object>();
    expected.add(tree.path("model").isTextual() ? tree.path("model").textValue() : null);
    expected.add(tree.path("stream").asBoolean());
    expected.add(tree.path("stream_options").path("include_usage").asBoolean());
    expected.add(tree.hasNonNull("seed"));
    expected.add(tree.path("n").asInt(1));
    expected.add(
        tree.hasNonNull("max_completion_tokens")
            ? tree.path("max_completion_tokens").asInt()
            : tree.path("max_tokens").asInt(-1));
    var names = new ArrayList<String>();
    tree.fieldNames().forEachRemaining(names::add);
    expected.add(names.stream().sorted().toList());
    if (!read.equals(expected)) {
      assertThat(read).as(new String(bytes, StandardCharsets.UTF_8)).isEqualTo(expected);
    }
  }
}
