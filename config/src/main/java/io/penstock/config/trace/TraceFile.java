package io.penstock.config.trace;

import io.penstock.config.trace.TraceLine.Field;
import io.penstock.config.trace.TraceLine.Unreadable;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads recorded requests, one a line: JSON objects, or comma-separated values under a line of
 * names. A field is known by any of its usual names (docs/simulation.md lists them), which covers
 * Azure's {@code TIMESTAMP,ContextTokens,GeneratedTokens} and Mooncake's {@code timestamp}, {@code
 * input_length}, {@code output_length}, {@code hash_ids}. Other fields are passed over.
 */
public final class TraceFile {
  private final Path file;
  private final List<TraceRow> rows = new ArrayList<>();
  private @Nullable List<String> header;
  private @Nullable Boolean json;

  private TraceFile(Path file) {
    this.file = file;
  }

  /** The file's rows, or the first thing that is wrong with it. */
  public static Trace read(Path file) {
    return new TraceFile(file).read();
  }

  private Trace read() {
    if (Files.isDirectory(file)) {
      return new Trace.Invalid(file + ": is a directory: name the trace in it");
    }
    if (!Files.exists(file)) {
      return new Trace.Invalid(file + ": no such file");
    }
    int line = 0;
    try (var lines = Files.newBufferedReader(file)) {
      for (String text = lines.readLine(); text != null; text = lines.readLine()) {
        line++;
        take(text);
      }
    } catch (Unreadable wrong) {
      return new Trace.Invalid(file + ":" + line + ": " + wrong.getMessage());
    } catch (CharacterCodingException _) {
      return new Trace.Invalid(file + ":" + (line + 1) + ": is not UTF-8: write it as text");
    } catch (IOException unreadable) {
      return new Trace.Invalid(file + ": cannot be read: " + unreadable.getMessage());
    }
    return rows.isEmpty()
        ? new Trace.Invalid(file + ": has no requests: write one a line")
        : new Trace.Ok(fromZero());
  }

  private void take(String text) throws Unreadable {
    if (text.isBlank()) {
      return;
    }
    if (json == null) {
      json = text.stripLeading().startsWith("{");
    }
    if (json) {
      rows.add(TraceJson.read(text));
    } else if (header == null) {
      header = named(text);
    } else {
      rows.add(values(header, text));
    }
  }

  private static List<String> named(String text) throws Unreadable {
    var names = List.of(text.replace("\uFEFF", "").split(",", -1));
    if (names.stream().noneMatch(name -> TraceLine.field(name) == Field.PROMPT)) {
      throw new Unreadable(
          "names no column of a trace: write the names first, as"
              + " time,prompt_tokens,completion_tokens, or JSON objects");
    }
    return names;
  }

  private static TraceRow values(List<String> names, String text) throws Unreadable {
    String[] values = text.split(",", -1);
    if (values.length != names.size()) {
      throw new Unreadable(
          "has " + values.length + " values where line 1 names " + names.size() + " columns");
    }
    var fields = new TraceLine();
    for (int i = 0; i < values.length; i++) {
      var field = TraceLine.field(names.get(i));
      String value = values[i].strip();
      if (field != null && field != Field.BLOCKS && !value.isEmpty()) {
        fields.put(field, names.get(i).strip(), value);
      }
    }
    return fields.row();
  }

  private List<TraceRow> fromZero() {
    rows.sort(Comparator.comparingLong(TraceRow::atNanos));
    long first = rows.getFirst().atNanos();
    return rows.stream()
        .map(row ->
            new TraceRow(
                row.atNanos() - first,
                row.promptTokens(),
                row.completionTokens(),
                row.pool(),
                row.tier(),
                row.complexity(),
                row.priority(),
                row.blocks()))
        .toList();
  }
}
