package io.penstock.gateway.journal;

import io.penstock.config.Traffic;
import io.penstock.gateway.call.Ending;
import io.penstock.gateway.call.Usage;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** Journals of numbered records, and what is in their files. */
public final class Lines {
  private Lines() {}

  static Traffic config(Path directory) {
    return new Traffic(
        directory, Duration.ofMillis(50), 64 << 20, Duration.ofHours(1), Duration.ofDays(30), 0);
  }

  /** A request that was refused at the door, with its number for a status. */
  static Ending ending(int number) {
    return new Ending(
        Ending.Outcome.REFUSED,
        "invalid_json",
        null,
        null,
        null,
        null,
        null,
        Usage.NONE,
        number,
        0,
        0,
        0,
        1_000_000,
        2_500_000,
        0,
        false);
  }

  /** All records of a directory in the order of its files. */
  public static List<JsonObject> of(Path directory) throws IOException {
    var all = new ArrayList<JsonObject>();
    for (Path file : files(directory)) {
      try (InputStream plain = Files.newInputStream(file);
          InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(plain) : plain) {
        new String(in.readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .forEach(line -> all.add(new JsonObject(line)));
      }
    }
    return all;
  }

  static List<Integer> numbers(Path directory) throws IOException {
    return of(directory).stream().map(line -> line.getInteger("status")).toList();
  }

  static List<Path> files(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().contains(".jsonl"))
          .sorted()
          .toList();
    }
  }
}
