package io.penstock.config.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrafficFilesTest {
  @TempDir private Path directory;

  private static byte[] gzip(String text) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var packed = new GZIPOutputStream(bytes)) {
      packed.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private List<String> lines() throws IOException {
    var lines = new ArrayList<String>();
    for (Path segment : TrafficFiles.segments(List.of(directory))) {
      TrafficFiles.read(
          segment, (_, number, text, torn) -> lines.add(number + (torn ? "~" : ":") + text));
    }
    return lines;
  }

  @Test
  void read_takesSegmentsInOrder_packedOrNot_andNothingElse() throws Exception {
    Files.write(directory.resolve("b.jsonl.gz"), gzip("three\n\nfour\n"));
    Files.writeString(directory.resolve("a.jsonl"), "one\ntwo\n");
    Files.writeString(directory.resolve("notes.txt"), "no\n");

    assertThat(lines()).containsExactly("1:one", "2:two", "1:three", "3:four");
  }

  @Test
  void read_ofATornEnd_givesWhatIsThere() throws Exception {
    Files.writeString(directory.resolve("a.jsonl"), "one\ntw");
    byte[] packed = gzip("x".repeat(100_000) + "\n" + "y".repeat(100_000) + "\n");
    Files.write(directory.resolve("b.jsonl.gz"), Arrays.copyOf(packed, packed.length - 12));
    Files.write(directory.resolve("c.jsonl.gz"), new byte[] {31, (byte) 139});

    assertThat(lines()).startsWith("1:one", "2~tw");
  }

  @Test
  void segments_ofWhatIsNotThere_isSaid() {
    assertThatThrownBy(() -> TrafficFiles.segments(List.of(directory.resolve("none"))))
        .isInstanceOf(IOException.class)
        .hasMessageEndingWith("none: no such file or directory");
  }
}
