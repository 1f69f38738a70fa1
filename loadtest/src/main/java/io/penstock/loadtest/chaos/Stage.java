package io.penstock.loadtest.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What one fault is played on: a gateway in a process of its own, the good model server {@code a}
 * and the model server {@code b} that the fault is about, and a small load through the gateway.
 */
final class Stage implements AutoCloseable {
  static final String A = "a";
  static final String B = "b";
  private static final String KEY = "chaos-key";
  private static final long LOOK_MILLIS = 20;
  private static final long BACK_SECONDS = 20;
  private static final long SETTLE_SECONDS = 15;
  private static final int WARM_CALLS = 12;
  private static final Pattern TIME = Pattern.compile("\"time\":\"([^\"]+)\"");
  private static final Pattern FAILED = Pattern.compile("pool pool, backend \\S+: (\\w+):");
  private static final Pattern RETRIED =
      Pattern.compile("^penstock_retries_total\\{.*reason=\"(\\w+)\".*} ([0-9.E]+)$");

  private final Trouble trouble;
  private final Launcher launcher;
  private final String urlOfA;
  private final Deque<AutoCloseable> toClose = new ArrayDeque<>();
  private final List<String> notes = new ArrayList<>();
  private final List<String> broken = new ArrayList<>();
  private @Nullable Child gateway;
  private @Nullable Client client;
  private @Nullable Load load;
  private String admin = "";
  private long beganNanos;
  private long healedNanos;
  private boolean expectsBack;

  Stage(Trouble trouble, Launcher launcher, String urlOfA) {
    this.trouble = trouble;
    this.launcher = launcher;
    this.urlOfA = urlOfA;
  }

  /** How the gateway of a fault is started, beside what it always is. */
  record Setup(List<String> jvm, Map<String, String> environment, String server, String more) {
    static final Setup USUAL = new Setup(List.of("-Xmx192m"), Map.of(), "", "");
  }

  /** Starts the gateway in front of {@code a} and {@code b}. */
  void open(String urlOfB, Setup setup) throws IOException, InterruptedException {
    start(
        "backends: [{id: a, url: \"%s\"}, {id: b, url: \"%s\"}]".formatted(urlOfA, urlOfB), setup);
  }

  /** Starts the gateway in front of servers that are found. */
  void open(String servers) throws IOException, InterruptedException {
    start(servers, Setup.USUAL);
  }

  private void start(String servers, Setup setup) throws IOException, InterruptedException {
    Path config = launcher.folder().resolve(trouble.label() + ".yaml");
    Files.writeString(config, config(servers, setup));
    List<String> options = new ArrayList<>(setup.jvm());
    options.add("-Dio.netty.leakDetection.level=paranoid");
    Child started =
        closing(
            launcher.start(
                setup.environment(), options, List.of("serve", "--config", config.toString())));
    gateway = started;
    List<String> said = started.untilReady();
    admin = said.get(1).substring("admin ".length());
    client = new Client(URI.create(said.get(0).substring("gateway ".length())), KEY);
    load = new Load(client);
  }

  private static String config(String servers, Setup setup) {
    return """
    server: {host: 127.0.0.1, port: 0, drain-timeout: 5s, body-timeout: 2s%s}
    admin: {port: 0}
    tiers:
      chaos: {route: {simple: pool, medium: pool, complex: pool}}
    keys:
      - {id: chaos, sha256: "%s", tier: chaos}
    pools:
      pool:
        model: llama-2-7b
        timeouts: {connect: 500ms, first-token: 2s, between-tokens: 1s, total: 5s}
        %s
    %s
    """
        .formatted(setup.server(), sha256(), servers, setup.more());
  }

  private static String sha256() {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(KEY.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A simulated model server in a process of its own. */
  Child modelServer(int port, String... more) throws IOException, InterruptedException {
    Child server = closing(start(launcher, port, more));
    server.untilReady();
    return server;
  }

  static Child start(Launcher launcher, int port, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("modelserver", "--port", String.valueOf(port)));
    arguments.addAll(List.of(more));
    return launcher.start(Map.of(), List.of("-Xmx96m"), arguments);
  }

  static String url(int port) {
    return "http://127.0.0.1:" + port;
  }

  /** A port that nobody listens on. */
  static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  <T extends AutoCloseable> T closing(T what) {
    toClose.push(what);
    return what;
  }

  Path folder() {
    return launcher.folder();
  }

  Child gateway() {
    return Objects.requireNonNull(gateway);
  }

  Client client() {
    return Objects.requireNonNull(client);
  }

  String metrics() throws IOException {
    return Meters.get(admin + "/metrics");
  }

  /** The gateway's wall clock, as the last line of its journal in a directory has it. */
  static Instant clock(Path journal) throws IOException {
    try (var files = Files.list(journal)) {
      return files
          .filter(file -> file.toString().endsWith(".jsonl"))
          .flatMap(file -> lines(file).stream())
          .map(TIME::matcher)
          .filter(Matcher::find)
          .map(found -> Instant.parse(found.group(1)))
          .max(Instant::compareTo)
          .orElse(Instant.EPOCH);
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /** Why attempts failed, by the gateway's own words for it. */
  private void noteReasons() throws IOException {
    var reasons = new TreeMap<String, Integer>();
    for (String line : gateway().complaints()) {
      Matcher found = FAILED.matcher(line);
      if (found.find()) {
        reasons.merge(found.group(1), 1, Integer::sum);
      }
    }
    metrics()
        .lines()
        .map(RETRIED::matcher)
        .filter(Matcher::find)
        .forEach(found -> {
          int times = (int) Double.parseDouble(found.group(2));
          if (times > 0 && !reasons.containsKey(found.group(1))) {
            reasons.put(found.group(1) + ", retried", times);
          }
        });
    if (!reasons.isEmpty()) {
      note("attempts that failed: " + reasons);
    }
  }

  /**
   * A buffer that is lost is found when it is collected, and said when the next one is taken: so
   * the gateway collects, and answers a little more, twice.
   */
  private void findLeaks() throws IOException, InterruptedException {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    if (!Files.isExecutable(jcmd)) {
      note("no jcmd: lost buffers are found by chance alone");
      return;
    }
    for (int i = 0; i < 2; i++) {
      Shell.run(jcmd.toString(), String.valueOf(gateway().pid()), "GC.run");
      for (int call = 0; call < 4; call++) {
        client().chat(call, 1);
      }
    }
  }

  /** Runs the load until it is well answered. */
  void warm() throws InterruptedException {
    Load running = Objects.requireNonNull(load);
    running.start();
    expect(
        waitFor(30, () -> running.samples().size() >= WARM_CALLS),
        "the load did not run before the fault");
    expect(running.samples().stream().noneMatch(Sample::bad), "calls failed before the fault");
  }

  void drain(String backend) throws IOException {
    Meters.send("POST", admin + "/api/pools/pool/backends/" + backend + "/drain");
  }

  void undrain(String backend) throws IOException {
    Meters.send("POST", admin + "/api/pools/pool/backends/" + backend + "/undrain");
  }

  /** The fault begins with the next step. */
  void begins() {
    beganNanos = System.nanoTime();
  }

  /** The fault is over since now. */
  void healed() {
    healedNanos = System.nanoTime();
  }

  static void hold(long millis) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(millis);
  }

  /** Waits until {@code b} answers again. */
  void awaitBack() throws InterruptedException {
    expectsBack = true;
    long since = healedNanos;
    Load running = Objects.requireNonNull(load);
    expect(
        waitFor(
            BACK_SECONDS,
            () ->
                running.samples().stream()
                    .anyMatch(sample ->
                        !sample.bad()
                            && sample.beganNanos() >= since
                            && sample.backend().equals(B))),
        "b was not used again");
  }

  void note(String text) {
    notes.add(text);
  }

  void expect(boolean holds, String otherwise) {
    if (!holds) {
      broken.add(otherwise);
    }
  }

  static boolean waitFor(long seconds, BooleanSupplier holds) throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() > until) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
    return true;
  }

  /** Lets the load go on for a little, ends it, and looks at what the gateway counted. */
  Outcome end() throws IOException, InterruptedException {
    Load running = Objects.requireNonNull(load);
    hold(500);
    running.stop();
    List<Sample> samples = running.samples();
    if (gateway().isAlive()) {
      findLeaks();
      noteReasons();
    }
    Meters meters = settled();
    expect(meters.lawHolds(), "the law does not hold: " + meters);
    expect(gateway().isAlive(), "the gateway has died");
    expect(
        gateway().complaints().stream().noneMatch(line -> line.contains("LEAK:")),
        "a buffer leaked");
    gateway().complaints().stream()
        .filter(line ->
            line.startsWith("\tat ")
                || line.contains("OutOfMemory")
                || (line.contains("SEVERE") && !line.contains(trouble.mayComplainOf())))
        .findFirst()
        .ifPresent(line -> expect(false, "the log has: " + line));
    expect(!samples.getLast().bad(), "calls failed to the end: " + samples.getLast());
    expect(
        samples.stream().noneMatch(sample -> sample.saw() == Sample.Saw.BROKEN),
        "a client saw an answer that ended without an end");
    return Outcome.of(
        trouble, samples, beganNanos, healedNanos, expectsBack, meters, broken, notes);
  }

  private Meters settled() throws IOException, InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLE_SECONDS);
    Meters meters = Meters.read(admin);
    while (!meters.lawHolds() && System.nanoTime() < until) {
      hold(LOOK_MILLIS);
      meters = Meters.read(admin);
    }
    return meters;
  }

  @Override
  public void close() {
    while (!toClose.isEmpty()) {
      try {
        toClose.pop().close();
      } catch (Exception e) {
        notes.add("not closed: " + e.getMessage());
      }
    }
  }
}
