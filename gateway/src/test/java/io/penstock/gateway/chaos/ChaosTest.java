package io.penstock.gateway.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.loadtest.chaos.Chaos;
import io.penstock.loadtest.chaos.Launcher;
import io.penstock.loadtest.chaos.Outcome;
import io.penstock.loadtest.chaos.Trouble;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A few faults of the suite: one of the server's, one on the wire, one of the clients'. After each
 * every call is counted, none is held, no buffer leaked and no client was left without an end.
 */
final class ChaosTest {
  @TempDir private Path folder;

  @Test
  void chaos_ofServersAndClients_losesNoCallAndHoldsNone() throws Exception {
    var java =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    var program = List.of("-cp", classPath, "io.penstock.gateway.Main");
    List<Outcome> outcomes =
        new Chaos(new Launcher(java, program, folder))
            .run(List.of(Trouble.KILLED, Trouble.CUT), _ -> {});
    assertThat(outcomes)
        .hasSize(2)
        .allSatisfy(outcome -> assertThat(outcome.broken()).as(outcome.name()).isEmpty());
  }
}
