package io.penstock.gateway.endtoend;

import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.RedisServer;
import io.penstock.gateway.testing.TestBed;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How long a revoked key goes on working at another gateway, where the message that tells of it
 * comes and where it is lost: run by hand (loadtest/bench/revocation.sh), the figures are in
 * docs/operations.md. The time is from when the revocation was asked for to when the first request
 * is refused, requests being sent one after the other.
 */
final class KeyRevocation {
  private static final int ROUNDS = 40;
  private static final String BODY =
      "{\"model\":\"small\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String TAG = "{penstock:keys}";

  private KeyRevocation() {}

  public static void main(String[] args) throws Exception {
    try (var redis = RedisServer.start();
        var one = gateway(redis);
        var other = gateway(redis)) {
      TestBed.await(() -> loaded(one) && loaded(other));
      System.out.println("| revoked | median, ms | longest of " + ROUNDS + ", ms |");
      System.out.println("| --- | --- | --- |");
      print("over the admin port of another gateway", one, other, id -> revoke(one, id));
      print("in Redis, the message lost", one, other, id -> revokeSilently(redis, id));
    }
  }

  private interface Revoked {
    void now(String id) throws IOException;
  }

  private static TestBed gateway(RedisServer redis) throws Exception {
    return TestBed.setup(200)
        .edit(text -> text + "redis: {url: \"" + redis.url() + "\", timeout: 100ms}\n")
        .start();
  }

  private static boolean loaded(TestBed bed) {
    return bed.metric("penstock_store_up", "store=\"keys\"") == 1;
  }

  private static void print(String how, TestBed one, TestBed other, Revoked revoked)
      throws IOException {
    List<Double> millis = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      String id = "key-" + i;
      String key = add(one, id);
      TestBed.await(() -> works(other, key));
      long start = System.nanoTime();
      revoked.now(id);
      TestBed.await(() -> !works(other, key));
      millis.add((System.nanoTime() - start) / 1e6);
    }
    millis.sort(null);
    System.out.printf(
        Locale.ROOT, "| %s | %.0f | %.0f |%n", how, millis.get(ROUNDS / 2), millis.getLast());
  }

  private static boolean works(TestBed bed, String key) {
    return Ask.post(bed, Ask.CHAT, key, BODY).status() == 200;
  }

  private static String add(TestBed bed, String id) throws IOException {
    String body = "{\"id\":\"" + id + "\",\"tier\":\"paid\"}";
    return new JsonObject(admin(bed, "POST /api/keys", body)).getString("key");
  }

  private static void revoke(TestBed bed, String id) throws IOException {
    admin(bed, "DELETE /api/keys/" + id, "");
  }

  private static String admin(TestBed bed, String what, String body) throws IOException {
    try (var client = new RawClient(bed.gateway().adminPort())) {
      var answer =
          client
              .send(
                  what
                      + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                      + "Content-Length: "
                      + body.length()
                      + "\r\n\r\n"
                      + body)
              .read();
      if (answer.status() >= 300) {
        throw new AssertionError(answer.text());
      }
      return answer.text();
    }
  }

  private static void revokeSilently(RedisServer redis, String id) throws IOException {
    redis.command(
        "EVAL",
        "redis.call('HDEL', KEYS[1], ARGV[1])"
            + " redis.call('ZADD', KEYS[2], redis.call('INCR', KEYS[3]), ARGV[1]) return 1",
        "3",
        TAG,
        TAG + ":log",
        TAG + ":version",
        id);
  }
}
