package io.penstock.gateway.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.quirks.Bed;
import io.penstock.gateway.quirks.Say;
import io.penstock.gateway.quirks.ScriptedServer;
import io.penstock.gateway.quirks.ScriptedServer.Script;
import io.penstock.gateway.testing.RawClient;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Answers that are given again, over real sockets, in either form. */
class CacheTest {
  private static final String CACHE = "x-penstock-cache";

  private static ScriptedServer server;
  private static Bed bed;

  /** Every test asks something that no other asks. */
  private static int questions;

  private String question;

  @BeforeAll
  static void start() throws Exception {
    server = ScriptedServer.start(Script.always(Say.json(200, Say.CHAT)));
    bed = Bed.start(Bed.pool("p", "", server.url()) + "\ncache: {memory: 16MiB}");
  }

  @AfterAll
  static void stop() throws Exception {
    bed.close();
    server.close();
  }

  @BeforeEach
  void anew() {
    question =
        "{\"temperature\":0,\"messages\":[{\"role\":\"user\",\"content\":\"question "
            + questions++
            + "\"}]";
  }

  private static RawClient.Answer ask(String body, String... headers) throws IOException {
    try (var client = bed.client()) {
      return client.post(Bed.CHAT, Bed.KEY, body, headers).read();
    }
  }

  private String whole() {
    return question + "}";
  }

  private String stream() {
    return question + ",\"stream\":true}";
  }

  private static String streamed() {
    return Say.wholeStream(Say.ROLE, Say.HEL, Say.LO, Say.STOP, Say.USAGE, Say.DONE);
  }

  @Test
  void whole_askedAgain_isTheSameBytesAndCostsNothing() throws Exception {
    server.plays(Script.always(Say.json(200, Say.CHAT)));

    var first = ask(whole());
    var again = ask(whole());

    assertThat(first.header(CACHE)).isEqualTo("miss");
    assertThat(again.header(CACHE)).isEqualTo("hit");
    assertThat(again.text()).isEqualTo(first.text()).isEqualTo(Say.CHAT);
    assertThat(again.header("x-penstock-cost-usd")).isEqualTo("0.000000");
    assertThat(first.header("x-penstock-cost-usd")).isNotEqualTo("0.000000");
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void stream_askedAgain_isTheSameFrames() throws Exception {
    server.plays(Script.always(streamed()));

    var first = ask(stream());
    var again = ask(stream());

    assertThat(first.header(CACHE)).isEqualTo("miss");
    assertThat(again.header(CACHE)).isEqualTo("hit");
    assertThat(again.text()).isEqualTo(first.text()).endsWith(Say.DONE).doesNotContain("usage");
    assertThat(server.requests()).hasSize(1);
  }
}
