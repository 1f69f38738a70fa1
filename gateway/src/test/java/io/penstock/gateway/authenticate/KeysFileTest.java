package io.penstock.gateway.authenticate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.config.ApiKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeysFileTest {
  private static final String LINE =
      "{\"id\":\"%s\",\"sha256\":\"%s\",\"tier\":\"paid\",\"tenant\":\"t\"}\n";

  @TempDir private Path directory;
  private Path path;
  private KeysFile file;

  @BeforeEach
  void name() {
    path = directory.resolve("keys.jsonl");
    file = new KeysFile(path);
  }

  @Test
  void add_thenChange_thenRevoke_isWhatIsListed() throws Exception {
    var key =
        new ApiKey(
            "a",
            "ab".repeat(32),
            "paid",
            "acme",
            Optional.of("Acme \"prod\" €"),
            Optional.of(Instant.parse("2027-01-31T00:00:00Z")));

    assertThat(file.add(key)).isTrue();
    assertThat(file.add(key)).as("its id is taken").isFalse();
    assertThat(file.list()).containsExactly(key);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-------");
    var changed = new ApiKey("a", key.sha256(), "free", "acme");
    assertThat(file.change(changed)).isTrue();
    assertThat(file.find("a")).contains(changed);
    assertThat(file.revoke("a")).isTrue();
    assertThat(file.revoke("a")).isFalse();
    assertThat(file.change(changed)).isFalse();
    assertThat(file.list()).isEmpty();
  }

  @Test
  void add_byManyAtOnce_losesNone() throws Exception {
    try (var threads = Executors.newFixedThreadPool(4)) {
      List<Callable<Boolean>> adding = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        var key = new ApiKey("k" + i, "%064x".formatted(i), "paid", "t");
        adding.add(() -> new KeysFile(path).add(key));
      }
      for (var added : threads.invokeAll(adding)) {
        assertThat(added.get()).isTrue();
      }
    }
    assertThat(file.list()).hasSize(20);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"id\":\"b\",\"sha256\":\"00",
        "[]\n",
        "{}\n",
        "{\"id\":\"b\",\"sha256\":\"sk-in-the-clear\",\"tier\":\"t\"}\n",
        "{\"id\":\"b\",\"sha256\":7,\"tier\":\"t\"}\n",
        "{\"id\":\"b\",\"key\":\"sk-in-the-clear\"}\n",
        "sk-in-the-clear\n"
      })
  void list_fileWithAWrongLine_isRefusedWhole(String wrong) throws Exception {
    Files.writeString(path, LINE.formatted("a", "00".repeat(32)) + wrong);

    assertThatThrownBy(file::list)
        .isInstanceOf(KeyStore.Unavailable.class)
        .hasMessageContaining("keys.jsonl")
        .hasMessageNotContaining("in-the-clear");
  }

  @Test
  void list_idOrHashTwice_isRefused() throws Exception {
    Files.writeString(
        path, LINE.formatted("a", "00".repeat(32)) + LINE.formatted("a", "01".repeat(32)));
    assertThatThrownBy(file::list).hasMessageContaining(":2: its id");
    Files.writeString(
        path, LINE.formatted("a", "00".repeat(32)) + LINE.formatted("b", "00".repeat(32)));
    assertThatThrownBy(file::list).hasMessageContaining(":2: its sha256");
  }

  @Test
  void list_noFile_saysSo() {
    assertThatThrownBy(file::list).hasMessageContaining("no such file");
  }
}
