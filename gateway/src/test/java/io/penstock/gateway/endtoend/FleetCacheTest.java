package io.penstock.gateway.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.quirks.Bed;
import io.penstock.gateway.quirks.Say;
import io.penstock.gateway.quirks.ScriptedServer;
import io.penstock.gateway.quirks.ScriptedServer.Script;
import io.penstock.gateway.testing.Proxy;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.RedisServer;
import io.penstock.gateway.testing.TestBed;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two gateways with one Redis: what one has answered the other gives again. */
class FleetCacheTest {
  private static final String CACHE = "x-penstock-cache";
  private static final String LONG = "word ".repeat(2_000);

  private RedisServer redis;
  private ScriptedServer server;
  private Bed one;
  private Bed two;
  private int questions;

  @BeforeEach
  void start() throws Exception {
    redis = RedisServer.start();
    server = ScriptedServer.start(Script.always(Say.json(200, Say.CHAT.replace("Hello", LONG))));
    one = gateway();
    two = gateway();
    TestBed.await(() -> one.metric("penstock_store_up", "store=\"redis\"") == 1);
    TestBed.await(() -> two.metric("penstock_store_up", "store=\"redis\"") == 1);
  }

  private Bed gateway() throws Exception {
    return gateway(redis.url());
  }

  private Bed gateway(String url) throws Exception {
    return Bed.start(
        Bed.pool("p", "", server.url())
            + "\ncache: {memory: 16MiB}\nredis: {url: \""
            + url
            + "\", timeout: 500ms}");
  }

  @AfterEach
  void stop() throws Exception {
    one.close();
    two.close();
    server.close();
    redis.close();
  }

  private static RawClient.Answer ask(Bed gateway, String body) throws IOException {
    try (var client = gateway.client()) {
      return client.post(Bed.CHAT, Bed.KEY, body).read();
    }
  }

  private String question() {
    return "{\"seed\":1,\"messages\":[{\"role\":\"user\",\"content\":\"fleet "
        + questions++
        + "\"}]}";
  }

  /** Has the first gateway answer, and waits until the second finds that in Redis. */
  private String kept() throws IOException {
    while (true) {
      String question = question();
      ask(one, question);
      long end = System.nanoTime() + 1_000_000_000L;
      while (System.nanoTime() < end) {
        if (dryRunHits(two, question)) {
          return question;
        }
      }
    }
  }

  /** A dry run looks and keeps nothing. */
  private static boolean dryRunHits(Bed gateway, String question) throws IOException {
    try (var client = gateway.client()) {
      return client
          .post(Bed.CHAT, Bed.KEY, question, "x-penstock-dry-run: true")
          .read()
          .text()
          .contains("\"would_hit\":true");
    }
  }

  @Test
  void answer_ofOneGateway_isAHitAtTheOther_inEitherForm() throws Exception {
    String question = kept();
    int asked = server.requests().size();

    var whole = ask(two, question);
    assertThat(whole.header(CACHE)).isEqualTo("hit");
    assertThat(whole.text()).contains(LONG);
    assertThat(two.metric("penstock_cache_lookups_total", "redis", "hit")).isPositive();
    var again = ask(two, question);
    assertThat(again.header(CACHE)).isEqualTo("hit");
    assertThat(two.metric("penstock_cache_lookups_total", "memory", "result=\"hit\"")).isPositive();
    var stream = ask(two, question.replace("{\"seed\"", "{\"stream\":true,\"seed\""));
    assertThat(stream.header(CACHE)).isEqualTo("hit");
    assertThat(stream.text()).contains(LONG).endsWith(Say.DONE);
    assertThat(server.requests()).hasSize(asked);
  }

  @Test
  void clear_atOneGateway_isFeltAtTheOther() throws Exception {
    String question = kept();
    assertThat(ask(two, question).header(CACHE)).isEqualTo("hit");

    Bed.get(one.gateway().controls().clearCache("someone"));

    TestBed.await(() -> two.gateway().controls().cache().entries() == 0);
    assertThat(ask(two, question).header(CACHE)).isEqualTo("miss");
    assertThat(ask(one, question).header(CACHE)).isNotEqualTo("bypass");
  }

  @Test
  void delete_ofATenantOrOfAll_overTheAdminPort_isFeltAtBoth() throws Exception {
    String question = kept();
    assertThat(ask(two, question).header(CACHE)).isEqualTo("hit");

    delete(one, "?tenant=nobody");
    assertThat(ask(two, question).header(CACHE)).isEqualTo("hit");

    for (String whose : List.of("?tenant=someone", "")) {
      String known = kept();
      assertThat(ask(two, known).header(CACHE)).isEqualTo("hit");
      delete(one, whose);
      TestBed.await(() -> two.gateway().controls().cache().entries() == 0);
      assertThat(ask(two, known).header(CACHE)).as(whose).isEqualTo("miss");
    }
  }

  private static void delete(Bed gateway, String whose) throws Exception {
    try (var client = new RawClient(gateway.gateway().adminPort())) {
      String request = "DELETE /api/cache" + whose + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
      assertThat(client.send(request).read().status()).isEqualTo(200);
    }
  }

  @Test
  void redis_thatDies_costsNoAnswer() throws Exception {
    String question = kept();
    redis.kill();

    for (int i = 0; i < 20; i++) {
      var answer = ask(two, question());
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header(CACHE)).isEqualTo("miss");
    }
    assertThat(ask(one, question).header(CACHE)).isEqualTo("hit");

    redis.restart();
    TestBed.await(() -> one.metric("penstock_store_up", "store=\"redis\"") == 1);
    TestBed.await(() -> two.metric("penstock_store_up", "store=\"redis\"") == 1);
    assertThat(ask(two, kept()).header(CACHE)).isEqualTo("hit");
  }

  /** Its limits and its answers are asked of one store, for which a call waits only once. */
  @Test
  void redis_thatIsSilent_isNotAskedForAnAnswer_afterItWasAskedForAPlace() throws Exception {
    redis.freeze();
    assertThat(ask(two, question()).header(CACHE)).isEqualTo("miss");
    redis.thaw();
    assertThat(two.metric("penstock_cache_lookups_total", "redis")).isZero();
  }

  @Test
  void redis_thatIsSlow_isWaitedForNoLongerThanItsTimeOut_inAll() throws Exception {
    String question = kept();
    try (var proxy = Proxy.to(redis.port());
        var far = gateway("redis://127.0.0.1:" + proxy.port())) {
      TestBed.await(() -> hits(far, question));
      // There and back is 300 ms: the limits have it in time, and leave too little for the answer.
      proxy.delay(150);
      assertThat(ask(far, question).header(CACHE)).isEqualTo("miss");
    }
  }

  private static boolean hits(Bed gateway, String question) {
    try {
      return dryRunHits(gateway, question);
    } catch (IOException torn) {
      throw new AssertionError(torn);
    }
  }
}
