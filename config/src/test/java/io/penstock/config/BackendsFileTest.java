package io.penstock.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackendsFileTest {
  @TempDir private Path directory;

  private BackendsFile.Read read(String text) throws IOException {
    Path file = Files.writeString(directory.resolve("backends.yaml"), text);
    return BackendsFile.read(file, Map.of("HOST", "gpu-1")::get);
  }

  @Test
  void read_yamlOrJson_isTheListThatAConfigTakes() throws IOException {
    var expected =
        new BackendsFile.Read.Servers(
            java.util.List.of(
                new Pool.Backend("a", URI.create("http://gpu-1:8000")),
                new Pool.Backend("b", URI.create("http://gpu-2:8000/x"))));

    assertThat(
            read(
                """
                - {id: a, url: "http://${HOST}:8000"}
                - {id: b, url: "http://gpu-2:8000/x/v1"}
                """))
        .isEqualTo(expected);
    assertThat(
            read(
                """
                [{"id":"a","url":"http://gpu-1:8000"},{"id":"b","url":"http://gpu-2:8000/x"}]\
                """))
        .isEqualTo(expected);
    assertThat(read("[]")).isEqualTo(new BackendsFile.Read.Servers(java.util.List.of()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                                                  | backends.yaml: is empty
          {id: a}                                             | backends.yaml:1:1: is no list
          - {id: a, url: 'http://a'}\\n- {id: b}               | backends.yaml:2:3: [1].url: is missing
          - {id: a, url: 'http://a', gpu: t4}                 | [0].gpu: is not a known key
          - {id: a, url: 'http://a'}\\n- {id: a, url: 'http://b'} | backends.yaml:2:8: [1].id: is written twice
          - {id: a, url:                                      | is not YAML
          - {id: a, url: 'ftp://a'}                           | [0].url:
          """)
  void read_whatIsNoList_isRefusedWithItsPlace(String text, String said) throws IOException {
    assertThat(read(text == null ? "" : text.replace("\\n", "\n")))
        .isInstanceOfSatisfying(
            BackendsFile.Read.Unusable.class,
            unusable -> assertThat(unusable.problems().getFirst().toString()).contains(said));
  }

  @Test
  void read_fileThatIsNotThere_isUnusable() {
    assertThat(BackendsFile.read(directory.resolve("none"), _ -> null))
        .isInstanceOf(BackendsFile.Read.Unusable.class);
  }
}
