package io.penstock.loadtest.modelserver;

import io.penstock.loadtest.modelserver.Fault.Kind;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A model server without a model: vLLM's HTTP in front of an {@link Engine} whose steps take the
 * time that the capacity model says. What it answers depends on its seed and the request alone.
 * Everything happens on one event loop of its own; the accessors are safe from everywhere.
 */
public final class ModelServer {
  private static final int BLOCK_TOKENS = 16;

  private final Vertx vertx;
  private final Loop loop;
  private final String deployment;

  private ModelServer(Vertx vertx, Loop loop, String deployment) {
    this.vertx = vertx;
    this.loop = loop;
    this.deployment = deployment;
  }

  /** Starts a server; fails where the port is taken. */
  public static Future<ModelServer> start(Vertx vertx, Options options) {
    var loop = new Loop(vertx, options);
    return vertx.deployVerticle(loop).map(deployment -> new ModelServer(vertx, loop, deployment));
  }

  public int port() {
    return loop.port;
  }

  public String url() {
    return "http://" + loop.options.host() + ":" + loop.port;
  }

  public Stats stats() {
    return loop.engine.stats();
  }

  /** The last requests, oldest first, as many as the options keep. */
  public List<Recorded> recorded() {
    return loop.api.recorded();
  }

  /** From now on these go wrong, and no others. */
  public Future<Void> faults(List<Fault> faults) {
    return loop.faults(faults);
  }

  public Future<Void> close() {
    return vertx.undeploy(deployment);
  }

  /**
   * How many requests are where.
   *
   * @param running choices in the batch, and requests that hang
   * @param waiting choices that wait for a place or for memory
   * @param aborted requests whose client left before the end
   * @param lastAbortNanos {@link System#nanoTime} when that was seen last; 0: never
   * @param finished choices that were answered to the end
   */
  public record Stats(int running, int waiting, long aborted, long lastAbortNanos, long finished) {}

  /**
   * @param model the name that it serves under
   * @param aliases other names that it takes
   * @param speed divides all times; 0: nothing takes time
   * @param apiKey what clients must send; empty: nothing
   * @param priorityScheduling whether {@code priority} is taken, lower first
   * @param maxModelTokens the context; 0: the model's own
   * @param maxSequences sequences that run at once
   * @param stepTokens tokens that one step computes at most
   * @param kvTokens tokens that the KV memory holds; 0: what the GPU has left
   * @param medianCompletionTokens the middle of the lengths of answers that no limit cuts
   * @param embeddingDimensions what embeddings have unless asked otherwise
   * @param recordedRequests how many of the last requests to keep
   */
  public record Options(
      String model,
      List<String> aliases,
      String host,
      int port,
      double speed,
      long seed,
      List<Fault> faults,
      Set<Quirk> quirks,
      String apiKey,
      boolean priorityScheduling,
      int maxModelTokens,
      int maxSequences,
      int stepTokens,
      long kvTokens,
      int medianCompletionTokens,
      int embeddingDimensions,
      int recordedRequests) {
    public Options {
      if (!(speed >= 0) || Double.isInfinite(speed)) {
        throw new IllegalArgumentException("speed must be 0 or more, not " + speed);
      }
      if (maxSequences < 1
          || stepTokens < 1
          || medianCompletionTokens < 1
          || embeddingDimensions < 1) {
        throw new IllegalArgumentException("sequences, tokens and dimensions must be 1 or more");
      }
      aliases = List.copyOf(aliases);
      faults = List.copyOf(faults);
      quirks = Set.copyOf(quirks);
    }

    public static Options defaults() {
      return new Options(
          "llama-2-7b",
          List.of(),
          "127.0.0.1",
          0,
          1,
          1,
          List.of(),
          Set.of(),
          "",
          false,
          0,
          256,
          8192,
          0,
          120,
          1024,
          64);
    }

    public Options withModel(String model, String... aliases) {
      return new Options(
          model,
          List.of(aliases),
          host,
          port,
          speed,
          seed,
          faults,
          quirks,
          apiKey,
          priorityScheduling,
          maxModelTokens,
          maxSequences,
          stepTokens,
          kvTokens,
          medianCompletionTokens,
          embeddingDimensions,
          recordedRequests);
    }

    public Options withPort(String host, int port) {
      return new Options(
          model,
          aliases,
          host,
          port,
          speed,
          seed,
          faults,
          quirks,
          apiKey,
          priorityScheduling,
          maxModelTokens,
          maxSequences,
          stepTokens,
          kvTokens,
          medianCompletionTokens,
          embeddingDimensions,
          recordedRequests);
    }

    public Options withSpeed(double speed) {
      return new Options(
          model,
          aliases,
          host,
          port,
          speed,
          seed,
          faults,
          quirks,
          apiKey,
          priorityScheduling,
          maxModelTokens,
          maxSequences,
          stepTokens,
          kvTokens,
          medianCompletionTokens,
          embeddingDimensions,
          recordedRequests);
    }

    public Options withSeed(long seed) {
      return new Options(
          model,
          aliases,
          host,
          port,
          speed,
          seed,
          faults,
          quirks,
          apiKey,
          priorityScheduling,
          maxModelTokens,
          maxSequences,
          stepTokens,
          kvTokens,
          medianCompletionTokens,
          embeddingDimensions,
          recordedRequests);
    }

    public Options withFaults(Fault... faults) {
      return new Options(
          model,
          aliases,
          host,
          port,
          speed,
          seed,
          List.of(faults),
          quirks,
          apiKey,
          priorityScheduling,
          maxModelTokens,
          maxSequences,
          stepTokens,
          kvTokens,
          medianCompletionTokens,
          embeddingDimensions,
          recordedRequests);
    }

    public Options withQuirks(Quirk... quirks) {
      return new Options(
          model,
          aliases,
          host,
          port,
          speed,
          seed,
          faults,
          Set.of(quirks),
          apiKey,
          priorityScheduling,
          maxModelTokens,
          maxSequences,
          stepTokens,
          kvTokens,
          medianCompletionTokens,
          embeddingDimensions,
          recordedRequests);
    }

    public Options withApiKey(String apiKey) {
      return new Options(
          model,
          aliases,
          host,
          port,
          speed,
          seed,
          faults,
          quirks,
          apiKey,
          priorityScheduling,
          maxModelTokens,
          maxSequences,
          stepTokens,
          kvTokens,
          medianCompletionTokens,
          embeddingDimensions,
          recordedRequests);
    }

    public Options withPriorityScheduling(boolean priorityScheduling) {
      return new Options(
          model,
          aliases,
          host,
          port,
          speed,
          seed,
          faults,
          quirks,
          apiKey,
          priorityScheduling,
          maxModelTokens,
          maxSequences,
          stepTokens,
          kvTokens,
          medianCompletionTokens,
          embeddingDimensions,
          recordedRequests);
    }

    public Options withMaxModelTokens(int maxModelTokens) {
      return new Options(
          model,
          aliases,
          host,
          port,
          speed,
          seed,
          faults,
          quirks,
          apiKey,
          priorityScheduling,
          maxModelTokens,
          maxSequences,
          stepTokens,
          kvTokens,
          medianCompletionTokens,
          embeddingDimensions,
          recordedRequests);
    }

    public Options withBatch(int maxSequences, int stepTokens) {
      return new Options(
          model,
          aliases,
          host,
          port,
          speed,
          seed,
          faults,
          quirks,
          apiKey,
          priorityScheduling,
          maxModelTokens,
          maxSequences,
          stepTokens,
          kvTokens,
          medianCompletionTokens,
          embeddingDimensions,
          recordedRequests);
    }

    public Options withKvTokens(long kvTokens) {
      return new Options(
          model,
          aliases,
          host,
          port,
          speed,
          seed,
          faults,
          quirks,
          apiKey,
          priorityScheduling,
          maxModelTokens,
          maxSequences,
          stepTokens,
          kvTokens,
          medianCompletionTokens,
          embeddingDimensions,
          recordedRequests);
    }

    public Options withMedianCompletionTokens(int medianCompletionTokens) {
      return new Options(
          model,
          aliases,
          host,
          port,
          speed,
          seed,
          faults,
          quirks,
          apiKey,
          priorityScheduling,
          maxModelTokens,
          maxSequences,
          stepTokens,
          kvTokens,
          medianCompletionTokens,
          embeddingDimensions,
          recordedRequests);
    }

    public Options withRecordedRequests(int recordedRequests) {
      return new Options(
          model,
          aliases,
          host,
          port,
          speed,
          seed,
          faults,
          quirks,
          apiKey,
          priorityScheduling,
          maxModelTokens,
          maxSequences,
          stepTokens,
          kvTokens,
          medianCompletionTokens,
          embeddingDimensions,
          recordedRequests);
    }

    List<String> names() {
      List<String> names = new ArrayList<>(List.of(model));
      names.addAll(aliases);
      return names;
    }

    boolean serves(String name) {
      return model.equals(name) || aliases.contains(name);
    }
  }

  private static final class Loop extends VerticleBase {
    private final Options options;
    private final Replica replica;
    private final Api.FaultDice faults;
    private final Meters meters;
    private final EngineLoop engine;
    private final Api api;
    private @Nullable NetServer server;
    private volatile int port;

    Loop(Vertx vertx, Options options) {
      this.options = options;
      this.replica = Replica.of(options);
      this.faults = new Api.FaultDice(options.seed(), options.faults());
      this.meters = new Meters(options.model());
      StepClock slowed = batch -> replica.clock().seconds(batch) * faults.slowness();
      var limits =
          new Engine.Limits(
              replica.kvTokens(), options.maxSequences(), options.stepTokens(), BLOCK_TOKENS);
      this.engine = new EngineLoop(vertx, new Engine(slowed, options.speed(), limits), meters);
      this.api = new Api(options, engine, meters, faults, replica.contextTokens(), BLOCK_TOKENS);
      this.port = options.port();
    }

    @Override
    public Future<?> start() {
      var listening = listen();
      return faults.has(Kind.REFUSE) ? listening.compose(_ -> hangUp()) : listening;
    }

    private Future<Void> listen() {
      var listening =
          vertx.createNetServer(
              new NetServerOptions()
                  .setHost(options.host())
                  .setPort(port)
                  .setTcpNoDelay(true)
                  .setAcceptBacklog(4096));
      listening.connectHandler(
          socket -> Connection.accept(vertx, socket, options.quirks(), api::serve));
      return listening
          .listen()
          .map(bound -> {
            server = bound;
            port = bound.actualPort();
            return null;
          });
    }

    /** The port is closed and so are its connections. */
    private Future<Void> hangUp() {
      var listening = server;
      server = null;
      return listening == null ? Future.succeededFuture() : listening.close();
    }

    private Future<Void> set(List<Fault> next) {
      faults.set(next);
      boolean refuses = faults.has(Kind.REFUSE);
      if (refuses) {
        return hangUp();
      }
      return server == null ? listen() : Future.succeededFuture();
    }

    Future<Void> faults(List<Fault> next) {
      Promise<Void> done = Promise.promise();
      context.runOnContext(_ -> set(next).onComplete(done));
      return done.future();
    }
  }
}
