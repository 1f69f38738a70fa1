package io.penstock.gateway.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MonthCostTest {
  private static final long NOVEMBER_27 = Instant.parse("2026-11-27T10:00:00Z").toEpochMilli();
  private static final long DECEMBER_1 = Instant.parse("2026-12-01T00:00:00Z").toEpochMilli();

  @TempDir private Path directory;

  private void segment(String name, String... lines) throws IOException {
    Path file = directory.resolve("traffic-" + name + ".jsonl");
    Files.writeString(file, String.join("\n", lines));
    Files.setLastModifiedTime(file, FileTime.fromMillis(NOVEMBER_27));
  }

  private static String record(String time, double durationMillis, double usd) {
    return "{\"v\":1,\"time\":\"%s\",\"outcome\":\"answered\",\"cost_usd\":%s,\"duration_ms\":%s}"
        .formatted(time, usd, durationMillis);
  }

  @Test
  void past_thisMonthsRecordsCount_byTheirEnd_andNoneOfOtherMonthsOrTornOnes() throws Exception {
    segment(
        "20261101T000000.000Z",
        record("2026-10-31T23:59:58.000Z", 1000, 100),
        record("2026-10-31T23:59:59.000Z", 1500, 1),
        record("2026-11-01T00:00:00.000Z", 10, 2),
        "{\"v\":1,\"time\":\"2026-11-02T00:00:00.000Z\",\"outcome\":\"refused\"}",
        "not a record",
        record("2026-11-26T00:00:00.000Z", 10, 0.25),
        "{\"v\":1,\"time\":\"2026-11-26T0");
    var cost = new MonthCost(directory, NOVEMBER_27);
    assertThat(cost.usd(NOVEMBER_27)).isNaN();

    cost.readPast();
    cost.add(500_000, NOVEMBER_27);

    assertThat(cost.usd(NOVEMBER_27)).isEqualTo(3.75);
  }

  @Test
  void aNewMonth_beginsAtNothing() {
    var cost = new MonthCost(directory.resolve("none"), NOVEMBER_27);
    cost.readPast();
    cost.add(700_000, DECEMBER_1 - 1);
    assertThat(cost.usd(DECEMBER_1 - 1)).isEqualTo(0.7);

    cost.add(200_000, DECEMBER_1);

    assertThat(cost.usd(DECEMBER_1)).isEqualTo(0.2);
  }

  @Test
  void aJournalThatIsOpenedAgain_goesOnCounting() {
    var meters = new SimpleMeterRegistry();
    try (var journal = new Journal(meters)) {
      journal.follow(Optional.of(Lines.config(directory)));
      journal.record(Lines.ending(1), 1_500_000);
      until(meters, 1.5);
      journal.follow(Optional.empty());
      assertThat(meters.get("penstock.cost.month.usd").gauge().value()).isNaN();

      journal.follow(Optional.of(Lines.config(directory)));
      journal.record(Lines.ending(2), 250_000);
      until(meters, 1.75);
    }
  }

  private static void until(SimpleMeterRegistry meters, double usd) {
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (meters.get("penstock.cost.month.usd").gauge().value() != usd) {
      assertThat(System.nanoTime()).as("waiting for " + usd).isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }
}
