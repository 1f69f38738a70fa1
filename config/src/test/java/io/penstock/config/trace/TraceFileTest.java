package io.penstock.config.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TraceFileTest {
  @TempDir private Path folder;

  @Test
  void azure_isRead() throws Exception {
    var rows =
        rows(
            """
            TIMESTAMP,ContextTokens,GeneratedTokens
            2023-11-16 18:15:46.6805900,374,44
            2023-11-16 18:15:50.9951690,396,109
            """);
    assertThat(rows).hasSize(2);
    assertThat(rows.get(1).atNanos()).isEqualTo(4_314_579_000L);
    assertThat(rows.get(1).promptTokens()).isEqualTo(396);
    assertThat(rows.get(1).completionTokens()).isEqualTo(109);
  }

  @Test
  void azureWithAnOffset_isRead() throws Exception {
    var rows =
        rows("TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 00:00:00.009930+00:00,2162,5\n");
    assertThat(rows).hasSize(1);
  }

  @Test
  void mooncake_isReadWithItsBlocks() throws Exception {
    var rows =
        rows(
            """
            {"timestamp": 3000, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1, 2]}
            {"timestamp": 4500, "input_length": 7322, "output_length": 490, "hash_ids": []}
            """);
    assertThat(rows.get(0).blocks()).containsExactly(0, 1, 2);
    assertThat(rows.get(1).atNanos()).isEqualTo(1_500_000_000L);
  }

  @Test
  void plainLines_areReadInTheOrderOfTheirTimes_andOtherFieldsPassedOver() throws Exception {
    var rows =
        rows(
            """
            {"time":"2026-01-31T12:00:01Z","prompt_tokens":7,"completion_tokens":3,"tier":"paid",
            """
                    .strip()
                + """
                "usage":{"a":[1,{"b":"}"}]},"note":"say \\"hi\\" \\u00e9","tenant":null,"ok":true}
                {"time":"2026-01-31T12:00:00Z","prompt_tokens":9,"completion_tokens":2,"pool":"small",\
                "complexity":"simple","priority":"high"}

                """);
    assertThat(rows).hasSize(2);
    assertThat(rows.get(0).pool()).isEqualTo("small");
    assertThat(rows.get(0).priority()).isEqualTo("high");
    assertThat(rows.get(0).complexity()).isEqualTo("simple");
    assertThat(rows.get(1).tier()).isEqualTo("paid");
    assertThat(rows.get(1).atNanos()).isEqualTo(1_000_000_000L);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"time\": 1, \"prompt_tokens\": 1}|:2: has no completion_tokens",
        "{\"prompt_tokens\": 1, \"completion_tokens\": 1}|:2: has no time",
        "{\"time\": 1, \"prompt_tokens\": -4, \"completion_tokens\": 1}|:2: prompt_tokens is '-4'",
        "{\"time\": 1, \"prompt_tokens\": 1.5, \"completion_tokens\": 1}|is '1.5': write a whole",
        "{\"time\": \"noon\", \"prompt_tokens\": 1, \"completion_tokens\": 1}|:2: time is 'noon'",
        "{\"time\": NaN, \"prompt_tokens\": 1, \"completion_tokens\": 1}|:2: time is 'NaN'",
        "{\"time\": 1, \"prompt_tokens\": 1, \"completion_tokens\": 1|:2: is no JSON object",
        "{\"time\": 1} trailing|:2: is no JSON object at column 13",
        "{\"time\": \"1|:2: is no JSON object",
        "time,prompt_tokens,completion_tokens|:2: is no JSON object at column 1",
      })
  void badLine_isOneErrorWithItsPlace(String line, String said) throws Exception {
    String good = "{\"time\": 0, \"prompt_tokens\": 1, \"completion_tokens\": 1}\n";
    assertThat(problem(good + line + "\n")).contains(said).doesNotContain("\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "time,prompt_tokens,completion_tokens;1,2|:2: has 2 values where line 1 names 3 columns",
        "time,prompt_tokens,completion_tokens;1,x,3|:2: prompt_tokens is 'x'",
        "1,2,3|:1: names no column of a trace",
        "time,prompt_tokens,completion_tokens|has no requests",
        "' '|has no requests",
      })
  void badTable_isOneErrorWithItsPlace(String text, String said) throws Exception {
    assertThat(problem(text.replace(';', '\n'))).contains(said).doesNotContain("\n");
  }

  @Test
  void journal_isReadAsOneTrace_withoutWhatNoServerDid() throws Exception {
    String record =
        "{\"v\":1,\"time\":\"2026-11-21T07:10:0%d.000Z\",\"tier\":\"paid\",\"pool\":\"small\",";
    Files.writeString(
        folder.resolve("2026-11-21-a.jsonl"),
        (record + "\"outcome\":\"answered\",\"prompt_tokens\":12,\"completion_tokens\":7}\n")
                .formatted(3)
            + (record + "\"outcome\":\"refused\",\"reason\":\"overloaded\"}\n").formatted(2));
    Files.writeString(
        folder.resolve("2026-11-21-b.jsonl"),
        (record
                + "\"outcome\":\"cancelled\",\"prompt_tokens\":5,\"completion_tokens\":1}\n"
                + "{\"v\":1,")
            .formatted(1));

    var trace = (Trace.Ok) TraceFile.read(folder);
    assertThat(trace.leftOut()).isEqualTo(1);
    assertThat(trace.rows()).extracting(TraceRow::promptTokens).containsExactly(5, 12);
    assertThat(trace.rows().get(1).atNanos()).isEqualTo(2_000_000_000L);
  }

  @Test
  void noFile_isSaid() {
    assertThat(((Trace.Invalid) TraceFile.read(folder.resolve("none"))).problem())
        .endsWith("none: no such file or directory");
    assertThat(((Trace.Invalid) TraceFile.read(folder)).problem()).contains("has no requests");
  }

  @Test
  void bytesThatAreNoText_areSaid() throws Exception {
    Path file = folder.resolve("trace.jsonl");
    Files.write(file, new byte[] {'{', (byte) 0xff, (byte) 0xfe});
    assertThat(((Trace.Invalid) TraceFile.read(file)).problem()).contains(":1: is no JSON object");
  }

  private List<TraceRow> rows(String text) throws IOException {
    return switch (read(text)) {
      case Trace.Ok(var rows, _) -> rows;
      case Trace.Invalid(var problem) -> throw new AssertionError(problem);
    };
  }

  private String problem(String text) throws IOException {
    return switch (read(text)) {
      case Trace.Ok(var rows, _) -> throw new AssertionError("read " + rows);
      case Trace.Invalid(var problem) -> problem;
    };
  }

  private Trace read(String text) throws IOException {
    return TraceFile.read(Files.writeString(folder.resolve("trace"), text));
  }
}
