package io.penstock.config.trace;

import io.penstock.config.trace.TraceLine.Field;
import io.penstock.config.trace.TraceLine.Unreadable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads recorded requests, one a line: JSON objects, or comma-separated values under a line of
 * names. A field is known by any of its usual names (docs/simulation.md lists them), which covers
 * Azure's {@code TIMESTAMP,ContextTokens,GeneratedTokens}, Mooncake's {@code timestamp}, {@code
 * input_length}, {@code output_length}, {@code hash_ids}, and the gateway's own journal, of which a
 * directory is read as one trace. Other fields are passed over.
 */
public final class TraceFile {
  private final Path source;
  private final List<TraceRow> rows = new ArrayList<>();
  private @Nullable Path file;
  private @Nullable List<String> header;
  private boolean json;
  private int leftOut;

  private TraceFile(Path source) {
    this.source = source;
  }

  /** The rows of a file or of a directory's segments, or the first thing that is wrong. */
  public static Trace read(Path source) {
    return new TraceFile(source).read();
  }

  private Trace read() {
    try {
      for (Path segment : TrafficFiles.segments(List.of(source))) {
        TrafficFiles.read(segment, this::take);
      }
    } catch (Wrong wrong) {
      return new Trace.Invalid(wrong.getMessage());
    } catch (IOException unreadable) {
      String why = String.valueOf(unreadable.getMessage());
      return new Trace.Invalid(
          why.startsWith(source.toString()) ? why : source + ": cannot be read: " + why);
    }
    return rows.isEmpty()
        ? new Trace.Invalid(source + ": has no requests: write one a line")
        : new Trace.Ok(fromZero(), leftOut);
  }

  /** A problem with its place, on its way out of a loop over lines. */
  private static final class Wrong extends RuntimeException {
    private static final long serialVersionUID = 1;

    Wrong(String message) {
      super(message, null, false, false);
    }

    @Override
    public String getMessage() {
      return String.valueOf(super.getMessage());
    }
  }

  private void take(Path from, int number, String text, boolean torn) {
    if (!from.equals(file)) {
      file = from;
      header = null;
      json = text.stripLeading().startsWith("{");
    }
    try {
      take(text);
    } catch (Unreadable wrong) {
      if (!torn || from.equals(source)) {
        throw new Wrong(from + ":" + number + ": " + wrong.getMessage());
      }
    }
  }

  private void take(String text) throws Unreadable {
    if (json) {
      add(TraceJson.read(text));
    } else if (header == null) {
      header = named(text);
    } else {
      add(values(header, text));
    }
  }

  private void add(TraceLine fields) throws Unreadable {
    if (fields.isWithoutWork()) {
      leftOut++;
    } else {
      rows.add(fields.row());
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

  private static TraceLine values(List<String> names, String text) throws Unreadable {
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
    return fields;
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
