package io.penstock.gateway.admit;

import static io.penstock.gateway.testing.TestBed.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.RedisServer;
import io.penstock.gateway.testing.TestBed;
import io.penstock.loadtest.modelserver.Fault;
import io.penstock.loadtest.modelserver.ModelServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What holds whatever 64 clients do to three whole gateways on one Redis, over sockets: they read
 * to the end, or close in the middle of a body, before the first byte, in the middle of a stream,
 * and their model servers answer, hang, break and cut.
 */
final class FleetTrafficLawTest {
  private static final int CLIENTS = 64;
  private static final int CALLS = 12;
  private static final int REQUESTS = 250;
  private static final int TOKENS = 400_000;
  private static final int SLOTS = 20;
  private static final Duration WINDOW = Duration.ofHours(1);
  private static final long REQUEST_MICROS = WINDOW.toNanos() / 1000 / REQUESTS;
  private static final long TOKEN_MICROS = WINDOW.toNanos() / 1000 / TOKENS;
  private static final String CHAT = "/v1/chat/completions";
  private static final String KEY = TestBed.key("law");
  private static final String KEY_SCOPE = "key:law:law";
  private static final String TENANT_SCOPE = "tenant:law:law";
  private static final String CONFIG =
      """
      server: {host: 127.0.0.1, port: 0, drain-timeout: 5s}
      admin: {host: 127.0.0.1, port: 0}
      redis: {url: "@redis", timeout: 20s}
      tiers:
        law:
          limits: {requests: %d/hour, tokens: %d/hour, concurrency: %d}
          budget: 1000/month
          route: {simple: brief, medium: brief, complex: brief}
          pools: [brief, hung, stuck, broken, cut]
      keys: [{id: law, sha256: "${LAW}", tier: law, tenant: law}]
      pools:
      """
          .formatted(REQUESTS, TOKENS, SLOTS);

  private final LongAdder refused = new LongAdder();
  private final LongAdder leftInTheMiddle = new LongAdder();
  private final LongAdder leftBeforeTheFirstByte = new LongAdder();

  /** A request that was taken for good (1), or that may have been given back (-1). */
  private record Event(int requests, long fromNanos, long toNanos) {}

  private final ConcurrentLinkedQueue<Event> events = new ConcurrentLinkedQueue<>();

  private static TestBed gateway(RedisServer redis) throws Exception {
    var setup =
        TestBed.setup()
            .config(CONFIG.replace("@redis", redis.url()))
            .server("brief", server())
            .server("hung", server(Fault.Kind.HANG_BEFORE_FIRST_TOKEN))
            .server("stuck", server(Fault.Kind.HANG_MID_STREAM))
            .server("broken", server(Fault.Kind.RESET))
            .server("cut", server(Fault.Kind.CUT_MID_STREAM));
    for (String name : List.of("brief", "hung", "stuck", "broken", "cut")) {
      setup.pool(
          name,
          ("{model: llama-2-7b, context-length: 4096, price: {input: 30, output: 60},"
                  + " queue: {max-concurrency: 4096}, backends: [{id: %s-1, url: \"@%s\"}]}")
              .formatted(name, name));
    }
    return setup.start();
  }

  private static ModelServer.Options server(Fault.Kind... faults) {
    var options = TestBed.options("llama-2-7b").withSpeed(100).withMedianCompletionTokens(30);
    for (Fault.Kind fault : faults) {
      options = options.withFaults(Fault.always(fault));
    }
    return options;
  }

  @Test
  @Timeout(value = 240, unit = TimeUnit.SECONDS)
  void everything_thatClientsAndServersDo_keepsEveryBound() throws Exception {
    try (var redis = RedisServer.start();
        var one = gateway(redis);
        var two = gateway(redis);
        var three = gateway(redis)) {
      List<TestBed> beds = List.of(one, two, three);
      beds.forEach(bed -> await(() -> bed.metric("penstock_store_up", "redis") == 1));
      Store store = new Store(redis);
      long startedMicros = store.micros();
      var going = new AtomicBoolean(true);
      var most = new long[1];
      Thread watch = Thread.ofVirtual().start(() -> watch(store, going, most));
      List<Throwable> thrown = run(beds);
      going.set(false);
      watch.join();

      assertThat(thrown).isEmpty();
      assertThat(refused.sum()).as("refused").isPositive();
      assertThat(leftInTheMiddle.sum()).as("left in the middle").isPositive();
      assertThat(leftBeforeTheFirstByte.sum()).as("left before the first byte").isPositive();
      assertThat(most[0]).as("slots at once").isBetween(1L, (long) SLOTS);
      assertEveryWindow();
      assertEnd(store, beds, startedMicros);
    }
  }

  /** The most slots that were taken at any moment that it saw. */
  private static void watch(Store store, AtomicBoolean going, long[] most) {
    while (going.get()) {
      most[0] = Math.max(most[0], store.leases(KEY_SCOPE));
      LockSupport.parkNanos(2_000_000);
    }
  }

  private List<Throwable> run(List<TestBed> beds) throws InterruptedException {
    List<Throwable> thrown = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      var random = new SplittableRandom(i);
      threads.add(
          Thread.ofPlatform()
              .uncaughtExceptionHandler((_, e) -> {
                synchronized (thrown) {
                  thrown.add(e);
                }
              })
              .start(() -> {
                for (int call = 0; call < CALLS; call++) {
                  call(beds.get(random.nextInt(beds.size())), random);
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return thrown;
  }

  private void call(TestBed bed, SplittableRandom random) {
    long from = System.nanoTime();
    int taken = 0;
    try (var client = new RawClient(bed.port())) {
      taken =
          switch (random.nextInt(10)) {
            case 0 -> leaveInTheBody(client, random);
            case 1, 2 -> leaveBeforeTheFirstByte(client, random);
            case 3, 4 -> leaveInTheMiddle(client, "stuck");
            case 5 -> leaveInTheMiddle(client, "brief");
            case 6 -> readAll(client, "broken", random.nextBoolean());
            case 7 -> readAll(client, "cut", random.nextBoolean());
            default -> readAll(client, "brief", random.nextBoolean());
          };
    } catch (IOException torn) {
      throw new AssertionError(torn);
    }
    events.add(new Event(taken, from, System.nanoTime()));
  }

  private static String body(String pool, boolean stream) {
    return "{\"model\":\"%s\",\"stream\":%b,\"max_tokens\":60,\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}"
        .formatted(pool, stream);
  }

  /** Whole, or as far as it comes; a stream that was cut says so in its last frame. */
  private int readAll(RawClient client, String pool, boolean stream) throws IOException {
    int status = client.post(CHAT, KEY, body(pool, stream)).read().status();
    assertThat(status).isIn(200, 429, 502, 503);
    if (status == 429) {
      refused.increment();
      return 0;
    }
    return status == 200 && pool.equals("brief") ? 1 : -1;
  }

  private static int leaveInTheBody(RawClient client, SplittableRandom random) throws IOException {
    byte[] whole = RawClient.request(CHAT, KEY, body("brief", true));
    int length = random.nextInt(whole.length);
    client.send(new String(whole, 0, length, StandardCharsets.US_ASCII));
    return 0;
  }

  /** At any time on its way: while it is read, admitted, sent. */
  private int leaveBeforeTheFirstByte(RawClient client, SplittableRandom random)
      throws IOException {
    client.post(CHAT, KEY, body("hung", random.nextBoolean()));
    LockSupport.parkNanos(random.nextLong(40_000_000));
    leftBeforeTheFirstByte.increment();
    return -1;
  }

  private int leaveInTheMiddle(RawClient client, String pool) throws IOException {
    client.post(CHAT, KEY, body(pool, true));
    int status = client.readStatus();
    client.headers();
    if (status == 429) {
      refused.increment();
      return 0;
    }
    assertThat(status).isIn(200, 502, 503);
    if (status == 200) {
      assertThat(client.chunk()).isNotEmpty();
      leftInTheMiddle.increment();
    }
    return -1;
  }

  /** What was surely kept between two moments is at most a full bucket and what came into it. */
  private void assertEveryWindow() {
    List<Event> all = List.copyOf(events);
    long first = all.stream().mapToLong(Event::fromNanos).min().orElseThrow();
    long last = all.stream().mapToLong(Event::toNanos).max().orElseThrow();
    int steps = 40;
    for (int i = 0; i < steps; i++) {
      long from = first + (last - first) * i / steps;
      for (int j = i + 1; j <= steps; j++) {
        long to = first + (last - first) * j / steps;
        long net = 0;
        for (Event event : all) {
          boolean taken = event.requests > 0 && event.fromNanos >= from && event.toNanos <= to;
          boolean back = event.requests < 0 && event.fromNanos <= to;
          net += taken || back ? event.requests : 0;
        }
        double flowedIn = (double) REQUESTS * (to - from) / WINDOW.toNanos();
        assertThat((double) net).isLessThanOrEqualTo(REQUESTS + flowedIn + 1);
      }
    }
  }

  /** Every slot is back, every bucket and the money are what the gateways' own books say. */
  private static void assertEnd(Store store, List<TestBed> beds, long startedMicros) {
    beds.forEach(TestBed::assertNothingLost);
    await(() -> sum(beds, bed -> bed.metric("penstock_reservations_outstanding", "")) == 0);
    await(() -> sum(beds, bed -> bed.metric("penstock_settlements_untold", "")) == 0);
    await(() -> store.leases(KEY_SCOPE) == 0 && store.leases(TENANT_SCOPE) == 0);
    assertThat(store.gone(KEY_SCOPE)).isZero();
    assertThat(store.number(TENANT_SCOPE, "mh")).isZero();
    double usd = sum(beds, bed -> bed.metric("penstock_cost_usd_total", "tier=\"law\""));
    assertThat(usd).isPositive();
    await(() -> store.number(TENANT_SCOPE, "mp") == Math.round(usd * 1e6));

    long elapsed = store.number(KEY_SCOPE, "at") - startedMicros;
    long used =
        Math.round(tokens(beds, "direction=\"prompt\"") + tokens(beds, "direction=\"completion\""));
    assertThat(used).isPositive();
    assertThat(store.number(KEY_SCOPE, "t"))
        .isBetween(Math.max(0, used * TOKEN_MICROS - elapsed), used * TOKEN_MICROS);
    long answered = outcome(beds, "answered");
    long kept = answered + outcome(beds, "failed") + outcome(beds, "cancelled");
    assertThat(store.number(KEY_SCOPE, "r"))
        .isBetween(Math.max(0, answered * REQUEST_MICROS - elapsed), kept * REQUEST_MICROS);
  }

  private static double tokens(List<TestBed> beds, String direction) {
    return sum(beds, bed -> bed.metric("penstock_tokens_total", direction));
  }

  private static long outcome(List<TestBed> beds, String outcome) {
    String label = "outcome=\"" + outcome + '"';
    return Math.round(sum(beds, bed -> bed.metric("penstock_requests_total", label)));
  }

  private static double sum(List<TestBed> beds, ToDoubleFunction<TestBed> of) {
    return beds.stream().mapToDouble(of).sum();
  }
}
