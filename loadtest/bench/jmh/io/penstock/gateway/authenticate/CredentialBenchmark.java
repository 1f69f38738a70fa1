package io.penstock.gateway.authenticate;

import com.nimbusds.jose.JWSAlgorithm;
import io.penstock.config.ApiKey;
import io.penstock.config.Jwt;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to know a caller: a token the first time, a token again, a key among 100,000. As a
 * program it prints the memory of such keys. The figures are in docs/benchmarks.md.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 4, time = 1)
@State(Scope.Benchmark)
public class CredentialBenchmark {
  private static final int KEYS = 100_000;

  private final KeyTable keys = new KeyTable();
  private IdentityProvider provider;
  private Tokens tokens;
  private String rsa;
  private String ec;

  /** A provider with a key of each kind. */
  @Setup
  public void start() throws Exception {
    var rsaKey = IdentityProvider.rsa("rsa-1");
    var ecKey = IdentityProvider.ec("ec-1");
    provider = new IdentityProvider(rsaKey, ecKey);
    var claims = provider.claims(Instant.now()).build();
    rsa = IdentityProvider.sign(rsaKey, JWSAlgorithm.RS256, claims);
    ec = IdentityProvider.sign(ecKey, JWSAlgorithm.ES256, claims);
    tokens =
        new Tokens(
            new Jwt(
                URI.create(provider.issuer()),
                Optional.empty(),
                List.of("penstock"),
                List.of("RS256", "ES256"),
                "org",
                Optional.of("plan"),
                Map.of("gold", "enterprise"),
                Optional.empty(),
                Duration.ofSeconds(30),
                Duration.ofMinutes(10)),
            System::currentTimeMillis,
            System::nanoTime);
    tokens.judge(rsa);
    keys.replaceAll(keys(KEYS));
  }

  @TearDown
  public void stop() {
    tokens.close();
    provider.close();
  }

  private static List<ApiKey> keys(int count) {
    List<ApiKey> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(new ApiKey("key-" + i, hash(i), "paid", "tenant-" + i % 1000));
    }
    return all;
  }

  private static String hash(int i) {
    try {
      byte[] secret = ("sk-" + i).getBytes(java.nio.charset.StandardCharsets.UTF_8);
      return HexFormat.of()
          .formatHex(java.security.MessageDigest.getInstance("SHA-256").digest(secret));
    } catch (java.security.NoSuchAlgorithmException absent) {
      throw new IllegalStateException(absent);
    }
  }

  /** The first request with a token of RSA, 2048 bits. */
  @Benchmark
  public Object judgeRs256() throws Exception {
    return tokens.judge(rsa);
  }

  /** The first request with a token of the curve P-256. */
  @Benchmark
  public Object judgeEs256() throws Exception {
    return tokens.judge(ec);
  }

  /** Every later one. */
  @Benchmark
  public @Nullable Object recall() {
    return tokens.recall(rsa);
  }

  /** A key is hashed and found. */
  @Benchmark
  public @Nullable Object findAmong100000() {
    return keys.find(KeyHash.of("sk-4711"));
  }

  /** The memory of a table of keys, all texts of its own. */
  public static void main(String[] args) {
    long before = used();
    var table = new KeyTable();
    table.replaceAll(keys(KEYS));
    long after = used();
    System.out.printf(
        "%d keys: %.1f MB, %d bytes each%n",
        table.size(), (after - before) / 1e6, (after - before) / KEYS);
    if (table.find(KeyHash.of("sk-4711")) == null) {
      throw new AssertionError("a key is missing");
    }
  }

  private static long used() {
    for (int i = 0; i < 4; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
