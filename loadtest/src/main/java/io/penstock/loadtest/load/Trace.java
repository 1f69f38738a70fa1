package io.penstock.loadtest.load;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Requests as others recorded them: when each came after the first, and how long its prompt and
 * completion were.
 *
 * @param rows in the order of their times
 * @param blockTokens how many tokens of a prompt one of a row's blocks stands for
 */
public record Trace(List<Row> rows, int blockTokens) {
  private static final DateTimeFormatter AZURE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss[.SSSSSSS][.SSSSSS][XXX]");

  /**
   * @param at after the first
   * @param blocks a number for each block of the prompt, the same where all up to its end is the
   *     same; empty where the trace does not say
   */
  public record Row(Duration at, int promptTokens, int completionTokens, List<Integer> blocks) {
    public Row {
      blocks = List.copyOf(blocks);
    }

    public Row(Duration at, int promptTokens, int completionTokens) {
      this(at, promptTokens, completionTokens, List.of());
    }
  }

  /** Of Mooncake's {@code hash_ids}. */
  private static final int BLOCK_TOKENS = 512;

  public Trace {
    if (blockTokens < 1) {
      throw new IllegalArgumentException("a block has 1 token or more, not " + blockTokens);
    }
    rows = rows.stream().sorted(Comparator.comparing(Row::at)).toList();
  }

  public Trace(List<Row> rows) {
    this(rows, BLOCK_TOKENS);
  }

  /** The same requests with all lengths divided, blocks included. */
  public Trace shrunk(int by) {
    return new Trace(
        rows.stream()
            .map(row ->
                new Row(
                    row.at(),
                    Math.max(1, row.promptTokens() / by),
                    Math.max(1, row.completionTokens() / by),
                    row.blocks()))
            .toList(),
        blockTokens / by);
  }

  /**
   * Reads Azure's CSV ({@code TIMESTAMP,ContextTokens,GeneratedTokens}) or, where the name ends
   * with {@code .jsonl}, Mooncake's lines. Throws with the file and the line where one cannot be
   * read.
   */
  public static Trace read(Path file) throws IOException {
    boolean json = file.toString().endsWith(".jsonl");
    List<String> lines = Files.readAllLines(file);
    List<Row> rows = new ArrayList<>(lines.size());
    LocalDateTime first = null;
    for (int i = json ? 0 : 1; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isBlank()) {
        continue;
      }
      try {
        if (json) {
          rows.add(mooncake(new JsonObject(line)));
        } else {
          String[] fields = line.split(",");
          var time = LocalDateTime.parse(fields[0].strip(), AZURE);
          first = first == null ? time : first;
          rows.add(new Row(Duration.between(first, time), whole(fields[1]), whole(fields[2])));
        }
      } catch (DateTimeParseException
          | ArrayIndexOutOfBoundsException
          | NumberFormatException
          | ClassCastException
          | io.vertx.core.json.DecodeException e) {
        throw new IOException(file + ":" + (i + 1) + ": not a row of a trace: " + line, e);
      }
    }
    return new Trace(rows);
  }

  private static Row mooncake(JsonObject row) {
    return new Row(
        Duration.ofMillis(row.getLong("timestamp", 0L)),
        row.getInteger("input_length", 1),
        row.getInteger("output_length", 1),
        row.getJsonArray("hash_ids", new JsonArray()).stream().map(Integer.class::cast).toList());
  }

  private static int whole(String field) {
    return Integer.parseInt(field.strip());
  }
}
