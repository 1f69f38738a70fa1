package io.penstock.gateway.choose;

import io.penstock.config.ConfigFile;
import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.gateway.accept.ScannedBodies;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Directives;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.call.Turn.Ended;
import io.penstock.loadtest.load.Trace;
import io.penstock.loadtest.load.TraceBodies;
import io.penstock.loadtest.modelserver.VirtualServer;
import io.penstock.loadtest.modelserver.VirtualServer.Served;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A trace that says which blocks of prompts are the same, through the gateway's own choice of a
 * backend, to engines of simulated model servers, in a time that no clock turns: the same on every
 * machine, and so comparable. The gateway's part is real (the body is made, scanned and hashed, a
 * place is taken and left); what it takes of time is not counted.
 */
public final class PrefixReplay {
  private static final int BLOCK_TOKENS = 512;

  private final Trace trace;
  private final Map<String, String> options;
  private final TraceBodies bodies;

  private PrefixReplay(Trace trace, Map<String, String> options) {
    this.trace = trace;
    this.options = options;
    this.bodies = new TraceBodies(trace, options.get("model"));
  }

  public static void main(String[] args) throws Exception {
    Map<String, String> options =
        new HashMap<>(
            Map.of(
                "servers", "4", "gpu", "h100", "model", "llama-3.1-8b", "load", "1",
                "by", "round-robin,least-loaded,prefix", "load-factor", "1"));
    for (int i = 0; i + 1 < args.length; i += 2) {
      options.put(args[i].substring(2), args[i + 1]);
    }
    var replay = new PrefixReplay(Trace.read(Path.of(options.get("trace"))), options);
    System.out.printf(
        Locale.ROOT,
        "%s x %s with %s, %s times the trace's rate, load factor %s; at most %.1f %% of the prompt"
            + " tokens could be found%n%n",
        options.get("servers"),
        options.get("gpu"),
        options.get("model"),
        options.get("load"),
        options.get("load-factor"),
        replay.mostPercent());
    System.out.println(
        "| `balance` | prompt tokens cached | TTFT mean, ms | p50, ms | p90, ms | p99, ms"
            + " | end to end p50, s | prompt tokens at the busiest, of the mean | preempted |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for (String by : options.get("by").split(",")) {
      System.out.println(replay.run(by));
    }
  }

  /** What one cache that never forgets would find. */
  private double mostPercent() {
    var seen = new java.util.HashSet<Integer>();
    long all = 0;
    long found = 0;
    for (Trace.Row row : trace.rows()) {
      all += row.promptTokens();
      for (int i = 0; i < row.blocks().size(); i++) {
        boolean known = !seen.add(row.blocks().get(i));
        boolean whole = (i + 1) * BLOCK_TOKENS <= row.promptTokens();
        found += known && whole ? BLOCK_TOKENS : 0;
      }
    }
    return 100.0 * found / all;
  }

  private String run(String by) {
    int size = Integer.parseInt(options.get("servers"));
    double load = Double.parseDouble(options.get("load"));
    PenstockConfig config = config(by, size);
    Pool pool = config.pools().get("p");
    var now = new long[1];
    var backends = new Backends(config, () -> now[0]);
    List<VirtualServer> servers = new ArrayList<>();
    Map<String, Integer> index = new HashMap<>();
    for (int i = 0; i < size; i++) {
      servers.add(new VirtualServer(options.get("model"), options.get("gpu")));
      index.put("s" + i, i);
    }
    List<Served> served = new ArrayList<>();
    for (int i = 0; i < trace.rows().size(); i++) {
      Trace.Row row = trace.rows().get(i);
      int completion = Math.max(1, row.completionTokens());
      if (!servers.getFirst().holds(row.promptTokens() + completion)) {
        throw new IllegalArgumentException("a request is larger than a server's memory");
      }
      now[0] = (long) (row.at().toNanos() / load);
      servers.forEach(server -> server.advance(now[0]));
      Turn turn = (Turn) backends.seat(pool, Set.of(), Prefix.of(call(i)));
      servers
          .get(index.get(turn.backend().id()))
          .submit(
              ids(row),
              completion,
              now[0],
              done -> {
                turn.end(Ended.ANSWERED);
                served.add(done);
              });
    }
    servers.forEach(server -> server.advance(Long.MAX_VALUE - 1));
    if (served.size() != trace.rows().size()) {
      throw new AssertionError(served.size() + " of " + trace.rows().size() + " were served");
    }
    return line(by, servers, served);
  }

  private Call call(int request) {
    var body = ScannedBodies.of(bodies.body(request), Operation.CHAT_COMPLETIONS);
    return new Call("id", 0, Operation.CHAT_COMPLETIONS, null, Directives.NONE, body);
  }

  private static int[] ids(Trace.Row row) {
    int[] ids = new int[row.promptTokens()];
    for (int i = 0; i < ids.length; i++) {
      int block = Math.min(i / BLOCK_TOKENS, row.blocks().size() - 1);
      ids[i] = row.blocks().get(block) * BLOCK_TOKENS + i % BLOCK_TOKENS;
    }
    return ids;
  }

  private static PenstockConfig configOf(String yaml) {
    return switch (ConfigFile.parse("bench.yaml", yaml, Path.of("."), _ -> "")) {
      case Loaded.Ok ok -> ok.config();
      case Loaded.Invalid invalid -> throw new AssertionError(invalid.problems().toString());
    };
  }

  private PenstockConfig config(String by, int size) {
    String list =
        IntStream.range(0, size)
            .mapToObj(i -> "{id: s" + i + ", url: \"http://s" + i + ".test:80\"}")
            .collect(Collectors.joining(", "));
    return configOf(
        """
        tiers: {free: {route: {simple: p, medium: p, complex: p}}}
        keys: []
        pools: {p: {model: %s, backends: [%s], balance: {by: %s, load-factor: %s}}}
        """
            .formatted(options.get("model"), list, by, options.get("load-factor")));
  }

  private static String line(String by, List<VirtualServer> servers, List<Served> served) {
    double[] ttft =
        served.stream()
            .mapToDouble(one -> (one.firstTokenNanos() - one.arrivedNanos()) / 1e6)
            .sorted()
            .toArray();
    double[] whole =
        served.stream()
            .mapToDouble(one -> (one.finishedNanos() - one.arrivedNanos()) / 1e9)
            .sorted()
            .toArray();
    long queried = servers.stream().mapToLong(VirtualServer::queriedTokens).sum();
    long hit = servers.stream().mapToLong(VirtualServer::hitTokens).sum();
    long most = servers.stream().mapToLong(VirtualServer::queriedTokens).max().orElseThrow();
    return String.format(
        Locale.ROOT,
        "| `%s` | %.1f %% | %.0f | %.0f | %.0f | %.0f | %.1f | %.0f %% | %d |",
        by,
        100.0 * hit / queried,
        Arrays.stream(ttft).average().orElse(0),
        at(ttft, 0.5),
        at(ttft, 0.9),
        at(ttft, 0.99),
        at(whole, 0.5),
        100.0 * most * servers.size() / queried,
        servers.stream().mapToLong(VirtualServer::preemptions).sum());
  }

  private static double at(double[] sorted, double share) {
    return sorted[(int) Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  }
}
