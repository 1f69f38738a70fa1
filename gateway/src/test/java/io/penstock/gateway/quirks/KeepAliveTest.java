package io.penstock.gateway.quirks;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.quirks.ScriptedServer.Script;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.Shapes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Connections that model servers close although they said that they would keep them. */
class KeepAliveTest {
  private static final String ANNOUNCED = "Keep-Alive: timeout=5, max=100\r\n";
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

  private static String announcing(String answer) {
    return answer.replaceFirst("\r\n", "\r\n" + ANNOUNCED);
  }

  private static final String STREAM =
      announcing(Say.wholeStream(Say.ROLE, Say.HEL, Say.LO, Say.STOP, Say.USAGE, Say.DONE));

  @Test
  void closesAfterEveryStream_noneOfManyFails_oneAfterTheOther() throws Exception {
    server.plays(Script.once(STREAM));
    var before = bed.books("p");

    try (var client = bed.client()) {
      for (int i = 0; i < 300; i++) {
        requireStream(client.post(Bed.CHAT, Bed.KEY, Say.STREAM).read());
      }
    }

    bed.requireSettled();
    assertThat(bed.books("p").since(before).answered()).isEqualTo(300);
    assertThat(bed.books("p").since(before).completionTokens()).isEqualTo(600);
    assertThat(bed.failures("p")).isZero();
  }

  @Test
  void closesAfterEveryStream_noneOfManyFails_atOnce() throws Exception {
    server.plays(Script.once(STREAM));
    var before = bed.books("p");

    inParallel(
        16,
        () -> {
          try (var client = bed.client()) {
            for (int i = 0; i < 25; i++) {
              requireStream(client.post(Bed.CHAT, Bed.KEY, Say.STREAM).read());
            }
          }
          return null;
        });

    bed.requireSettled();
    assertThat(bed.books("p").since(before).answered()).isEqualTo(400);
    assertThat(bed.books("p").since(before).failed()).isZero();
    assertThat(bed.failures("p")).isZero();
  }

  private static void requireStream(RawClient.Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(Shapes.CHATCHUNK.checkStream(answer.text())).hasSize(4);
  }

  private static void inParallel(int threads, Callable<Object> work) throws Exception {
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Object>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        running.add(pool.submit(work));
      }
      for (var one : running) {
        one.get();
      }
    }
  }

  /** Found dead only when the next call is written to it. */
  @Test
  void keptConnection_isDead_theCallGoesOverANewOne() throws Exception {
    for (boolean reset : new boolean[] {false, true}) {
      server.plays(wire -> {
        wire.request();
        wire.send(announcing(Say.json(200, Say.CHAT)));
        wire.request();
        if (reset) {
          wire.reset();
        }
      });
      try (var client = bed.client()) {
        for (int i = 1; i <= 10; i++) {
          var answer = client.post(Bed.CHAT, Bed.KEY, Say.WHOLE).read();
          assertThat(answer.status()).as(answer.text()).isEqualTo(200);
          assertThat(answer.header("x-penstock-attempts")).isEqualTo(i == 1 ? "1" : "2");
        }
      }
      assertThat(bed.failures("p")).isZero();
    }
  }

  /** One that was not kept is no case for that: its server may be at work on the call. */
  @Test
  void newConnection_isClosedBeforeTheHead_isNotAskedAgain() throws Exception {
    var calls = new AtomicInteger();
    server.plays(wire -> {
      wire.request();
      calls.incrementAndGet();
    });

    bed.ask("p", Say.WHOLE).books().requireFailed();

    assertThat(calls).hasValue(1);
  }

  @Test
  void idleConnection_isClosedByItsServer_theNextCallDoesNotSeeIt() throws Exception {
    server.plays(wire -> {
      wire.request();
      wire.send(announcing(Say.json(200, Say.CHAT)));
    });
    try (var client = bed.client()) {
      for (int i = 0; i < 50; i++) {
        assertThat(client.post(Bed.CHAT, Bed.KEY, Say.WHOLE).read().status()).isEqualTo(200);
      }
    }
    assertThat(bed.failures("p")).isZero();
  }

  @Test
  void connection_isSaidToClose_isNotUsedAgain() throws Exception {
    server.plays(wire -> {
      wire.request();
      wire.send(
          Say.answer(200, "Content-Type: application/json\r\nConnection: close\r\n", Say.CHAT));
      wire.untilGone();
    });
    try (var client = bed.client()) {
      for (int i = 0; i < 10; i++) {
        assertThat(client.post(Bed.CHAT, Bed.KEY, Say.WHOLE).read().status()).isEqualTo(200);
      }
    }
    assertThat(server.requests()).hasSize(10);
    io.penstock.gateway.testing.TestBed.await(() -> server.gone() == 10);
  }

  @Test
  void connectionThatIsKept_isUsedAgain() throws Exception {
    var connections = new AtomicInteger();
    server.plays(wire -> {
      connections.incrementAndGet();
      Script.always(Say.json(200, Say.CHAT)).serve(wire);
    });
    try (var client = bed.client()) {
      for (int i = 0; i < 50; i++) {
        assertThat(client.post(Bed.CHAT, Bed.KEY, Say.WHOLE).read().status()).isEqualTo(200);
      }
    }
    assertThat(connections).hasValue(1);
  }

  /** No bytes after the body, and no half-close: servers take both for the client's leaving. */
  @Test
  void request_isWhatItsLengthSays_andTheConnectionStaysOpenBothWays() throws Exception {
    server.plays(wire -> {
      var request = wire.request();
      assertThat(request.head())
          .startsWith("POST /v1/chat/completions HTTP/1.1\r\n")
          .containsIgnoringCase("\r\ncontent-length: ")
          .doesNotContainIgnoringCase("transfer-encoding")
          .doesNotContainIgnoringCase("expect:");
      if (!wire.isQuiet()) {
        return;
      }
      wire.send(Say.json(200, Say.CHAT));
      wire.untilGone();
    });

    bed.ask("p", Say.WHOLE).books().requireAnswered();
  }
}
