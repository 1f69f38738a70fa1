package io.penstock.config.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrafficShapeTest {
  private static TraceRow row(double seconds, int prompt, int completion) {
    long at = Math.round(seconds * 1e9);
    return new TraceRow(at, prompt, completion, "", "", "", "", new int[0]);
  }

  /** Two hours: one request each ten seconds, and in the second hour a minute of one a second. */
  private static List<TraceRow> burst() {
    var rows = new ArrayList<TraceRow>();
    for (int i = 0; i <= 720; i++) {
      rows.add(row(i * 10, 100 + i % 3, 50));
      for (int j = 1; i >= 500 && i < 506 && j < 10; j++) {
        rows.add(row(i * 10 + j, 1000, 500));
      }
    }
    return rows;
  }

  @Test
  void peak_isOfTheBusiestWindow() {
    var shape = TrafficShape.of(burst(), Duration.ofSeconds(60));
    assertThat(shape.requests()).isEqualTo(721 + 54);
    assertThat(shape.averagePerSecond()).isCloseTo(775 / 7200.0, within(1e-9));
    assertThat(shape.peakPerSecond()).isCloseTo(61 / 60.0, within(1e-9));
    assertThat(TrafficShape.of(burst(), Duration.ofSeconds(600)).peakPerSecond())
        .isLessThan(shape.peakPerSecond());
  }

  @Test
  void hours_sumToAllRequests() {
    var hours = TrafficShape.of(burst(), Duration.ofSeconds(60)).perSecondByHour();
    assertThat(hours).hasSize(2);
    assertThat(hours[1]).isGreaterThan(hours[0]);
    assertThat((hours[0] + hours[1]) * 3600).isCloseTo(775, within(1.0));
  }

  @Test
  void lengths_keepTheirMeanAndTheirTail() {
    var load = TrafficShape.of(burst(), Duration.ofSeconds(60)).load();
    double prompts = burst().stream().mapToInt(TraceRow::promptTokens).average().orElseThrow();
    assertThat(load.prompt().mean()).isCloseTo(prompts, within(1e-6));
    assertThat(load.prompt().quantile(0.5)).isBetween(100.0, 102.0);
    assertThat(load.prompt().quantile(0.99)).isEqualTo(1000);
    assertThat(load.completion().longest()).isEqualTo(500);
  }

  @Test
  void oneRequest_isASecondsWorth() {
    var shape = TrafficShape.of(List.of(row(0, 10, 0)), Duration.ofSeconds(60));
    assertThat(shape.peakPerSecond()).isEqualTo(1);
    assertThat(shape.load().completion().mean()).isEqualTo(1);
  }
}
