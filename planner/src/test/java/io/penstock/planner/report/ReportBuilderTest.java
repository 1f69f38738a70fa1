package io.penstock.planner.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.penstock.planner.Sample;
import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.cost.TokenPrice;
import io.penstock.planner.size.Bound;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReportBuilderTest {
  private static final double START = 1_700_000_000 / 86_400 * 86_400.0;
  private static final List<Bound> SLO =
      List.of(new Bound(Bound.Metric.TTFT, Bound.Percentile.P95, 0.5));

  private static PoolFacts gpus(int replicas) {
    return new PoolFacts(
        "small",
        Optional.of(Sample.of(Sample.LLAMA_7B, Sample.A100, 1)),
        0,
        replicas,
        1,
        0,
        0,
        SLO,
        Optional.empty());
  }

  private static final PoolFacts API =
      new PoolFacts(
          "large",
          Optional.empty(),
          0,
          1,
          0,
          0,
          0,
          List.of(),
          Optional.of(new TokenPrice(30, 30, 60)));

  private static Entry entry(double at, String tenant, String pool, double ttft, double usd) {
    return new Entry(
        at, tenant, "paid", pool, "simple", "answered", true, 400, 100, 150, ttft, 0.02, 3, usd);
  }

  /** So many requests a second in some minutes of some hours of the first day. */
  private static void traffic(
      ReportBuilder builder, double perSecond, int fromHour, int hours, int minutes) {
    var random = new Random(1);
    for (int hour = fromHour; hour < fromHour + hours; hour++) {
      for (int i = 0; i < perSecond * minutes * 60; i++) {
        double at = START + hour * 3600.0 + i / perSecond;
        builder.add(entry(at, "acme", "small", 0.2 + 0.1 * random.nextDouble(), 0.0002));
      }
    }
  }

  private static double saturation() {
    return ContinuousBatching.of(Sample.of(Sample.LLAMA_7B, Sample.A100, 1))
        .saturation(Workload.of(400, 150));
  }

  @Test
  void build_addsUp() {
    var builder = new ReportBuilder();
    traffic(builder, 2, 0, 1, 60);
    builder.add(entry(START + 10, "hobby", "large", 1, 0.5));
    builder.add(
        new Entry(
            START + 20,
            "hobby",
            "free",
            "",
            "",
            "refused",
            false,
            Double.NaN,
            Double.NaN,
            Double.NaN,
            Double.NaN,
            Double.NaN,
            Double.NaN,
            Double.NaN));

    var report = builder.build(List.of(gpus(1), API));

    assertThat(report.all().requests()).isEqualTo(7202);
    assertThat(report.byTier().stream().mapToLong(Report.Traffic::requests).sum()).isEqualTo(7202);
    assertThat(report.byTenant().stream().mapToLong(Report.Traffic::requests).sum())
        .isEqualTo(7202);
    assertThat(report.requestsByHour().values().stream().mapToLong(each -> each).sum())
        .isEqualTo(7202);
    assertThat(report.all().usd()).isCloseTo(7200 * 0.0002 + 0.5, within(1e-9));
    assertThat(report.byTenant().stream().mapToDouble(Report.Traffic::usd).sum())
        .isCloseTo(report.all().usd(), within(1e-9));
    assertThat(report.all().outcomes())
        .containsEntry("refused", 1L)
        .containsEntry("answered", 7201L);
    assertThat(report.all().promptTokens().p50()).isCloseTo(400, within(1.0));
    assertThat(report.all().cachedShare()).isCloseTo(0.25, within(1e-9));
    assertThat(report.costs().provider()).isEqualTo("large");
    assertThat(report.costs().allToApiUsd())
        .isCloseTo(7201 * (400 * 30 + 150 * 60) / 1e6, within(1e-6));
    assertThat(report.costs().savedUsd()).isPositive();
  }

  @Test
  void costs_ofAnswersThatWereKept_areSavedToo() {
    var builder = new ReportBuilder();
    builder.add(entry(START, "acme", "small", 0.2, 0.0002));
    var none = Double.NaN;
    for (int i = 0; i < 3; i++) {
      builder.add(
          new Entry(
              START + i,
              "acme",
              "paid",
              "small",
              "simple",
              "answered",
              true,
              none,
              none,
              none,
              none,
              none,
              0.001,
              none,
              410,
              140));
    }

    var costs = builder.build(List.of(gpus(1), API)).costs();

    double spared = 3 * (410 * 30 + 140 * 60) / 1e6;
    assertThat(costs.sparedUsd()).isCloseTo(spared, within(1e-9));
    assertThat(costs.allToApiUsd()).isCloseTo(spared + (400 * 30 + 150 * 60) / 1e6, within(1e-9));
    assertThat(costs.usd()).isCloseTo(0.0002, within(1e-9));
  }

  @Test
  void quantiles_areRightToTwoPercent() {
    var random = new Random(3);
    var seen = new Distribution();
    double[] values = new double[20_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.exp(2 * random.nextGaussian());
      seen.add(values[i]);
    }
    java.util.Arrays.sort(values);
    for (double q : new double[] {0.01, 0.5, 0.95, 0.99}) {
      double exact = values[(int) Math.ceil(q * values.length) - 1];
      assertThat(seen.quantile(q)).isCloseTo(exact, within(0.04 * exact));
    }
    assertThat(seen.shareWithin(1)).isCloseTo(0.5, within(0.02));
  }

  @Test
  void promises_areCounted() {
    var builder = new ReportBuilder();
    for (int i = 0; i < 100; i++) {
      builder.add(entry(START + i, "acme", "small", i < 90 ? 0.3 : 0.9, 0));
    }
    var promise = builder.build(List.of(gpus(1))).pools().getFirst().promises().getFirst();

    assertThat(promise.name()).isEqualTo("ttft-p95");
    assertThat(promise.share()).isCloseTo(0.9, within(1e-9));
    assertThat(promise.kept()).isFalse();
  }

  /** Eight hours of work a day, and replicas for it all night. */
  @Test
  void recommendations_giveBackWhatNobodyNeeds() {
    var builder = new ReportBuilder();
    double rate = 2.5 * saturation();
    traffic(builder, rate, 8, 8, 5);
    var report = builder.build(List.of(gpus(4)));
    var hardware = report.pools().getFirst().hardware();

    assertThat(hardware).isNotNull();
    assertThat(hardware.neededByHour().get(2)).isEqualTo(1);
    int needed = hardware.neededByHour().get(10);
    double each = hardware.sloPerSecond() / 4;
    assertThat(needed).isEqualTo((int) Math.ceil(rate / each));
    var night =
        report.recommendations().stream()
            .filter(advice -> advice.what().contains("00:00–08:00"))
            .findFirst()
            .orElseThrow();
    assertThat(night.what()).isEqualTo("small can lose 3 of 4 replicas at 00:00–08:00 UTC");
    assertThat(night.usdPerMonth()).isCloseTo(-3 * 2.0 * 730 * 8 / 24, within(0.01));
  }

  @Test
  void recommendations_askForWhatIsMissing() {
    var builder = new ReportBuilder();
    traffic(builder, 2.5 * saturation(), 9, 1, 5);
    var report = builder.build(List.of(gpus(1)));

    assertThat(report.recommendations())
        .anyMatch(advice -> advice.what().startsWith("small needs") && advice.usdPerMonth() > 0);
    assertThat(report.pools().getFirst().hardware().headroomPerSecond()).isNegative();
  }

  @Test
  void changes_sayFromWhichLoadOnOneMoreIsNeeded() {
    var builder = new ReportBuilder();
    traffic(builder, 1.2 * saturation(), 9, 1, 60);
    var report = builder.build(List.of(gpus(2)));
    var hardware = report.pools().getFirst().hardware();

    int now = java.util.Collections.max(hardware.neededByHour());
    var more = hardware.changes().getFirst();
    assertThat(more.replicas()).isEqualTo(now + 1);
    double busiest = java.util.Collections.max(hardware.busyByHour());
    double times = Double.parseDouble(more.when().replaceAll("[^0-9.]", ""));
    assertThat(times).isCloseTo(now * hardware.sloPerSecond() / 2 / busiest, within(0.02 * times));
    assertThat(hardware.changes())
        .filteredOn(change -> change.when().startsWith("answers"))
        .singleElement()
        .satisfies(change -> assertThat(change.replicas()).isGreaterThanOrEqualTo(now));
  }

  @Test
  void lengths_areCountedInClassesThatDouble() {
    var builder = new ReportBuilder();
    traffic(builder, 1, 9, 1, 1);

    var report = builder.build(List.of(gpus(1)));
    assertThat(report.promptLengths()).hasSize(10);
    assertThat(report.promptLengths().getLast()).isEqualTo(new Report.Bin(512, 60));
    assertThat(report.completionLengths().getLast()).isEqualTo(new Report.Bin(256, 60));
  }

  @Test
  void daysLeft_ofGrowingTraffic() {
    var builder = new ReportBuilder();
    for (int day = 0; day < 8; day++) {
      for (int i = 0; i < 1000 + 100 * day; i++) {
        builder.add(entry(START + 86_400.0 * day + 60 * (i % 1440), "a", "small", 0.2, 0));
      }
    }
    var hardware = builder.build(List.of(gpus(1))).pools().getFirst().hardware();

    assertThat(hardware.growthPerDay()).isCloseTo(100 / 1350.0, within(0.01));
    assertThat(hardware.daysLeft()).isPositive().isFinite();
  }

  @Test
  void build_ofNothing_isRefused() {
    assertThatThrownBy(() -> new ReportBuilder().build(List.of()))
        .hasMessageContaining("no request");
  }
}
