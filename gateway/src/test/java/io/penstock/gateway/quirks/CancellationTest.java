package io.penstock.gateway.quirks;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.TestBed;
import io.penstock.loadtest.modelserver.Fault;
import io.penstock.loadtest.modelserver.Fault.Kind;
import io.penstock.loadtest.modelserver.ModelServer;
import io.penstock.loadtest.modelserver.Quirk;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.StreamResetException;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A client leaves, and its model server learns it, however far the call was: by a closed connection
 * (HTTP/1.1) or a reset stream (HTTP/2). What it took is accounted, and nothing stays held.
 */
class CancellationTest {
  private static final String LONG =
      "{\"model\":\"auto\",\"min_tokens\":3500,\"max_tokens\":3500,"
          + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String LONG_STREAM = "{\"stream\":true," + LONG.substring(1);

  private static Vertx vertx;
  private static ModelServer working;
  private static ModelServer hanging;
  private static ModelServer early;
  private static BlackHole hole;
  private static Bed bed;

  @BeforeAll
  static void start() throws Exception {
    vertx = Vertx.vertx();
    var options = ModelServer.Options.defaults().withModel("llama-2-7b");
    var hangs = options.withFaults(Fault.always(Kind.HANG_BEFORE_FIRST_TOKEN));
    working = Bed.get(ModelServer.start(vertx, options));
    hanging = Bed.get(ModelServer.start(vertx, hangs));
    early = Bed.get(ModelServer.start(vertx, hangs.withQuirks(Quirk.EARLY_HEADERS)));
    hole = BlackHole.open();
    bed =
        Bed.start(
            Bed.pool("working", "", working.url()),
            Bed.pool("hanging", "", hanging.url()),
            Bed.pool("early", "", early.url()),
            Bed.pool("hole", ", timeouts: {connect: 1m}", hole.url()));
  }

  @AfterAll
  static void stop() throws Exception {
    bed.close();
    hole.close();
    Bed.get(vertx.close());
  }

  @AfterEach
  void nothingIsHeld() {
    bed.requireSettled();
  }

  /** How a client speaks, and leaves. */
  enum Via {
    HTTP_1 {
      @Override
      Leaver ask(String pool, String body) throws Exception {
        var client = bed.client();
        client.post(Bed.CHAT, Bed.KEY, body, "x-penstock-pool: " + pool);
        return new ByClosing(client);
      }
    },
    HTTP_2 {
      @Override
      Leaver ask(String pool, String body) throws Exception {
        var options =
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false);
        var client = vertx.createHttpClient(options);
        var request =
            Bed.get(
                client.request(
                    new RequestOptions()
                        .setMethod(HttpMethod.POST)
                        .setHost("127.0.0.1")
                        .setPort(bed.gateway().port())
                        .setURI(Bed.CHAT)
                        .addHeader("authorization", "Bearer " + Bed.KEY)
                        .addHeader("content-type", "application/json")
                        .addHeader("x-penstock-pool", pool)));
        return new ByReset(client, request, body);
      }
    };

    abstract Leaver ask(String pool, String body) throws Exception;
  }

  /** A client that has asked. */
  interface Leaver {
    /** Waits for the first bytes of the answer's body. */
    void awaitBytes() throws Exception;

    /** Leaves; when it did. */
    long leave() throws Exception;
  }

  private record ByClosing(RawClient client) implements Leaver {
    @Override
    public void awaitBytes() throws Exception {
      assertThat(client.readStatus()).isEqualTo(200);
      client.headers();
      assertThat(client.chunk()).isNotEmpty();
    }

    @Override
    public long leave() throws Exception {
      long now = System.nanoTime();
      client.close();
      return now;
    }
  }

  private static final class ByReset implements Leaver {
    private final HttpClientAgent client;
    private final HttpClientRequest request;
    private final CompletableFuture<Void> bytes = new CompletableFuture<>();

    ByReset(HttpClientAgent client, HttpClientRequest request, String body) {
      this.client = client;
      this.request = request;
      request.exceptionHandler(_ -> {});
      request
          .response()
          .onSuccess(answer -> {
            answer.exceptionHandler(_ -> {});
            answer.handler(_ -> bytes.complete(null));
          });
      request
          .send(body)
          .onFailure(gone -> assertThat(gone).isInstanceOf(StreamResetException.class));
    }

    @Override
    public void awaitBytes() throws Exception {
      bytes.get(60, TimeUnit.SECONDS);
    }

    @Override
    public long leave() throws Exception {
      long now = System.nanoTime();
      Bed.get(request.reset(8));
      client.close();
      return now;
    }
  }

  private static void requireCancelled(Bed.Books before, String pool, String state, double states) {
    bed.requireSettled();
    var books = bed.books(pool).since(before);
    assertThat(books.cancelled()).isEqualTo(1);
    assertThat(books.answered() + books.failed() + books.refused() + books.broken()).isZero();
    assertThat(bed.metric("penstock_cancelled_total", "state=\"" + state + '"', "\"" + pool + '"'))
        .isEqualTo(states + 1);
    assertThat(bed.failures(pool)).isZero();
  }

  private static double cancelled(String pool, String state) {
    return bed.metric("penstock_cancelled_total", "state=\"" + state + '"', "\"" + pool + '"');
  }

  private static void leaves(Via via, String pool, ModelServer server, String body, String state)
      throws Exception {
    var before = bed.books(pool);
    double states = cancelled(pool, state);
    long aborted = server.stats().aborted();
    var client = via.ask(pool, body);
    TestBed.await(() -> server.stats().running() == 1);
    if (state.equals("streaming")) {
      client.awaitBytes();
    }

    client.leave();

    TestBed.await(() -> server.stats().aborted() == aborted + 1);
    TestBed.await(() -> server.stats().running() == 0);
    requireCancelled(before, pool, state, states);
    assertThat(bed.books(pool).since(before).promptTokens()).isPositive();
  }

  @ParameterizedTest
  @EnumSource
  void client_leavesBeforeTheHead_theServerLearnsIt(Via via) throws Exception {
    leaves(via, "hanging", hanging, Say.STREAM, "waiting");
    leaves(via, "hanging", hanging, Say.WHOLE, "waiting");
  }

  @ParameterizedTest
  @EnumSource
  void client_leavesBetweenHeadAndFirstToken_theServerLearnsIt(Via via) throws Exception {
    leaves(via, "early", early, Say.STREAM, "waiting");
  }

  @ParameterizedTest
  @EnumSource
  void client_leavesWhileAWholeAnswerIsMade_theServerLearnsIt(Via via) throws Exception {
    leaves(via, "working", working, LONG, "waiting");
  }

  @ParameterizedTest
  @EnumSource
  void client_leavesMidStream_theServerLearnsIt_andTokensAreAccounted(Via via) throws Exception {
    long before = bed.books("working").completionTokens();
    leaves(via, "working", working, LONG_STREAM, "streaming");
    assertThat(bed.books("working").completionTokens()).isBetween(before + 1, before + 3400);
  }

  @ParameterizedTest
  @EnumSource
  void client_leavesWhileItsServerIsNotReached_noCallIsMade(Via via) throws Exception {
    var before = bed.books("hole");
    double states = cancelled("hole", "connecting");
    var client = via.ask("hole", Say.STREAM);
    TestBed.await(() -> bed.metric("penstock_inflight", "pool=\"hole\"") == 1);

    client.leave();

    requireCancelled(before, "hole", "connecting", states);
    assertThat(bed.books("hole").since(before).promptTokens()).isZero();
  }

  /** The connection that comes about too late carries nothing. */
  @Test
  void client_leftWhileItsServerWasNotReached_nothingIsSentLater() throws Exception {
    try (var late = BlackHole.open();
        var other = Bed.start(Bed.pool("p", ", timeouts: {connect: 1m}", late.url()))) {
      try (var client = other.client()) {
        client.post(Bed.CHAT, Bed.KEY, Say.STREAM);
        TestBed.await(() -> other.metric("penstock_inflight") == 1);
      }
      other.requireSettled();
      try (var connection = late.swallow()) {
        connection.setSoTimeout(300);
        assertThat(sendsNothing(connection)).isTrue();
      }
    }
  }

  private static boolean sendsNothing(java.net.Socket connection) throws Exception {
    try {
      return connection.getInputStream().read() < 0;
    } catch (SocketTimeoutException silent) {
      return true;
    }
  }

  @Test
  void client_leavesWhileItSendsItsBody_noCallIsMade() throws Exception {
    int calls = working.recorded().size();
    double reading = bed.metric("penstock_cancelled_total", "state=\"reading\"");
    double open = bed.metric("penstock_accepted_total");
    try (var client = bed.client()) {
      client.send(
          "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n"
              + "Authorization: Bearer "
              + Bed.KEY
              + "\r\n\r\n{\"messages\":");
      TestBed.await(() -> bed.metric("penstock_accepted_total") == open + 1);
    }
    bed.requireSettled();
    assertThat(bed.metric("penstock_cancelled_total", "state=\"reading\"")).isEqualTo(reading + 1);
    assertThat(working.recorded()).hasSize(calls);
  }

  /** One stream of a connection goes; the others stay. */
  @Test
  void client_resetsOneOfItsStreams_theOthersGoOn() throws Exception {
    var options =
        new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(false);
    var client =
        vertx.createHttpClient(options, new io.vertx.core.http.PoolOptions().setHttp2MaxSize(1));
    var head =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setHost("127.0.0.1")
            .setPort(bed.gateway().port())
            .setURI(Bed.CHAT)
            .addHeader("authorization", "Bearer " + Bed.KEY)
            .addHeader("content-type", "application/json")
            .addHeader("x-penstock-pool", "working");
    var leaving = new ByReset(client, Bed.get(client.request(head)), LONG_STREAM);
    leaving.awaitBytes();
    var staying = Bed.get(client.request(head));
    var answer = staying.send(LONG_STREAM.replace("3500", "60")).compose(r -> r.body());
    long aborted = working.stats().aborted();

    Bed.get(leaving.request.reset(8));

    assertThat(Bed.get(answer).toString()).endsWith("data: [DONE]\n\n");
    TestBed.await(() -> working.stats().aborted() == aborted + 1);
    Bed.get(client.close());
  }

  /** No assertion on time, which a busy machine may stretch; the figure is for the reader. */
  @ParameterizedTest
  @EnumSource
  void manyClients_leaveMidStream_theServerLearnsEach(Via via) throws Exception {
    long[] micros = new long[21];
    for (int i = 0; i < micros.length; i++) {
      long aborted = working.stats().aborted();
      var client = via.ask("working", LONG_STREAM);
      client.awaitBytes();
      long left = client.leave();
      TestBed.await(() -> working.stats().aborted() == aborted + 1);
      micros[i] = (working.stats().lastAbortNanos() - left) / 1000;
      assertThat(micros[i]).isPositive();
    }
    Arrays.sort(micros);
    System.out.printf(
        "%s: from a client's leaving to its model server's knowing: median %d us, most %d us%n",
        via, micros[micros.length / 2], micros[micros.length - 1]);
  }
}
