package io.penstock.config.trace;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * The lines of recorded traffic: of files, or of all the journal's segments in directories (names
 * that end in {@code .jsonl} or {@code .jsonl.gz}), in the order of their names. A file that is
 * torn at its end, as a gateway leaves one that was killed, gives what it has. A journal may be
 * written meanwhile: a segment that is there packed and not is read once, and one that has been
 * packed since it was listed is read as it is now.
 */
public final class TrafficFiles {
  private static final String PACKED = ".gz";

  private TrafficFiles() {}

  /** Takes the lines. */
  @FunctionalInterface
  public interface Lines {
    /**
     * One line.
     *
     * @param file it is from
     * @param number of the line there, from 1
     * @param text without its end
     * @param torn whether the file ends in the middle of it
     */
    void line(Path file, int number, String text, boolean torn);
  }

  /** The segments of these files and directories; throws with one line where one is not there. */
  public static List<Path> segments(List<Path> sources) throws IOException {
    var segments = new ArrayList<Path>();
    for (Path source : sources) {
      if (Files.isDirectory(source)) {
        try (var files = Files.list(source)) {
          var all = files.filter(TrafficFiles::isSegment).sorted().toList();
          all.stream().filter(file -> !all.contains(packed(file))).forEach(segments::add);
        }
      } else if (Files.exists(source)) {
        segments.add(source);
      } else {
        throw new IOException(source + ": no such file or directory");
      }
    }
    return segments;
  }

  private static Path packed(Path file) {
    return file.resolveSibling(file.getFileName() + PACKED);
  }

  private static boolean isSegment(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".jsonl") || name.endsWith(".jsonl.gz");
  }

  /** Every line of a segment, blank ones left out. */
  public static void read(Path segment, Lines lines) throws IOException {
    int number = 0;
    try (var reader = open(segment)) {
      var text = new StringBuilder();
      for (int c = reader.read(); c >= 0; c = reader.read()) {
        if (c != '\n') {
          text.append((char) c);
          continue;
        }
        give(segment, ++number, text, false, lines);
      }
      give(segment, ++number, text, true, lines);
    } catch (NoSuchFileException _) {
      // It was too old, and its gateway let go of it since it was listed.
    } catch (EOFException | ZipException _) {
      // A compressed file that was being written when its gateway was killed.
    }
  }

  private static void give(
      Path segment, int number, StringBuilder text, boolean torn, Lines lines) {
    if (!text.toString().isBlank()) {
      lines.line(segment, number, text.toString(), torn);
    }
    text.setLength(0);
  }

  private static BufferedReader open(Path segment) throws IOException {
    Path file = segment;
    InputStream bytes;
    try {
      bytes = Files.newInputStream(file);
    } catch (NoSuchFileException gone) {
      file = packed(segment);
      if (!Files.exists(file)) {
        throw gone;
      }
      bytes = Files.newInputStream(file);
    }
    try {
      InputStream plain =
          file.toString().endsWith(PACKED) ? new GZIPInputStream(bytes, 1 << 16) : bytes;
      return new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8), 1 << 16);
    } catch (EOFException | ZipException _) {
      bytes.close();
      return new BufferedReader(Reader.nullReader());
    }
  }
}
