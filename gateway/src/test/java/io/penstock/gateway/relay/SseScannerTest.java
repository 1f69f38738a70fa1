package io.penstock.gateway.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SseScannerTest {
  private final List<String> frames = new ArrayList<>();

  private SseScanner scanner(int maxBytes) {
    return new SseScanner(
        maxBytes, (bytes, start, end) -> frames.add(new String(bytes, start, end - start, UTF_8)));
  }

  private List<String> cut(String stream, int... cuts) {
    frames.clear();
    SseScanner scanner = scanner(1 << 16);
    byte[] bytes = stream.getBytes(UTF_8);
    int from = 0;
    for (int cut : cuts) {
      assertThat(scanner.feed(bytes, from, cut)).isTrue();
      from = cut;
    }
    assertThat(scanner.feed(bytes, from, bytes.length)).isTrue();
    scanner.finish();
    return List.copyOf(frames);
  }

  @Test
  void feed_aStreamWithLf_givesEachFrameWithItsEmptyLine() {
    assertThat(cut("data: a\n\n: c\n\ndata: b\ndata: c\n\n"))
        .containsExactly("data: a\n\n", ": c\n\n", "data: b\ndata: c\n\n");
  }

  @Test
  void feed_cutAtEveryPairOfBytes_givesTheSameFrames() {
    String stream =
        "data: {\"a\":\"é\"}\n\n: ping\n\nevent: x\ndata: b\ndata: c\n\ndata: [DONE]\n\n";
    List<String> whole = cut(stream);
    assertThat(whole).hasSize(4);
    int length = stream.getBytes(UTF_8).length;
    for (int i = 0; i <= length; i++) {
      for (int j = i; j <= length; j++) {
        assertThat(cut(stream, i, j)).as("cut at %d and %d", i, j).isEqualTo(whole);
      }
    }
  }

  @Test
  void feed_crLfAndCrAndMixed_cutAtEveryByte_losesNoByteAndJoinsNoFrames() {
    for (String end : List.of("\r\n\r\n", "\r\r", "\n\r\n", "\r\n\n")) {
      String stream = "data: a" + end + "data: b" + end;
      for (int i = 0; i <= stream.length(); i++) {
        List<String> found = cut(stream, i);
        assertThat(String.join("", found)).isEqualTo(stream);
        assertThat(found.stream().filter(frame -> frame.contains("data")).toList())
            .as("%s cut at %d", found, i)
            .hasSize(2);
      }
    }
  }

  @Test
  void feed_byteByByte_givesTheSameFrames() {
    String stream = "data: a\r\n\r\ndata: b\r\n\r\n";
    int[] cuts = java.util.stream.IntStream.range(0, stream.length()).toArray();
    List<String> found = cut(stream, cuts);
    assertThat(String.join("", found)).isEqualTo(stream);
    assertThat(found.stream().filter(frame -> frame.startsWith("data")).count()).isEqualTo(2);
  }

  @Test
  void finish_withoutTheLastEmptyLine_givesTheRest() {
    assertThat(cut("data: a\n\ndata: [DONE]")).containsExactly("data: a\n\n", "data: [DONE]");
  }

  @Test
  void feed_aFrameOverTheBound_saysSo() {
    SseScanner scanner = scanner(100);
    byte[] bytes = new byte[60];
    Arrays.fill(bytes, (byte) 'x');
    assertThat(scanner.feed(bytes, 0, 60)).isTrue();
    assertThat(scanner.feed(bytes, 0, 60)).isFalse();
  }
}
