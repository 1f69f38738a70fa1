package io.penstock.gateway.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.penstock.config.Traffic;
import io.penstock.gateway.testing.TestBed;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
  @TempDir private Path directory;
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  private Journal journal(Traffic config) {
    var journal = new Journal(meters);
    journal.follow(Optional.of(config));
    return journal;
  }

  private double counted(String name) {
    return meters.get(name).functionCounters().stream().mapToDouble(c -> c.count()).sum();
  }

  @Test
  void close_everyRecordIsOnDisk_inOrder() throws Exception {
    try (var journal = journal(Lines.config(directory))) {
      for (int i = 1; i <= 1000; i++) {
        journal.record(Lines.ending(i), 0);
      }
    }

    assertThat(Lines.numbers(directory)).isEqualTo(IntStream.rangeClosed(1, 1000).boxed().toList());
    assertThat(Lines.files(directory)).allMatch(file -> file.toString().endsWith(".jsonl.gz"));
    assertThat(counted("penstock.journal.records")).isEqualTo(1000);
    assertThat(counted("penstock.journal.dropped")).isZero();
  }

  @Test
  void record_whatIsNotKnown_isLeftOut() throws Exception {
    try (var journal = journal(Lines.config(directory))) {
      journal.record(Lines.ending(400), 0);
    }

    var line = Lines.of(directory).getFirst();
    assertThat(line.fieldNames())
        .containsExactlyInAnyOrder("v", "time", "outcome", "reason", "status", "duration_ms");
    assertThat(line.getDouble("duration_ms")).isEqualTo(2.5);
    assertThat(line.getString("time"))
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
  }

  @Test
  void segments_full_areClosedCompressedAndLetGo_theOldestFirst() throws Exception {
    var small =
        new Traffic(
            directory, Duration.ZERO, 4 << 10, Duration.ofHours(1), Duration.ofDays(1), 2 << 10);
    try (var journal = journal(small)) {
      for (int i = 1; i <= 2000; i++) {
        int number = i;
        journal.record(Lines.ending(number), 0);
        if (i % 100 == 0) {
          TestBed.await(() -> counted("penstock.journal.records") == number);
        }
      }
    }

    var numbers = Lines.numbers(directory);
    assertThat(numbers).isNotEmpty().last().isEqualTo(2000);
    assertThat(numbers.getFirst()).as("the oldest are gone").isGreaterThan(1);
    assertThat(numbers).isEqualTo(IntStream.rangeClosed(numbers.getFirst(), 2000).boxed().toList());
    long bytes = 0;
    for (Path file : Lines.files(directory)) {
      bytes += Files.size(file);
    }
    assertThat(bytes).isLessThanOrEqualTo(2 << 10);
  }

  @Test
  void start_segmentsOlderThanKeep_areLetGo() throws Exception {
    Path old = directory.resolve("traffic-20200101T000000.000Z.jsonl");
    Files.writeString(old, "{\"v\":1,\"status\":7}\n");
    Files.setLastModifiedTime(old, java.nio.file.attribute.FileTime.fromMillis(0));
    try (var journal = journal(Lines.config(directory))) {
      journal.record(Lines.ending(1), 0);
    }
    assertThat(Lines.numbers(directory)).containsExactly(1);
  }

  @Test
  void start_afterATornTail_cutsItOff_andKeepsEveryWholeLine() throws Exception {
    Files.writeString(
        directory.resolve("traffic-20990101T000000.000Z.jsonl"),
        "{\"v\":1,\"status\":1}\n{\"v\":1,\"status\":2}\n{\"v\":1,\"sta");
    Files.writeString(directory.resolve("traffic-20990101T000001.000Z.jsonl"), "{\"v\":1");
    Files.write(
        directory.resolve("traffic-20990101T000002.000Z.jsonl"),
        ("{\"v\":1,\"status\":3}\n" + "\0".repeat(100_000)).getBytes(StandardCharsets.UTF_8));
    Files.writeString(directory.resolve("traffic-20990101T000003.000Z.jsonl.gz.tmp"), "half");

    try (var journal = journal(Lines.config(directory))) {
      journal.record(Lines.ending(4), 0);
    }

    assertThat(Lines.numbers(directory)).containsExactlyInAnyOrder(1, 2, 3, 4);
  }

  @Test
  void directory_ofAnotherJournal_isLeftAlone() throws Exception {
    var others = new SimpleMeterRegistry();
    try (var first = journal(Lines.config(directory));
        var second = new Journal(others)) {
      first.record(Lines.ending(1), 0);
      TestBed.await(() -> counted("penstock.journal.records") == 1);
      second.follow(Optional.of(Lines.config(directory)));
      second.record(Lines.ending(2), 0);
      TestBed.await(() ->
          others.get("penstock.journal.dropped").tag("reason", "disk").functionCounter().count()
              == 1);
      assertThat(others.get("penstock.store.up").gauge().value()).isZero();
    }
    assertThat(Lines.numbers(directory)).containsExactly(1);
  }

  /** {@code /dev/full} takes nothing, as a full disk does. */
  @Test
  void disk_full_stopsTheRecords_andTheyGoOnWhenThereIsSpace() throws Exception {
    var clock = new AtomicLong(1_000_000_000_000L);
    var tally = new Writer.Tally();
    var writer = new Writer(Lines.config(directory), tally, clock::get);
    writer.start();
    Entry one = Entry.of(Lines.ending(1), 0, clock.get());
    writer.offer(one);
    TestBed.await(() -> tally.written.sum() == 1);

    long later = clock.get() + Duration.ofHours(2).toMillis();
    Files.createSymbolicLink(directory.resolve(Segments.name(later)), Path.of("/dev/full"));
    clock.set(later);
    TestBed.await(() -> {
      writer.offer(one);
      return !writer.up();
    });
    long written = tally.written.sum();
    for (int i = 0; i < 1000; i++) {
      writer.offer(one);
    }
    TestBed.await(() -> tally.unwritten.sum() >= 1000);
    assertThat(tally.written.sum()).isEqualTo(written);

    clock.addAndGet(1);
    TestBed.await(() -> {
      writer.offer(one);
      return writer.up();
    });
    writer.close();
    assertThat(Lines.numbers(directory)).hasSize((int) tally.written.sum());
    assertThat(tally.written.sum()).isGreaterThan(written);
  }

  @Test
  void queue_full_isCountedAndNeverWaitedFor() {
    var tally = new Writer.Tally();
    var writer = new Writer(Lines.config(directory), tally, System::currentTimeMillis);
    Entry one = Entry.of(Lines.ending(1), 0, 0);
    for (int i = 0; i < Writer.QUEUE + 10; i++) {
      writer.offer(one);
    }
    assertThat(tally.overflowed.sum()).isEqualTo(10);
  }

  @Test
  void process_killed_keepsWhatItHadWritten_andIsRepaired() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                JournalProcess.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    long written = 0;
    long recorded = 0;
    try (var said =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      while (written < 300) {
        String[] numbers = said.readLine().split(" ");
        written = Long.parseLong(numbers[0]);
        recorded = Long.parseLong(numbers[1]);
      }
    } finally {
      process.destroyForcibly().waitFor();
    }
    // A gateway that is killed in the middle of a write leaves half a line.
    Path open = Lines.files(directory).getLast();
    Files.writeString(open, "{\"v\":1,\"ti", StandardOpenOption.APPEND);

    try (var journal = journal(Lines.config(directory))) {
      journal.record(Lines.ending(Integer.MAX_VALUE), 0);
    }

    var numbers = Lines.numbers(directory);
    int last = numbers.size() - 1;
    assertThat(numbers.getLast()).as("the new gateway's").isEqualTo(Integer.MAX_VALUE);
    assertThat(numbers.subList(0, last)).isEqualTo(IntStream.rangeClosed(1, last).boxed().toList());
    assertThat(last).as("what was said to be written").isGreaterThanOrEqualTo((int) written);
    System.out.println(
        "killed after " + recorded + " records: " + Math.max(0, recorded - last) + " lost");
  }
}
