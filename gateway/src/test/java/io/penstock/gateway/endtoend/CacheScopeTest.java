package io.penstock.gateway.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.quirks.Say;
import io.penstock.gateway.quirks.ScriptedServer;
import io.penstock.gateway.quirks.ScriptedServer.Script;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.TestBed;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who shares an answer, and what a reload makes of those that are kept. */
class CacheScopeTest {
  private static final String CACHE = "x-penstock-cache";
  private static final String YAML =
      """
      server: {host: 127.0.0.1, port: 0, drain-timeout: 5s}
      admin: {host: 127.0.0.1, port: 0}
      tiers:
        any:
          route: {simple: p, medium: p, complex: p}
      keys:
        - {id: one, sha256: "${ONE}", tier: any, tenant: acme}
        - {id: also, sha256: "${ALSO}", tier: any, tenant: acme}
        - {id: two, sha256: "${TWO}", tier: any, tenant: other}
      cache: {memory: 1MiB}
      pools:
        p: {model: llama-2-7b, context-length: 4096, backends: [{id: p-1, url: "@p"}]}
      """;

  private static ScriptedServer server;
  private static TestBed bed;
  private static String yaml;
  private static int questions;

  private String question;

  @BeforeAll
  static void start() throws Exception {
    server = ScriptedServer.start(Script.always(Say.json(200, Say.CHAT)));
    bed = TestBed.setup().url("p", server.url()).config(YAML).start();
    yaml = bed.yaml();
  }

  @AfterAll
  static void stop() throws Exception {
    bed.assertNothingLost();
    bed.close();
    server.close();
  }

  @BeforeEach
  void anew() throws Exception {
    server.plays(Script.always(Say.json(200, Say.CHAT)));
    question =
        "{\"temperature\":0,\"messages\":[{\"role\":\"user\",\"content\":\"scope "
            + questions++
            + "\"}]}";
    assertThat(bed.reload(yaml).statusCode()).isEqualTo(200);
  }

  private static RawClient.Answer ask(String key, String body) throws IOException {
    try (var client = new RawClient(bed.port())) {
      return client.post("/v1/chat/completions", TestBed.key(key), body).read();
    }
  }

  private String mark(String key) throws IOException {
    return ask(key, question).header(CACHE);
  }

  @Test
  void tenants_shareNothing_andTheirKeysAll() throws Exception {
    assertThat(mark("ONE")).isEqualTo("miss");
    assertThat(mark("ALSO")).isEqualTo("hit");
    assertThat(mark("TWO")).isEqualTo("miss");
    assertThat(mark("TWO")).isEqualTo("hit");
    assertThat(server.requests()).hasSize(2);
  }

  @Test
  void tenants_askingTogether_shareNoFlight() throws Exception {
    var gate = new CountDownLatch(1);
    server.plays(
        Script.each(wire -> {
          try {
            gate.await(60, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          wire.send(Say.json(200, Say.CHAT));
        }));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var one = threads.submit(() -> mark("ONE"));
      var two = threads.submit(() -> mark("TWO"));
      TestBed.await(() -> server.requests().size() == 2);
      gate.countDown();
      assertThat(one.get(60, TimeUnit.SECONDS)).isEqualTo("miss");
      assertThat(two.get(60, TimeUnit.SECONDS)).isEqualTo("miss");
    }
  }

  @Test
  void clear_ofATenant_leavesTheOthers() throws Exception {
    mark("ONE");
    mark("TWO");

    bed.gateway().controls().clearCache("acme").toCompletionStage().toCompletableFuture().join();

    assertThat(mark("TWO")).isEqualTo("hit");
    assertThat(mark("ONE")).isEqualTo("miss");
  }

  @Test
  void reload_thatChangesTheAnswer_findsNoneOfTheOld_andOneThatDoesNotFindsThem() throws Exception {
    mark("ONE");

    assertThat(
            bed.reload(yaml.replace("context-length: 4096", "context-length: 8192")).statusCode())
        .isEqualTo(200);
    TestBed.await(() -> is("hit", "ONE"));
    bed.reload(yaml.replace("context-length: 4096", "context-length: 4096, set: {top_k: 1}"));
    TestBed.await(() -> is("miss", "ONE"));
    bed.reload(yaml.replace("memory: 1MiB", "memory: 1MiB, version: \"2\""));
    TestBed.await(() -> is("miss", "ONE"));
    bed.reload(yaml.replace("cache: {memory: 1MiB}", ""));
    TestBed.await(() -> is("bypass", "ONE"));
  }

  private boolean is(String expected, String key) {
    try {
      return mark(key).equals(expected);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void scope_widened_letsOthersShare() throws Exception {
    bed.reload(yaml.replace("memory: 1MiB", "memory: 1MiB, scope: global"));
    TestBed.await(() -> is("miss", "ONE"));
    TestBed.await(() -> is("hit", "TWO"));
  }

  @Test
  void toolCalls_areKeptWhereTheConfigSaysSo() throws Exception {
    server.plays(Script.always(Say.json(200, Say.CHAT.replace("\"stop\"", "\"tool_calls\""))));
    mark("ONE");
    assertThat(mark("ONE")).isEqualTo("miss");

    bed.reload(yaml.replace("memory: 1MiB", "memory: 1MiB, tool-calls: true"));

    TestBed.await(() -> is("hit", "ONE"));
  }

  @Test
  void memory_isNeverOverItsBound() throws Exception {
    String answer = Say.CHAT.replace("Hello", "x".repeat(40_000));
    server.plays(Script.always(Say.json(200, answer)));
    long bound = bed.gateway().controls().cache().boundBytes();
    for (int i = 0; i < 100; i++) {
      String one = question.replace("scope", "bound " + i);
      assertThat(ask("ONE", one).header(CACHE)).isEqualTo("miss");
      assertThat(bed.gateway().controls().cache().bytes()).isLessThanOrEqualTo(bound);
    }
    assertThat(bed.gateway().controls().cache().bytes()).isGreaterThan(bound / 2);
  }
}
