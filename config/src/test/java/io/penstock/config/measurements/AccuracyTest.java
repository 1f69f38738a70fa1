package io.penstock.config.measurements;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.penstock.config.catalog.Catalog;
import io.penstock.config.catalog.FittedTable;
import io.penstock.planner.accuracy.Measurement;
import io.penstock.planner.model.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccuracyTest {
  private static final String HEADER =
      "id,source,engine,engine_version,model,params_b,layers,hidden,heads,kv_heads,head_dim,"
          + "weight_dtype,kv_dtype,gpu,num_gpus,tp,pp,isl,osl,batch_or_concurrency,metric,value,"
          + "notes,load_mode,mem_gb\n";

  @TempDir Path directory;

  @Test
  void run_onRowsOfEveryKind_predictsThemAndSaysWhatItLeavesOut() throws IOException {
    data(
        row(
            "a-1",
            "llama-2-7b",
            "A100-SXM-80GB",
            "fp16",
            1,
            "16",
            "tpot_ms",
            "14.5",
            "closed_loop"),
        row("a-2", "llama-2-7b", "A100-SXM-80GB", "fp16", 1, "16", "ttft_ms", "90", "closed_loop"),
        row(
            "a-3",
            "llama-2-7b",
            "A100-SXM-80GB",
            "fp16",
            1,
            "max",
            "output_tok_s",
            "2000",
            "offline_max"),
        row(
            "b-1",
            "llama-2-7b",
            "A100-SXM-80GB",
            "fp16",
            1,
            "2qps",
            "req_s",
            "2.0",
            "open_loop_poisson"),
        row(
            "b-2",
            "llama-2-7b",
            "A100-SXM-80GB",
            "fp16",
            1,
            "inf(100)",
            "tpot_ms",
            "40",
            "offline_burst"),
        row("c-1", "llama-2-7b", "Abacus-1KB", "fp16", 1, "16", "tpot_ms", "14", "closed_loop"),
        row("c-2", "llama-2-70b", "A100-SXM-80GB", "fp16", 1, "16", "tpot_ms", "14", "closed_loop"),
        row("c-3", "llama-2-7b", "A100-SXM-80GB", "fp16", 1, "16", "mood", "14", "closed_loop"));

    var report = Accuracy.run(directory, Optional.empty());

    assertThat(report.overallWithoutTtft().rows()).isEqualTo(4);
    assertThat(report.overallWithoutTtft().median()).isLessThan(0.5);
    assertThat(report.ttft().rows()).isEqualTo(1);
    assertThat(report.leftOut())
        .containsEntry("GPU unknown: Abacus-1KB", 1)
        .containsEntry("does not fit in memory by the model", 1)
        .containsEntry("metric unknown: mood", 1);
    assertThat(report.json())
        .startsWith("{\"groups\":[{\"by\":\"metric\",\"key\":\"output_tok_s\",\"rows\":1,")
        .contains("\"overall_without_ttft\":{\"rows\":4,")
        .contains("\"left_out\":[{\"why\":");
    assertThat(report.text()).contains("all without ttft");
  }

  @Test
  void run_onNamesAsBenchmarksPublishThem_knowsWhatTheyAre() throws IOException {
    String known = row("a-1", "llama-3.1-8b", "h100", "fp8", 1, "16", "req_s", "9", "closed_loop");
    data(
        known,
        known.replace("a-1", "b-1").replace("llama-3.1-8b", "nvidia/Llama-3.1-8B-Instruct-FP8"),
        known.replace("a-1", "c-1").replace("h100", "NVIDIA H100 80GB HBM3"),
        known.replace("a-1", "d-1").replace("h100", "NVIDIA-H100-SXM-80GB"),
        known.replace("a-1", "e-1").replace(",h100,1,1,", ",h100,,,"));

    var groups = Accuracy.run(directory, Optional.empty()).groups();

    var bySource = groups.stream().filter(group -> group.by().equals("source")).toList();
    assertThat(bySource).hasSize(5);
    assertThat(bySource)
        .extracting(AccuracyReport.Group::errors)
        .containsOnly(bySource.getFirst().errors());
  }

  @Test
  void run_onRowsThatNobodyCanPredict_leavesEachOutAndSaysWhy() throws IOException {
    String row = row("a-1", "llama-2-7b", "h100", "fp16", 1, "16", "req_s", "9", "closed_loop");
    data(
        row.replace("llama-2-7b,7,32", "secret-8x7b,46,32"),
        row.replace("llama-2-7b,7,32,4096,32,32,128", "secret-7b,,,,,,"),
        row.replace(",512,128,", ",NaN,128,"),
        row.replace(",512,128,", ",many,128,"),
        row.replace(",16,req_s,9,", ",16,req_s,-9,"),
        row.replace(",16,", ",0,"),
        row.replace(",fp16,", ",fp7,"),
        row.replace("closed_loop", "yoga"));

    var report = Accuracy.run(directory, Optional.empty());

    assertThat(report.overallWithoutTtft().rows()).isZero();
    assertThat(report.leftOut())
        .containsOnlyKeys(
            "a mixture that the catalogue does not know: secret-8x7b",
            "model unknown: secret-7b",
            "isl is not finite",
            "isl is not a number",
            "a measured value must be above 0, not -9.0",
            "load is not above 0: 0",
            "precision unknown: fp7",
            "load mode unknown: yoga");
  }

  @Test
  void run_afterAFitToTheSameRows_isNearer() throws IOException {
    data(
        row("a-1", "llama-2-7b", "A100-SXM-80GB", "fp16", 1, "1", "tpot_ms", "30", "closed_loop"),
        row("a-2", "llama-2-7b", "A100-SXM-80GB", "fp16", 1, "8", "tpot_ms", "33", "closed_loop"),
        row("a-3", "llama-2-7b", "A100-SXM-80GB", "fp16", 1, "4", "tpot_ms", "31", "closed_loop"));

    var shipped = Accuracy.run(directory, Optional.empty());
    var fitted = Accuracy.run(directory, Optional.of(directory));

    assertThat(fitted.overallWithoutTtft().median())
        .isLessThan(shipped.overallWithoutTtft().median())
        .isLessThan(0.1);
  }

  @Test
  void rows_withLengthsThatNobodyWouldAskFor_areMeansOfOthers() throws IOException {
    String row = row("a-1", "llama-2-7b", "h100", "fp16", 1, "16", "req_s", "9", "closed_loop");
    data(
        row,
        row.replace(",512,128,", ",467,256,"),
        row.replace(",512,128,", ",1998,94,"),
        row.replace(",512,128,", ",217,100,"),
        row.replace(",512,128,", ",217,202,"));

    var rows = MeasurementFiles.read(directory, Catalog.shipped()).rows();

    assertThat(rows).extracting(Measurement::variation).containsExactly(0.0, 0.0, 0.0, 0.0, 0.8);
  }

  @Test
  void run_onSeveralReplicas_predictsTheirSum() throws IOException {
    String model = "llama-2-7b";
    String gpu = "A100-SXM-80GB";
    var one = row("a-1", model, gpu, "fp16", 1, "16", "output_tok_s", "1000", "closed_loop");
    var four = row("b-1", model, gpu, "fp16", 1, "64", "output_tok_s", "4000", "closed_loop");
    data(one, four.replace(",1,1,1,512", ",4,1,1,512"));

    var groups = Accuracy.run(directory, Optional.empty()).groups();

    var bySource = groups.stream().filter(group -> group.by().equals("source")).toList();
    assertThat(bySource).hasSize(2);
    assertThat(bySource.getLast().errors()).isEqualTo(bySource.getFirst().errors());
  }

  @Test
  void run_whereNobodySaysHowManyGpusAReplicaHas_takesTheFewestThatLeaveRoom() throws IOException {
    String gpu = "A100-SXM-80GB";
    var said = row("a-1", "llama-2-7b", gpu, "fp16", 1, "max", "req_s", "9", "offline_max");
    data(
        said.replace(",1,1,1,512", ",4,1,1,512"),
        said.replace("a-1", "b-1").replace(",1,1,1,512", ",4,,1,512"));

    var groups = Accuracy.run(directory, Optional.empty()).groups();

    var bySource = groups.stream().filter(group -> group.by().equals("source")).toList();
    assertThat(bySource).hasSize(2);
    assertThat(bySource.getLast().errors()).isEqualTo(bySource.getFirst().errors());
  }

  @Test
  void heldOut_predictsEveryRowOnce() throws IOException {
    data(
        row("a-1", "llama-2-7b", "A100-SXM-80GB", "fp16", 1, "1", "tpot_ms", "12", "closed_loop"),
        row("a-2", "llama-2-7b", "H100-SXM-80GB", "fp16", 1, "1", "tpot_ms", "8", "closed_loop"),
        row("a-3", "llama-2-13b", "H100-SXM-80GB", "fp16", 1, "1", "tpot_ms", "14", "closed_loop"));

    assertThat(HeldOut.summary(directory, "models")).contains("rows      3");
    assertThat(HeldOut.summary(directory, "gpus")).contains("rows      3");
    assertThatThrownBy(() -> HeldOut.summary(directory, "moods")).hasMessageContaining("moods");
  }

  @Test
  void csv_withQuotesAndCommas_isReadAsItIsMeant() {
    var rows = Csv.rows("a,b\r\n\"x, \"\"y\"\"\nz\",2\n3,4");

    assertThat(rows).hasSize(2);
    assertThat(rows.getFirst()).containsEntry("a", "x, \"y\"\nz").containsEntry("b", "2");
    assertThat(rows.getLast()).containsEntry("b", "4");
  }

  @Test
  void shippedParameters_surviveWritingAndReading() {
    var shipped = Catalog.shipped().fitted();
    var again = FittedTable.read(FittedTable.write(shipped));
    var h100 = Catalog.shipped().gpus().get("h100");

    assertThat(shipped.effects())
        .containsKeys("engine vllm/16bit/h100", "engine tensorrt-llm/8bit/h100", "gpu h100");
    assertThat(again.effects()).isEqualTo(shipped.effects());
    assertThat(again.find("vllm", Precision.FP16, h100, "").compute())
        .isCloseTo(shipped.find("vllm", Precision.FP16, h100, "").compute(), within(1e-3));
  }

  private void data(String... rows) throws IOException {
    Files.writeString(directory.resolve("perf.csv"), HEADER + String.join("", rows));
  }

  private static String row(
      String id,
      String model,
      String gpu,
      String weights,
      int gpus,
      String load,
      String metric,
      String value,
      String mode) {
    return String.join(
            ",",
            id,
            "here",
            "vLLM",
            "0.9",
            model,
            "7,32,4096,32,32,128",
            weights,
            "auto",
            gpu,
            gpus + "," + gpus + ",1,512,128",
            load,
            metric,
            value,
            "100 requests",
            mode,
            "")
        + "\n";
  }
}
