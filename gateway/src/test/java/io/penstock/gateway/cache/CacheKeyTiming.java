package io.penstock.gateway.cache;

import io.penstock.config.Cache;
import io.penstock.gateway.accept.ScannedBodies;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Configs;
import io.penstock.gateway.call.Directives;
import io.penstock.gateway.call.Operation;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/** What the key of a body costs in CPU. Run by hand; the figures are in docs/cache.md. */
final class CacheKeyTiming {
  private static final int ROUNDS = 5;

  private CacheKeyTiming() {}

  public static void main(String[] args) {
    var fleet = Configs.fleet();
    var caller = new Caller("k", "acme", fleet.tiers().values().iterator().next());
    var pool = fleet.pools().values().iterator().next();
    var config =
        new Cache(1, Duration.ofHours(1), Cache.Scope.TENANT, Cache.When.ALWAYS, false, "");
    var threads = ManagementFactory.getThreadMXBean();
    for (int size : new int[] {1 << 10, 8 << 10, 64 << 10, 1 << 20}) {
      var body = ScannedBodies.of(body(size), Operation.CHAT_COMPLETIONS);
      var call = new Call("id", 0, Operation.CHAT_COMPLETIONS, null, Directives.NONE, body);
      int times = (256 << 20) / size;
      long best = Long.MAX_VALUE;
      long sum = 0;
      for (int round = 0; round < ROUNDS; round++) {
        long start = threads.getCurrentThreadCpuTime();
        for (int i = 0; i < times; i++) {
          sum += CacheKey.of(call, caller, pool, config).a();
        }
        best = Math.min(best, (threads.getCurrentThreadCpuTime() - start) / times);
      }
      System.out.printf("%8d bytes: %8.1f us (%d)%n", size, best / 1000.0, sum & 1);
    }
  }

  /** A conversation of messages of 200 characters, with fields that are not in order. */
  private static String body(int size) {
    var body = new StringBuilder("{\"temperature\":0.0,\"model\":\"auto\",\"messages\":[");
    String text = "The quick brown fox, \\\"as they say\\\", jumps over the lazy dog. ".repeat(3);
    while (body.length() < size) {
      body.append("{\"role\":\"user\",\"content\":\"").append(text).append("\"},\n");
    }
    body.setLength(body.length() - 2);
    return body.append("],\"max_tokens\":100,\"user\":\"u\"}").toString();
  }
}
