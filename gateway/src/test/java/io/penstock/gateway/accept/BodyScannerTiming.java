package io.penstock.gateway.accept;

import io.penstock.config.ApiKey;
import io.penstock.config.Complexity;
import io.penstock.config.Limits;
import io.penstock.config.Tier;
import io.penstock.gateway.authenticate.Authenticator;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.upstream.BodyEdits;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntSupplier;

/** What a scan, an edit and a look-up cost: run it by hand, on a quiet core. */
public final class BodyScannerTiming {
  private static final int ROUNDS = 12;
  private static final long ROUND_NANOS = 400_000_000;

  private BodyScannerTiming() {}

  public static void main(String[] args) {
    String prose = "The quick brown fox jumps over the lazy dog, and so on. ";
    String code = "    if (x < 0) {\\n        return \\\"no\\\";\\n    }\\n";
    String russian = "Быстрая лиса прыгает через ленивую собаку, и так далее. ";
    String japanese = "いろはにほへと、散りぬるを。";
    time("prose 1 KB", body(prose, 1 << 10));
    time("prose 8 KB", body(prose, 8 << 10));
    time("prose 64 KB", body(prose, 64 << 10));
    time("code 8 KB", body(code, 8 << 10));
    time("russian 8 KB", body(russian, 8 << 10));
    time("japanese 8 KB", body(japanese, 8 << 10));
    time(
        "token ids 8 KB",
        ("{\"prompt\":[" + "1234, ".repeat(1365) + "5]}").getBytes(StandardCharsets.UTF_8),
        Operation.COMPLETIONS);
    var edits = new BodyEdits("llama-2-7b", Map.of(), List.of());
    var scanned = ScannedBodies.of(body(prose, 1 << 10), Operation.CHAT_COMPLETIONS);
    report(
        "edit 1 KB to a buffer",
        () -> edits.apply(scanned, true, OptionalInt.empty()).toBuffer().length());
    var authenticator = authenticator();
    report(
        "identify",
        () ->
            authenticator.identify("Bearer pk-timing-0123456789abcdef0123456789abcdef").hashCode());
  }

  private static Authenticator authenticator() {
    var tier =
        new Tier(
            "t",
            Limits.NONE,
            Optional.empty(),
            Tier.Priority.NORMAL,
            Map.of(Complexity.SIMPLE, "p", Complexity.MEDIUM, "p", Complexity.COMPLEX, "p"),
            List.of(),
            Tier.WhenBusy.REJECT,
            Map.of());
    return new Authenticator(
        List.of(new ApiKey("k", "00".repeat(32), "t", "k")), Map.of("t", tier));
  }

  private static byte[] body(String text, int bytes) {
    int length = text.getBytes(StandardCharsets.UTF_8).length;
    String content = text.repeat(Math.max(1, (bytes - 200) / length));
    return """
    {"model":"auto","messages":[{"role":"system","content":"You are helpful."},
    {"role":"user","content":"%s"}],"temperature":0.7,"max_tokens":256,"stream":true}
    """
        .formatted(content)
        .getBytes(StandardCharsets.UTF_8);
  }

  private static void time(String what, byte[] body) {
    time(what, body, Operation.CHAT_COMPLETIONS);
  }

  private static void time(String what, byte[] body, Operation operation) {
    report(
        what + " (" + body.length + " bytes)",
        () ->
            BodyScanner.scan(body, body.length, operation) instanceof Scanned.Good(var good)
                ? good.texts().size() + 1
                : 0);
  }

  private static void report(String what, IntSupplier work) {
    double best = Double.MAX_VALUE;
    long sink = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long start = cpuNanos();
      long elapsed = 0;
      int times = 0;
      while (elapsed < ROUND_NANOS) {
        for (int i = 0; i < 100; i++) {
          sink += work.getAsInt();
        }
        times += 100;
        elapsed = cpuNanos() - start;
      }
      best = Math.min(best, elapsed / (double) times);
    }
    System.out.printf("%-34s %8.0f ns%s%n", what, best, sink == 0 ? " nothing was done" : "");
  }

  /** Of this thread alone: the machine may be busy. */
  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
