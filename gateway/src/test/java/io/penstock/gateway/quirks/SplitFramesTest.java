package io.penstock.gateway.quirks;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.quirks.ScriptedServer.Script;
import io.penstock.gateway.testing.RawClient;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A stream is cut anywhere on its way. A chunk of HTTP is a read of its own, so that a cut between
 * two chunks is one for certain; each is a segment of TCP, too.
 */
class SplitFramesTest {
  private static final String CONTENT =
      Say.chunk("{\"content\":\"h\u00e9 \ud83d\ude00\\n\"}", "null");
  private static final String SEEN = Say.ROLE + CONTENT + Say.LO + Say.STOP;
  private static ScriptedServer server;
  private static Bed bed;

  @BeforeAll
  static void start() throws Exception {
    server = ScriptedServer.start(Script.always(""));
    bed = Bed.start(Bed.pool("p", "", server.url()));
  }

  @AfterAll
  static void stop() throws Exception {
    bed.close();
    server.close();
  }

  @AfterEach
  void nothingIsHeld() {
    bed.requireSettled();
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r"})
  void stream_isCutAtEveryByte_arrivesByteForByte(String lineEnd) throws Exception {
    String whole = (SEEN + Say.USAGE + Say.DONE).replace("\n", lineEnd);
    String stripped = (SEEN + Say.DONE).replace("\n", lineEnd);
    byte[] bytes = whole.getBytes(StandardCharsets.UTF_8);
    var cut = new AtomicInteger();
    server.plays(
        Script.each(wire -> {
          int at = cut.get();
          wire.send(Say.EVENTS);
          sendChunk(wire, Arrays.copyOfRange(bytes, 0, at));
          sendChunk(wire, Arrays.copyOfRange(bytes, at, bytes.length));
          wire.send(Say.LAST_CHUNK);
        }));
    var before = bed.books("p");

    try (var client = bed.client()) {
      for (int at = 1; at < bytes.length; at++) {
        cut.set(at);
        RawClient.Answer answer = client.post(Bed.CHAT, Bed.KEY, Say.STREAM).read();
        assertThat(answer.text()).as("cut at %d", at).isEqualTo(stripped);
        answer = client.post(Bed.CHAT, Bed.KEY, Say.STREAM_WITH_USAGE).read();
        assertThat(answer.text()).as("cut at %d", at).isEqualTo(whole);
      }
    }

    bed.requireSettled();
    var books = bed.books("p").since(before);
    assertThat(books.answered()).isEqualTo(2L * (bytes.length - 1));
    assertThat(books.completionTokens()).isEqualTo(4L * (bytes.length - 1));
  }

  private static void sendChunk(ScriptedServer.Wire wire, byte[] bytes) throws java.io.IOException {
    wire.send(Integer.toHexString(bytes.length) + "\r\n");
    wire.send(bytes);
    wire.send("\r\n");
  }

  @Test
  void stream_comesAByteAtATime_arrivesByteForByte() throws Exception {
    String whole = SEEN + Say.USAGE + Say.DONE;
    byte[] bytes = whole.getBytes(StandardCharsets.UTF_8);
    server.plays(
        Script.each(wire -> {
          wire.send(Say.EVENTS);
          for (byte b : bytes) {
            wire.send(new byte[] {'1', '\r', '\n', b, '\r', '\n'});
          }
          wire.send(Say.LAST_CHUNK);
        }));

    var told = bed.ask("p", Say.STREAM_WITH_USAGE);
    assertThat(told.text()).isEqualTo(whole);
    told.books().requireAnswered();
    assertThat(bed.ask("p", Say.STREAM).text()).isEqualTo(SEEN + Say.DONE);
  }

  @Test
  void framesInOneChunk_andChunksInOneWrite_arriveByteForByte() throws Exception {
    server.plays(
        Script.always(
            Say.wholeStream(Say.ROLE + Say.HEL, Say.LO + Say.STOP + Say.USAGE + Say.DONE)));

    var told = bed.ask("p", Say.STREAM);

    assertThat(told.text()).isEqualTo(Say.ROLE + Say.HEL + Say.LO + Say.STOP + Say.DONE);
    told.books().requireAnswered();
  }

  @Test
  void wholeAnswer_isCutAtEveryByte_arrivesByteForByte() throws Exception {
    var cut = new AtomicInteger();
    byte[] bytes = Say.CHAT.getBytes(StandardCharsets.UTF_8);
    server.plays(
        Script.each(wire -> {
          wire.send(
              "HTTP/1.1 200 OK\r\n"
                  + "Content-Type: application/json\r\n"
                  + "Transfer-Encoding: chunked\r\n\r\n");
          sendChunk(wire, Arrays.copyOfRange(bytes, 0, cut.get()));
          sendChunk(wire, Arrays.copyOfRange(bytes, cut.get(), bytes.length));
          wire.send(Say.LAST_CHUNK);
        }));
    try (var client = bed.client()) {
      for (int at = 1; at < bytes.length; at++) {
        cut.set(at);
        assertThat(client.post(Bed.CHAT, Bed.KEY, Say.WHOLE).read().text()).isEqualTo(Say.CHAT);
      }
    }
  }
}
