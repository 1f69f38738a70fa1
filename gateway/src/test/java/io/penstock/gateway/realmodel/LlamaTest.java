package io.penstock.gateway.realmodel;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.Shapes;
import io.penstock.gateway.testing.TestBed;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real model behind the gateway: llama.cpp, with random weights, batching and cancelling in
 * earnest.
 */
class LlamaTest {
  private static final String CHAT = "/v1/chat/completions";
  @TempDir static Path directory;
  private static LlamaFront llama;
  private static TestBed bed;

  @BeforeAll
  static void start() throws Exception {
    var file = directory.resolve("random.gguf");
    RandomGguf.write(file, 2, 4096, 7);
    llama = new LlamaFront(file);
    String url = "http://127.0.0.1:" + llama.port();
    bed =
        TestBed.start(
            o -> o, yaml -> yaml.replaceFirst("url: \"http[^\"]*\"", "url: \"" + url + '"'));
  }

  @AfterAll
  static void stop() throws Exception {
    bed.close();
    llama.close();
  }

  @AfterEach
  void nothingIsLost() {
    bed.assertNothingLost();
  }

  private static String ask(boolean stream, int maxTokens, String words) {
    return "{\"model\":\"small\",\"stream\":%b,\"max_tokens\":%d,\"seed\":3,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
        .formatted(stream, maxTokens, words);
  }

  private static RawClient.Answer send(String body) throws Exception {
    try (var client = new RawClient(bed.port())) {
      return client.post(CHAT, TestBed.ENTERPRISE, body).read();
    }
  }

  @Test
  void chat_wholeAndStream_sayTheSame() throws Exception {
    JsonNode whole = Shapes.CHAT.check(send(ask(false, 24, "how are you")).text());
    var text = new StringBuilder();
    for (var frame : Shapes.CHATCHUNK.checkStream(send(ask(true, 24, "how are you")).text())) {
      text.append(frame.at("/choices/0/delta/content").asText(""));
    }
    assertThat(text).hasToString(whole.at("/choices/0/message/content").asText()).isNotEmpty();
    assertThat(whole.at("/usage/completion_tokens").asInt()).isBetween(20, 30);
  }

  @Test
  void streams_atOnce_areBatched() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<RawClient.Answer>> calls = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        String body = ask(i % 2 == 0, 100, "story number " + i);
        calls.add(() -> send(body));
      }
      for (var answer : threads.invokeAll(calls)) {
        assertThat(answer.get().status()).as(answer.get().text()).isEqualTo(200);
      }
    }
    assertThat(llama.mostRunning.get()).isGreaterThan(1);
  }

  @Test
  void client_leavingInMidStream_stopsTheModel() throws Exception {
    int before = llama.cancelled.get();
    try (var client = new RawClient(bed.port())) {
      client.post(CHAT, TestBed.ENTERPRISE, ask(true, 3500, "never ending"));
      assertThat(client.readStatus()).isEqualTo(200);
      client.headers();
      client.chunk();
    }
    TestBed.await(() -> llama.cancelled.get() == before + 1 && llama.running.get() == 0);
    assertThat(llama.tokens.get()).isLessThan(3500);
  }
}
