package io.penstock.loadtest.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScheduleTest {
  private static final long HUNDRED_SECONDS = 100_000_000_000L;

  @TempDir Path directory;

  @Test
  void constant_overLoops_isEvenlySpaced() {
    var all = new ArrayList<>(starts(new Arrivals.Constant(10), 0, 2, 1));
    all.addAll(starts(new Arrivals.Constant(10), 1, 2, 1));
    assertThat(all.stream().sorted().limit(4))
        .containsExactly(0L, 100_000_000L, 200_000_000L, 300_000_000L);
    assertThat(all).hasSize(1001).doesNotHaveDuplicates();
  }

  @Test
  void poisson_hasItsRateAndItsVariance() {
    var starts = starts(new Arrivals.Poisson(50), 0, 1, 1);
    double sum = 0;
    double squares = 0;
    for (int i = 1; i < starts.size(); i++) {
      double gap = (starts.get(i) - starts.get(i - 1)) / 1e9;
      sum += gap;
      squares += gap * gap;
    }
    double mean = sum / (starts.size() - 1);
    double variance = squares / (starts.size() - 1) - mean * mean;
    assertThat(mean).isCloseTo(0.02, within(0.001));
    assertThat(variance / (mean * mean)).as("exponential gaps").isCloseTo(1, within(0.1));
  }

  @Test
  void poisson_sameSeed_isTheSame() {
    assertThat(starts(new Arrivals.Poisson(5), 0, 2, 3))
        .isEqualTo(starts(new Arrivals.Poisson(5), 0, 2, 3));
    assertThat(starts(new Arrivals.Poisson(5), 0, 2, 3))
        .isNotEqualTo(starts(new Arrivals.Poisson(5), 0, 2, 4));
    assertThat(starts(new Arrivals.Poisson(5), 0, 2, 3))
        .isNotEqualTo(starts(new Arrivals.Poisson(5), 1, 2, 3));
  }

  @Test
  void trace_azure_isReadWithItsTimes() throws Exception {
    var file =
        Files.writeString(
            directory.resolve("t.csv"),
            "TIMESTAMP,ContextTokens,GeneratedTokens\n"
                + "2023-11-16 18:17:03.9799600,4808,10\n"
                + "2023-11-16 18:17:04.0319600,3180,8\n"
                + "2023-11-16 18:17:05,7,1\n");
    var trace = Trace.read(file);
    assertThat(trace.rows())
        .containsExactly(
            new Trace.Row(Duration.ZERO, 4808, 10),
            new Trace.Row(Duration.ofMillis(52), 3180, 8),
            new Trace.Row(Duration.ofNanos(1_020_040_000), 7, 1));
    assertThat(starts(new Arrivals.Replay(trace, 2), 1, 2, 1)).containsExactly(26_000_000L);
  }

  @Test
  void trace_mooncake_isRead() throws Exception {
    var file =
        Files.writeString(
            directory.resolve("t.jsonl"),
            "{\"timestamp\": 1500, \"input_length\": 6758, \"output_length\": 500}\n");
    assertThat(Trace.read(file).rows())
        .containsExactly(new Trace.Row(Duration.ofMillis(1500), 6758, 500));
    Files.writeString(
        file,
        "{\"timestamp\": 0, \"input_length\": 600, \"output_length\": 5, \"hash_ids\": [0, 46]}\n");
    assertThat(Trace.read(file).rows())
        .containsExactly(new Trace.Row(Duration.ZERO, 600, 5, List.of(0, 46)));
    assertThat(Trace.read(file).shrunk(8))
        .isEqualTo(new Trace(List.of(new Trace.Row(Duration.ZERO, 75, 1, List.of(0, 46))), 64));
  }

  @Test
  void trace_brokenRow_saysWhere() throws Exception {
    var file =
        Files.writeString(
            directory.resolve("t.csv"),
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808\n");
    assertThatThrownBy(() -> Trace.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("t.csv:2");
  }

  private static List<Long> starts(Arrivals arrivals, int loop, int loops, long seed) {
    var schedule = new Schedule(arrivals, loop, loops, HUNDRED_SECONDS, seed);
    List<Long> starts = new ArrayList<>();
    for (long at = schedule.next(); at != Schedule.END; at = schedule.next()) {
      starts.add(at);
    }
    return starts;
  }
}
