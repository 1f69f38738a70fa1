package io.penstock.loadtest.modelserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.loadtest.modelserver.Engine.Limits;
import io.penstock.loadtest.modelserver.Sequence.Timeline;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class PrefixCachingTest {
  private static final long MS = 1_000_000;

  /** A prompt token takes a tenth of a millisecond, every step 10 ms. */
  private static final StepClock CLOCK = batch -> (10 + 0.1 * batch.prefillTokens()) / 1e3;

  @RegisterExtension final Servers servers = new Servers();

  /** So many tokens, alike as far as they have the same seed. */
  private static long[] hashes(int tokens, int... seeds) {
    var chain = new TokenChain();
    for (int i = 0; i < tokens; i++) {
      chain.add(new int[] {seeds[Math.min(i * seeds.length / tokens, seeds.length - 1)] + i});
    }
    return chain.blocks();
  }

  private static Sequence sequence(int prompt, int wanted, int... seeds) {
    return new Sequence(prompt, wanted, 0, hashes(prompt + wanted, seeds), new Quiet());
  }

  private static final class Quiet implements Sequence.Listener {
    @Override
    public void token(int index, long atNanos) {}

    @Override
    public void finished(Timeline timeline) {}
  }

  private static void run(Engine engine) {
    while (engine.nextNanos() != Engine.IDLE) {
      engine.advance(engine.nextNanos(), Integer.MAX_VALUE);
    }
  }

  private static long firstTokenMillis(Engine engine, Sequence sequence) {
    long from = engine.steps() * 1_000 * MS;
    engine.submit(sequence, from);
    run(engine);
    return (sequence.firstTokenNanos - from) / MS;
  }

  @Test
  void prompt_thatWasComputedBefore_isComputedButForItsLastBlock() {
    var engine = new Engine(CLOCK, 1, new Limits(100_000, 64, 8192, 16));
    assertThat(firstTokenMillis(engine, sequence(1_600, 1, 5))).isEqualTo(170);
    var again = sequence(1_600, 1, 5);
    assertThat(firstTokenMillis(engine, again)).isEqualTo(11);
    assertThat(again.cachedTokens).isEqualTo(1_584);
    assertThat(engine.queriedTokens()).isEqualTo(3_200);
    assertThat(engine.hitTokens()).isEqualTo(1_584);
  }

  @Test
  void prompt_thatGoesOnAfterTheAnswer_findsBoth() {
    var engine = new Engine(CLOCK, 1, new Limits(100_000, 64, 8192, 16));
    engine.submit(sequence(160, 160, 5), 0);
    run(engine);
    var next = sequence(640, 1, 5);
    engine.submit(next, engine.steps() * 1_000 * MS);
    run(engine);
    assertThat(next.cachedTokens)
        .as("the last token was given, but never read: its block is not full")
        .isEqualTo(304);
  }

  @Test
  void prompt_thatDiffersInTheMiddle_findsTheBlocksBefore() {
    var engine = new Engine(CLOCK, 1, new Limits(100_000, 64, 8192, 16));
    engine.submit(sequence(1_599, 1, 5, 5), 0);
    run(engine);
    var other = sequence(1_599, 1, 5, 90_000);
    engine.submit(other, engine.steps() * 1_000 * MS);
    run(engine);
    assertThat(other.cachedTokens).isEqualTo(800);
  }

  @Test
  void prefixCachingOff_findsNothing() {
    var engine = new Engine(CLOCK, 1, new Limits(100_000, 64, 8192, 16), false);
    assertThat(firstTokenMillis(engine, sequence(1_600, 1, 5))).isEqualTo(170);
    assertThat(firstTokenMillis(engine, sequence(1_600, 1, 5))).isEqualTo(170);
    assertThat(engine.queriedTokens()).isZero();
  }

  @Test
  void sequences_thatBeginAlike_shareTheirBlocks() {
    var kv = new KvBlocks(16_000, 16, true);
    long[] hashes = hashes(1_600, 5);
    var first = new KvBlocks.Holding();
    assertThat(kv.grow(first, 1_600)).isTrue();
    kv.computed(first, hashes, 1_600);
    var second = new KvBlocks.Holding();
    assertThat(kv.find(second, hashes, 1_601)).isEqualTo(1_600);
    assertThat(kv.free()).as("a hundred blocks, held twice").isEqualTo(900);
    kv.release(first);
    assertThat(kv.free()).isEqualTo(900);
    kv.release(second);
    assertThat(kv.free()).isEqualTo(1_000);
    assertThat(kv.usage()).isZero();
  }

  @Test
  void memory_thatIsNeeded_takesTheLongestLeftFirstAndEndsBeforeBeginnings() {
    var kv = new KvBlocks(16 * 10, 16, true);
    long[] old = hashes(64, 5);
    long[] young = hashes(64, 90_000);
    for (long[] each : List.of(old, young)) {
      var holding = new KvBlocks.Holding();
      assertThat(kv.grow(holding, 64)).isTrue();
      kv.computed(holding, each, 64);
      kv.release(holding);
    }
    assertThat(kv.grow(new KvBlocks.Holding(), 64)).isTrue();
    assertThat(kv.find(new KvBlocks.Holding(), old, 65)).isEqualTo(32);
    assertThat(kv.find(new KvBlocks.Holding(), young, 65)).isEqualTo(64);
  }

  @Test
  void blocks_underRandomWork_areNeverLostOrGivenTwice() {
    var random = new SplittableRandom(3);
    var kv = new KvBlocks(16 * 200, 16, true);
    List<KvBlocks.Holding> held = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      if (!held.isEmpty() && random.nextInt(3) == 0) {
        kv.release(held.remove(random.nextInt(held.size())));
      } else {
        int tokens = 1 + random.nextInt(600);
        long[] hashes = hashes(tokens, 1_000 * random.nextInt(5), 1_000 * random.nextInt(50));
        var holding = new KvBlocks.Holding();
        int found = kv.find(holding, hashes, tokens);
        if (kv.grow(holding, tokens)) {
          kv.computed(holding, hashes, found + random.nextInt(tokens - found + 1));
          held.add(holding);
        } else {
          kv.release(holding);
        }
      }
      assertThat(kv.free()).isBetween(0L, 200L);
      assertThat(kv.usage()).isBetween(0.0, 1.0);
    }
    held.forEach(kv::release);
    assertThat(kv.free()).isEqualTo(200);
  }

  @Test
  void chat_asked_again_saysWhatWasCached() throws Exception {
    var server = servers.start(Servers.fast());
    String system = "The river and the mill, ".repeat(50);
    var first = servers.chat(server, messages(system, "Where?"));
    assertThat(first.getJsonObject("usage").getValue("prompt_tokens_details")).isNull();
    var second = servers.chat(server, messages(system, "When?"));
    var usage = second.getJsonObject("usage");
    int cached = usage.getJsonObject("prompt_tokens_details").getInteger("cached_tokens");
    assertThat(cached).isPositive().isLessThan(usage.getInteger("prompt_tokens"));
    assertThat(cached % 16).isZero();
    String metrics = servers.get(server, "/metrics").body();
    assertThat(value(metrics, "vllm:prefix_cache_hits_total")).isEqualTo(cached);
    assertThat(value(metrics, "vllm:prefix_cache_queries_total"))
        .isEqualTo(
            first.getJsonObject("usage").getInteger("prompt_tokens")
                + usage.getInteger("prompt_tokens"));
  }

  @Test
  void chat_goneOn_findsTheAnswerToo() throws Exception {
    var server = servers.start(Servers.fast());
    String question = "The river and the mill, ".repeat(20);
    var first = servers.chat(server, messages("Be brief.", question) + ",\"max_tokens\":64");
    String answer =
        first
            .getJsonArray("choices")
            .getJsonObject(0)
            .getJsonObject("message")
            .getString("content");
    var usage =
        servers
            .chat(server, messages("Be brief.", question, answer, "Go on."))
            .getJsonObject("usage");
    int before =
        first.getJsonObject("usage").getInteger("prompt_tokens")
            + first.getJsonObject("usage").getInteger("completion_tokens");
    assertThat(usage.getJsonObject("prompt_tokens_details").getInteger("cached_tokens"))
        .isEqualTo((before - 1) / 16 * 16);
  }

  @Test
  void chat_withoutPrefixCaching_hasNothingCached() throws Exception {
    var server = servers.start(Servers.fast().withoutPrefixCaching());
    String system = "The river and the mill, ".repeat(50);
    servers.chat(server, messages(system, "Where?"));
    var usage = servers.chat(server, messages(system, "Where?")).getJsonObject("usage");
    assertThat(usage.getValue("prompt_tokens_details")).isNull();
    assertThat(value(servers.get(server, "/metrics").body(), "vllm:prefix_cache_hits_total"))
        .isZero();
  }

  private static double value(String metrics, String name) {
    return Arrays.stream(metrics.split("\n"))
        .filter(line -> line.startsWith(name + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static String messages(String system, String... turns) {
    List<JsonObject> messages = new ArrayList<>();
    messages.add(new JsonObject().put("role", "system").put("content", system));
    for (int i = 0; i < turns.length; i++) {
      messages.add(
          new JsonObject().put("role", i % 2 == 0 ? "user" : "assistant").put("content", turns[i]));
    }
    return "\"messages\":" + Json.encode(messages);
  }
}
