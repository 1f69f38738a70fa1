package io.penstock.gateway.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.testing.TestBed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The official OpenAI SDK for Node against the gateway: {@code src/test/node/sdk.test.mjs}. */
class NodeSdkTest {
  private static final Path NODE = Path.of("src/test/node");

  @Test
  void sdk_everyCase_passes() throws Exception {
    if (!Files.isDirectory(NODE.resolve("node_modules/openai"))) {
      run(List.of("npm", "ci", "--no-progress"), Map.of());
    }
    try (var bed = TestBed.start()) {
      long before = bed.aborted();
      String said =
          run(
              List.of("node", "--test", "--test-reporter=tap", "sdk.test.mjs"),
              Map.of(
                  "BASE",
                  bed.url(),
                  "KEY",
                  TestBed.ENTERPRISE,
                  "TIGHT",
                  TestBed.TIGHT,
                  "FREE",
                  TestBed.FREE,
                  "BLOCKED",
                  TestBed.LARGE));
      assertThat(said).contains("# fail 0").doesNotContain("# pass 0");
      TestBed.await(() -> bed.aborted() == before + 1);
      bed.assertNothingLost();
    }
  }

  private static String run(List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    var builder = new ProcessBuilder(command).directory(NODE.toFile()).redirectErrorStream(true);
    builder.environment().putAll(environment);
    var process = builder.start();
    process.getOutputStream().close();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }
}
