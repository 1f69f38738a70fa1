package io.penstock.gateway.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.quirks.Bed;
import io.penstock.gateway.quirks.Say;
import io.penstock.gateway.quirks.ScriptedServer;
import io.penstock.gateway.quirks.ScriptedServer.Script;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * What the cache gives, as the official OpenAI SDK for Node reads it: {@code
 * src/test/node/cache.test.mjs}.
 */
class CacheSdkTest {
  private static final Path NODE = Path.of("src/test/node");
  private static final String CALL =
      "{\"index\":0,\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}";

  @Test
  void sdk_readsWhatTheCacheGives() throws Exception {
    if (!Files.isDirectory(NODE.resolve("node_modules/openai"))) {
      run(List.of("npm", "ci", "--no-progress"), Map.of());
    }
    try (var server = ScriptedServer.start(Script.always(""))) {
      server.plays(Script.each(wire -> wire.send(answer(server.requests().getLast().body()))));
      try (var bed =
          Bed.start(
              Bed.pool("p", ", supports: {chat: true, tools: true}", server.url())
                  + "\ncache: {memory: 16MiB, tool-calls: true}")) {
        String said =
            run(
                List.of("node", "--test", "--test-reporter=tap", "cache.test.mjs"),
                Map.of("BASE", "http://127.0.0.1:" + bed.gateway().port(), "KEY", Bed.KEY));
        assertThat(said).contains("# fail 0").doesNotContain("# pass 0");
      }
    }
  }

  private static String answer(String request) {
    boolean stream = request.contains("\"stream\":true");
    if (!request.contains("call a tool")) {
      return stream
          ? Say.wholeStream(Say.ROLE, Say.HEL, Say.LO, Say.STOP, Say.USAGE, Say.DONE)
          : Say.json(200, Say.CHAT);
    }
    return stream
        ? Say.wholeStream(
            Say.chunk("{\"role\":\"assistant\",\"tool_calls\":[" + CALL + "]}", "null"),
            Say.chunk("{}", "\"tool_calls\""),
            Say.USAGE,
            Say.DONE)
        : Say.json(
            200,
            Say.CHAT
                .replace(
                    "\"content\":\"Hello\"",
                    "\"content\":null,\"tool_calls\":[" + CALL.replace("\"index\":0,", "") + "]")
                .replace("\"stop\"", "\"tool_calls\""));
  }

  private static String run(List<String> command, Map<String, String> environment)
      throws Exception {
    var builder = new ProcessBuilder(command).directory(NODE.toFile()).redirectErrorStream(true);
    builder.environment().putAll(environment);
    var process = builder.start();
    process.getOutputStream().close();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }
}
