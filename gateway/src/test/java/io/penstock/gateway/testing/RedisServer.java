package io.penstock.gateway.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real {@code redis-server} on a free port of this machine, without persistence. */
public final class RedisServer implements AutoCloseable {
  private static final String HOST = "127.0.0.1";

  private final int port;
  private final Path directory;
  private final List<String> arguments;
  private final boolean tls;
  private Process process;

  private RedisServer(int port, Path directory, List<String> arguments, boolean tls) {
    this.port = port;
    this.directory = directory;
    this.arguments = arguments;
    this.tls = tls;
  }

  /**
   * @param arguments as on its command line
   */
  public static RedisServer start(String... arguments) throws Exception {
    return start(freePort(), Files.createTempDirectory("redis"), List.of(arguments), false);
  }

  /** With TLS alone, and a certificate of its own that stands in {@link #certificate()}. */
  public static RedisServer startTls(String... arguments) throws Exception {
    Path directory = Files.createTempDirectory("redis");
    makeCertificate(directory);
    int port = freePort();
    List<String> all =
        new ArrayList<>(
            List.of(
                "--tls-port",
                String.valueOf(port),
                "--tls-cert-file",
                directory.resolve("cert.pem").toString(),
                "--tls-key-file",
                directory.resolve("key.pem").toString(),
                "--tls-auth-clients",
                "no"));
    all.addAll(List.of(arguments));
    return start(port, directory, all, true);
  }

  /** A sentinel alone, which promotes a replica of the master {@code main} when that is away. */
  public static RedisServer startSentinel(int masterPort) throws Exception {
    Path directory = Files.createTempDirectory("redis");
    Path config = directory.resolve("sentinel.conf");
    Files.writeString(
        config,
        """
        sentinel monitor main 127.0.0.1 %d 1
        sentinel down-after-milliseconds main 1000
        sentinel failover-timeout main 3000
        """
            .formatted(masterPort));
    return start(freePort(), directory, List.of("--sentinel"), false);
  }

  private static RedisServer start(int port, Path directory, List<String> arguments, boolean tls)
      throws Exception {
    var server = new RedisServer(port, directory, arguments, tls);
    server.restart();
    return server;
  }

  /** As {@code openssl} makes it; keytool writes no PEM. */
  private static void makeCertificate(Path directory) throws Exception {
    String subject = "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1";
    String key = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 ";
    run(directory, (key + subject).split(" "));
  }

  private static void run(Path directory, String... command) throws Exception {
    Process run =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (run.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + " failed");
    }
  }

  /** Starts it again on the same port; empty, since it keeps nothing on disk. */
  public void restart() throws Exception {
    if (process != null && process.isAlive()) {
      kill();
    }
    List<String> command = new ArrayList<>(List.of("redis-server"));
    boolean sentinel = arguments.contains("--sentinel");
    if (sentinel) {
      command.add(directory.resolve("sentinel.conf").toString());
    }
    command.add("--port");
    command.add(tls ? "0" : String.valueOf(port));
    command.addAll(List.of("--bind", HOST, "--dir", directory.toString()));
    if (!sentinel) {
      command.addAll(List.of("--save", "", "--appendonly", "no"));
    }
    command.addAll(List.of("--loglevel", "warning", "--protected-mode", "no"));
    command.addAll(arguments);
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    TestBed.await(this::isListening);
  }

  private boolean isListening() {
    if (!process.isAlive()) {
      throw new AssertionError("redis-server ended, see " + directory.resolve("log"));
    }
    if (!tls) {
      try {
        return !command("PING").isEmpty();
      } catch (IOException notYet) {
        return false;
      }
    }
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(HOST, port), 1000);
      return true;
    } catch (IOException notYet) {
      return false;
    }
  }

  public int port() {
    return port;
  }

  public String url() {
    return tls ? "rediss://localhost:" + port : "redis://" + HOST + ":" + port;
  }

  /** The certificate that a client of {@link #startTls} has to trust. */
  public Path certificate() {
    return directory.resolve("cert.pem");
  }

  /** Stands still, with its connections open (SIGSTOP). */
  public void freeze() throws Exception {
    signal("STOP");
  }

  /** Goes on (SIGCONT). */
  public void thaw() throws Exception {
    signal("CONT");
  }

  /** Dies at once (SIGKILL). */
  public void kill() throws Exception {
    process.destroyForcibly();
    process.waitFor();
  }

  private void signal(String name) throws Exception {
    run(directory, "kill", "-" + name, String.valueOf(process.pid()));
  }

  /** Asks it, over a connection of its own, and gives back the raw reply. */
  public String command(String... words) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(HOST, port), 1000);
      socket.setSoTimeout(5000);
      OutputStream out = socket.getOutputStream();
      StringBuilder text = new StringBuilder();
      // Where a reply ends is known by the one that comes after it.
      for (String[] one : new String[][] {words, {"PING", "end-of-reply"}}) {
        text.append('*').append(one.length).append("\r\n");
        for (String word : one) {
          int length = word.getBytes(StandardCharsets.UTF_8).length;
          text.append('$').append(length).append("\r\n").append(word).append("\r\n");
        }
      }
      out.write(text.toString().getBytes(StandardCharsets.UTF_8));
      return readUntilEcho(socket.getInputStream());
    }
  }

  private static String readUntilEcho(InputStream in) throws IOException {
    StringBuilder reply = new StringBuilder();
    byte[] chunk = new byte[4096];
    String end = "$12\r\nend-of-reply\r\n";
    while (reply.indexOf(end) < 0) {
      int n = in.read(chunk);
      if (n < 0) {
        throw new IOException("closed after " + reply);
      }
      reply.append(new String(chunk, 0, n, StandardCharsets.UTF_8));
      if (reply.indexOf("-NOAUTH") >= 0) {
        return reply.toString();
      }
    }
    return reply.substring(0, reply.indexOf(end));
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Three masters that share the slots. */
  public static final class Cluster implements AutoCloseable {
    private static final int SLOTS = 16_384;
    private final List<RedisServer> nodes;

    private Cluster(List<RedisServer> nodes) {
      this.nodes = nodes;
    }

    public static Cluster start() throws Exception {
      List<RedisServer> nodes = new ArrayList<>();
      var cluster = new Cluster(nodes);
      for (int i = 0; i < 3; i++) {
        nodes.add(
            RedisServer.start(
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                String.valueOf(freePort()),
                "--cluster-node-timeout",
                "2000",
                "--cluster-config-file",
                "nodes.conf"));
      }
      for (int i = 0; i < 3; i++) {
        String from = String.valueOf(SLOTS * i / 3);
        String to = String.valueOf(SLOTS * (i + 1) / 3 - 1);
        nodes.get(i).command("CLUSTER", "ADDSLOTSRANGE", from, to);
        nodes.get(i).command("CONFIG", "SET", "cluster-announce-ip", HOST);
        nodes.get(i).command("CLUSTER", "SET-CONFIG-EPOCH", String.valueOf(i + 1));
      }
      for (int i = 1; i < 3; i++) {
        RedisServer to = nodes.get(i);
        String bus = to.arguments.get(to.arguments.indexOf("--cluster-port") + 1);
        nodes.getFirst().command("CLUSTER", "MEET", HOST, String.valueOf(to.port), bus);
      }
      TestBed.await(cluster::isWhole);
      return cluster;
    }

    private boolean isWhole() {
      try {
        for (RedisServer node : nodes) {
          String info = node.command("CLUSTER", "INFO");
          if (!info.contains("cluster_state:ok") || !info.contains("cluster_known_nodes:3")) {
            return false;
          }
        }
        return true;
      } catch (SocketTimeoutException notYet) {
        return false;
      } catch (IOException broken) {
        throw new AssertionError(broken);
      }
    }

    public List<RedisServer> nodes() {
      return List.copyOf(nodes);
    }

    /** All three, as the config writes them. */
    public String url() {
      return "redis://"
          + String.join(",", nodes.stream().map(node -> HOST + ":" + node.port).toList());
    }

    @Override
    public void close() throws IOException {
      for (RedisServer node : nodes) {
        node.close();
      }
    }
  }
}
