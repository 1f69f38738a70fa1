package io.penstock.gateway.relay;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.penstock.gateway.testing.Fuzz;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Answers of model servers, broken and cut anywhere. */
final class AnswerFuzzTest {
  private static final ObjectMapper JACKSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final int MAX_FRAME_BYTES = 400;

  private static final List<String> STREAMS =
      List.of(
          "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n"
              + "data: {\"choices\":[{\"delta\":{\"content\":\"é\"}}]}\n\n"
              + "data: [DONE]\n\n",
          ": ping\r\n\r\nevent: message\r\ndata: {\"a\":1}\r\ndata: b\r\n\r\ndata: [DONE]\r\n\r\n",
          "data: a\r\rdata: b\n\r\ndata: c\r\n\nretry: 5\rid: 7\r\r\n",
          "\n\n\r\n\r\n\r\rdata: x",
          "data: " + "x".repeat(300) + "\n\ndata: " + "y".repeat(300) + "\n\n");

  private static final List<String> CHUNKS =
      List.of(
          "{\"id\":\"x\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}],\"usage\":null}",
          "{\"id\":\"x\",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9,\"prompt_tokens_details\":{\"cached_tokens\":3}},\"choices\":[],\"model\":\"\\u006d\\\"\"}",
          "{\"object\":\"error\",\"message\":\"no\",\"type\":\"t\",\"param\":null,\"code\":400}",
          "{\"error\":{\"message\":\"no\",\"type\":\"t\",\"param\":null,\"code\":\"c\"}}",
          "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"field required\"}]}",
          " { \"choices\" : [ { \"message\" : { \"role\" : \"assistant\" , \"content\" : \"hi\" } ,"
              + " \"finish_reason\" : \"stop\" } ] , \"model\" : \"m\" } ");

  /** Frames, and null at the end where one was over the bound. */
  private static List<String> frames(byte[] bytes, int... cuts) {
    var frames = new ArrayList<String>();
    var scanner =
        new SseScanner(
            MAX_FRAME_BYTES,
            (source, start, end) -> frames.add(new String(source, start, end - start, ISO_8859_1)));
    int from = 0;
    for (int i = 0; i <= cuts.length; i++) {
      int to = i == cuts.length ? bytes.length : cuts[i];
      // As a read of a larger buffer: what lies around it is not its own.
      byte[] read = new byte[to - from + 4];
      Arrays.fill(read, (byte) '\n');
      System.arraycopy(bytes, from, read, 2, to - from);
      if (!scanner.feed(read, 2, 2 + to - from)) {
        frames.add(null);
        return frames;
      }
      from = to;
    }
    scanner.finish();
    return frames;
  }

  /** What a client makes of frames: an empty line more, or a CR's LF apart, is nothing to it. */
  private static List<String> events(List<String> frames) {
    return frames.stream()
        .map(frame -> frame.replace("\r\n", "\n").replace('\r', '\n').strip())
        .filter(frame -> !frame.isEmpty())
        .toList();
  }

  @Test
  void stream_cutAnywhere_givesTheSameEvents_andLosesNoByte() {
    Fuzz.run(
        60_000,
        random -> {
          byte[] bytes = Fuzz.mutated(random, STREAMS);
          int[] cuts = Fuzz.cuts(random, bytes.length);

          var cut = frames(bytes, cuts);

          if (cut.contains(null)) {
            return; // Over the bound; a frame within one read is given whole, however long.
          }
          if (!String.join("", cut).equals(new String(bytes, ISO_8859_1))) {
            assertThat(String.join("", cut)).isEqualTo(new String(bytes, ISO_8859_1));
          }
          var whole = frames(bytes);
          if (!whole.contains(null) && !events(cut).equals(events(whole))) {
            assertThat(events(cut))
                .as(Fuzz.shown(bytes) + " cut at " + Arrays.toString(cuts))
                .isEqualTo(events(whole));
          }
        });
  }

  @Test
  void scan_ofWhatIsNoAnswer_ends_andOfJsonFindsWhatJacksonFinds() {
    var scan = new AnswerScan();
    Fuzz.run(
        60_000,
        random -> {
          byte[] bytes = Fuzz.mutated(random, CHUNKS);
          byte[] around = new byte[bytes.length + 6];
          Arrays.fill(around, (byte) '"');
          System.arraycopy(bytes, 0, around, 3, bytes.length);

          boolean taken = scan.scan(around, 3, 3 + bytes.length);
          ReadError.of(around, 3, 3 + bytes.length).body("default", "type");

          JsonNode tree = tree(bytes);
          if (taken && tree != null && tree.isObject() && tree.path("model").isTextual()) {
            assertThat(scan.hasModel()).as(Fuzz.shown(bytes)).isTrue();
            var text =
                new String(
                    around,
                    scan.modelStart(),
                    scan.modelEnd() - scan.modelStart(),
                    java.nio.charset.StandardCharsets.UTF_8);
            assertThat(JACKSON.readTree(text)).as(Fuzz.shown(bytes)).isNotNull();
          }
        });
  }

  private static JsonNode tree(byte[] bytes) throws IOException {
    try {
      return JACKSON.readTree(bytes);
    } catch (JacksonException noJson) {
      return null;
    }
  }
}
