package io.penstock.gateway.quirks;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.quirks.ScriptedServer.Script;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.TestBed;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A client that does not read stops its model server's writing: what is on the way is what the
 * kernel's buffers hold, however long the answer is. When it reads again it gets every byte.
 */
class SlowReaderTest {
  private static final int FRAMES = 12_000;
  private static final String WORD = "w".repeat(4000);
  private static final long WHOLE_BYTES = (long) FRAMES * frame(0).length();
  private static final AtomicLong SENT = new AtomicLong();
  private static final AtomicInteger LEFT = new AtomicInteger();
  private static final AtomicInteger ANSWERING = new AtomicInteger();

  private static ScriptedServer server;
  private static Bed bed;

  private static String frame(int number) {
    return Say.chunk("{\"content\":\"%06d %s\"}".formatted(number, WORD), "null");
  }

  @BeforeAll
  static void start() throws Exception {
    server = ScriptedServer.start(Script.each(SlowReaderTest::answer));
    bed = Bed.start(Bed.pool("p", ", timeouts: {between-tokens: 1s}", server.url()));
  }

  private static void answer(ScriptedServer.Wire wire) throws IOException {
    SENT.set(0);
    ANSWERING.incrementAndGet();
    try {
      wire.send(Say.EVENTS);
      for (int i = 0; i < FRAMES; i++) {
        String frame = frame(i);
        wire.send(Say.chunked(frame));
        SENT.addAndGet(frame.length());
      }
      wire.send(Say.chunked(Say.STOP) + Say.chunked(Say.DONE) + Say.LAST_CHUNK);
    } catch (IOException left) {
      LEFT.incrementAndGet();
      throw left;
    } finally {
      ANSWERING.decrementAndGet();
    }
  }

  @AfterAll
  static void stop() throws Exception {
    bed.close();
    server.close();
  }

  @AfterEach
  void nothingIsHeld() {
    bed.requireSettled();
    // A server learns of its client's leaving after the gateway has counted it: the next test
    // counts anew.
    TestBed.await(() -> ANSWERING.get() == 0);
  }

  /** When nothing was written for as long as a time-out between tokens; how much was. */
  private static long awaitStall() {
    long seen = -1;
    long since = System.nanoTime();
    while (System.nanoTime() - since < TimeUnit.MILLISECONDS.toNanos(1500)) {
      long now = SENT.get();
      if (now != seen) {
        seen = now;
        since = System.nanoTime();
      }
      LockSupport.parkNanos(1_000_000);
    }
    return seen;
  }

  private static void requireBounded(String who, long heldBytes) {
    System.out.printf(
        "%s that does not read: %d KiB of %d KiB are on the way, kernel buffers included%n",
        who, heldBytes >> 10, WHOLE_BYTES >> 10);
    assertThat(heldBytes).isBetween(1L, WHOLE_BYTES / 2);
  }

  private static long expectedSum() {
    var sum = new CRC32();
    for (int i = 0; i < FRAMES; i++) {
      sum.update(frame(i).getBytes(StandardCharsets.UTF_8));
    }
    sum.update((Say.STOP + Say.DONE).getBytes(StandardCharsets.UTF_8));
    return sum.getValue();
  }

  @Test
  void client_doesNotRead_itsServerStopsWriting_andEveryByteComesLater() throws Exception {
    var before = bed.books("p");
    try (var client = new RawClient(bed.gateway().port(), 16 << 10)) {
      client.post(Bed.CHAT, Bed.KEY, Say.STREAM);
      assertThat(client.readStatus()).isEqualTo(200);
      client.headers();

      requireBounded("a client of HTTP/1.1", awaitStall());

      var sum = new CRC32();
      for (byte[] chunk = client.chunk(); chunk.length > 0; chunk = client.chunk()) {
        sum.update(chunk);
      }
      assertThat(sum.getValue()).isEqualTo(expectedSum());
    }
    bed.requireSettled();
    assertThat(bed.books("p").since(before).answered()).isEqualTo(1);
    assertThat(bed.books("p").since(before).completionTokens()).isEqualTo(FRAMES);
  }

  /** A client of HTTP/2 whose answer is stopped at its first byte. */
  private record Paused(
      HttpClientRequest request,
      HttpClientResponse answer,
      CRC32 sum,
      CompletableFuture<Void> end) {

    static Paused ask(Vertx vertx) throws Exception {
      var client =
          vertx.createHttpClient(
              new HttpClientOptions()
                  .setProtocolVersion(HttpVersion.HTTP_2)
                  .setHttp2ClearTextUpgrade(false));
      var paused = new CompletableFuture<HttpClientResponse>();
      var sum = new CRC32();
      var end = new CompletableFuture<Void>();
      var request =
          Bed.get(
              client.request(
                  new RequestOptions()
                      .setMethod(HttpMethod.POST)
                      .setHost("127.0.0.1")
                      .setPort(bed.gateway().port())
                      .setURI(Bed.CHAT)
                      .addHeader("authorization", "Bearer " + Bed.KEY)
                      .addHeader("content-type", "application/json")));
      request
          .send(Say.STREAM)
          .onFailure(paused::completeExceptionally)
          .onSuccess(answer -> {
            answer.handler(bytes -> sum.update(bytes.getBytes()));
            answer.endHandler(_ -> end.complete(null));
            answer.exceptionHandler(end::completeExceptionally);
            answer.pause();
            paused.complete(answer);
          });
      return new Paused(request, paused.get(60, TimeUnit.SECONDS), sum, end);
    }
  }

  @Test
  void client_ofHttp2DoesNotRead_itsServerStopsWriting_andEveryByteComesLater() throws Exception {
    var vertx = Vertx.vertx();
    try {
      var client = Paused.ask(vertx);

      requireBounded("a client of HTTP/2", awaitStall());

      client.answer.resume();
      client.end.get(60, TimeUnit.SECONDS);
      assertThat(client.sum.getValue()).isEqualTo(expectedSum());
    } finally {
      Bed.get(vertx.close());
    }
  }

  @Test
  void client_ofHttp2LeavesWithoutHavingRead_itsServerLearnsIt() throws Exception {
    int left = LEFT.get();
    var before = bed.books("p");
    var vertx = Vertx.vertx();
    try {
      var client = Paused.ask(vertx);
      awaitStall();
      Bed.get(client.request.reset(8));

      bed.requireSettled();
      assertThat(bed.books("p").since(before).cancelled()).isEqualTo(1);
      TestBed.await(() -> LEFT.get() == left + 1);
    } finally {
      Bed.get(vertx.close());
    }
  }

  @Test
  void client_leavesWithoutHavingRead_itsServerLearnsIt() throws Exception {
    int left = LEFT.get();
    var before = bed.books("p");
    try (var client = new RawClient(bed.gateway().port(), 16 << 10)) {
      client.post(Bed.CHAT, Bed.KEY, Say.STREAM);
      assertThat(client.readStatus()).isEqualTo(200);
      awaitStall();
    }
    bed.requireSettled();
    assertThat(bed.books("p").since(before).cancelled()).isEqualTo(1);
    TestBed.await(() -> LEFT.get() == left + 1);
  }

  /** One client that does not read must not keep another one's answer. */
  @Test
  void client_doesNotRead_othersAreServed() throws Exception {
    try (var slow = new RawClient(bed.gateway().port(), 16 << 10)) {
      slow.post(Bed.CHAT, Bed.KEY, Say.STREAM);
      assertThat(slow.readStatus()).isEqualTo(200);
      awaitStall();
      for (int i = 0; i < 4; i++) {
        try (var other = bed.client()) {
          other.post(Bed.CHAT, Bed.KEY, Say.STREAM);
          assertThat(other.readStatus()).isEqualTo(200);
          other.headers();
          assertThat(other.chunk()).isNotEmpty();
        }
      }
    }
    TestBed.await(() -> bed.metric("penstock_inflight") == 0);
  }
}
