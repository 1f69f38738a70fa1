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
  private final Vertx vertx;
  private final Loop loop;
  private final String deployment;

  private ModelServer(Vertx vertx, Loop loop, String deployment) {
    this.vertx = vertx;
    this.loop = loop;
    this.deployment = deployment;
  }

  /** Starts a server; fails where the port is taken or the hardware cannot be, with one line. */
  public static Future<ModelServer> start(Vertx vertx, Options options) {
    try {
      var loop = new Loop(vertx, options);
      return vertx.deployVerticle(loop).map(deployment -> new ModelServer(vertx, loop, deployment));
    } catch (IllegalArgumentException impossible) {
      return Future.failedFuture(impossible);
    }
  }

  public int port() {
    return loop.port;
  }

  public String url() {
    return "http://" + loop.options.served().host() + ":" + loop.port;
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
   * What a server pretends to run on, in the catalogue's names.
   *
   * @param model whose dimensions the steps have
   * @param gpus over how many the model is spread
   * @param weights the precision of the weights
   * @param kv the precision of the KV cache
   */
  public record Hardware(
      String model, String gpu, int gpus, String engine, String weights, String kv) {
    /** One GPU under vLLM, everything in 16 bits. */
    public static Hardware on(String model, String gpu) {
      return new Hardware(model, gpu, 1, "vllm", "fp16", "fp16");
    }
  }

  /**
   * How the server is reached.
   *
   * @param model the name that it serves under
   * @param aliases other names that it takes
   * @param port 0: any that is free
   * @param apiKey what clients must send; empty: nothing
   */
  public record Served(String model, List<String> aliases, String host, int port, String apiKey) {
    public Served {
      aliases = List.copyOf(aliases);
    }
  }

  /**
   * What bounds the batch; 0: what model, GPU and engine give.
   *
   * @param modelTokens the context, prompt and completion together
   * @param sequences that run at once
   * @param stepTokens that one step computes at most
   * @param kvTokens that the KV memory holds
   * @param priorities whether {@code priority} is taken, lower first
   * @param prefixCaching whether what was computed of a prompt is kept while there is room
   */
  public record Batch(
      int modelTokens,
      int sequences,
      int stepTokens,
      long kvTokens,
      boolean priorities,
      boolean prefixCaching) {
    public Batch {
      if (modelTokens < 0 || sequences < 0 || stepTokens < 0 || kvTokens < 0) {
        throw new IllegalArgumentException("the batch's bounds must be 0 or more");
      }
    }
  }

  /**
   * What the server does with what it is asked.
   *
   * @param speed divides all times; 0: nothing takes time
   * @param seed two servers with the same one answer alike
   * @param medianCompletionTokens the middle of the lengths of answers that no limit cuts
   * @param embeddingDimensions what embeddings have unless asked otherwise
   * @param recordedRequests how many of the last requests to keep
   */
  public record Behaviour(
      double speed,
      long seed,
      List<Fault> faults,
      Set<Quirk> quirks,
      int medianCompletionTokens,
      int embeddingDimensions,
      int recordedRequests) {
    public Behaviour {
      if (!(speed >= 0) || Double.isInfinite(speed)) {
        throw new IllegalArgumentException("speed must be 0 or more, not " + speed);
      }
      if (medianCompletionTokens < 1 || embeddingDimensions < 1 || recordedRequests < 0) {
        throw new IllegalArgumentException("tokens and dimensions must be 1 or more");
      }
      faults = List.copyOf(faults);
      quirks = Set.copyOf(quirks);
    }
  }

  /** All that a server is started with. */
  public record Options(Served served, Hardware hardware, Batch batch, Behaviour behaviour) {
    /** Llama 2 7B on an A100 at its true speed, on any port of this machine alone. */
    public static Options defaults() {
      return new Options(
          new Served("llama-2-7b", List.of(), "127.0.0.1", 0, ""),
          Hardware.on("llama-2-7b", "a100-80"),
          new Batch(0, 0, 0, 0, false, true),
          new Behaviour(1, 1, List.of(), Set.of(), 120, 1024, 64));
    }

    /** Other names; the hardware stays. */
    public Options withModel(String model, String... aliases) {
      return with(new Served(model, List.of(aliases), served.host, served.port, served.apiKey));
    }

    public Options withAddress(String host, int port) {
      return with(new Served(served.model, served.aliases, host, port, served.apiKey));
    }

    public Options withApiKey(String apiKey) {
      return with(new Served(served.model, served.aliases, served.host, served.port, apiKey));
    }

    public Options withHardware(Hardware hardware) {
      return new Options(served, hardware, batch, behaviour);
    }

    public Options withMaxModelTokens(int tokens) {
      return with(
          new Batch(
              tokens,
              batch.sequences,
              batch.stepTokens,
              batch.kvTokens,
              batch.priorities,
              batch.prefixCaching));
    }

    public Options withMaxSequences(int sequences) {
      return with(
          new Batch(
              batch.modelTokens,
              sequences,
              batch.stepTokens,
              batch.kvTokens,
              batch.priorities,
              batch.prefixCaching));
    }

    public Options withKvTokens(long tokens) {
      return with(
          new Batch(
              batch.modelTokens,
              batch.sequences,
              batch.stepTokens,
              tokens,
              batch.priorities,
              batch.prefixCaching));
    }

    /** Takes {@code priority}. */
    public Options withPriorities() {
      return with(
          new Batch(
              batch.modelTokens,
              batch.sequences,
              batch.stepTokens,
              batch.kvTokens,
              true,
              batch.prefixCaching));
    }

    /** Every prompt is computed whole. */
    public Options withoutPrefixCaching() {
      return with(
          new Batch(
              batch.modelTokens,
              batch.sequences,
              batch.stepTokens,
              batch.kvTokens,
              batch.priorities,
              false));
    }

    public Options withSpeed(double speed) {
      return behaving(speed, behaviour.seed, behaviour.faults, behaviour.quirks);
    }

    public Options withSeed(long seed) {
      return behaving(behaviour.speed, seed, behaviour.faults, behaviour.quirks);
    }

    public Options withFaults(Fault... faults) {
      return behaving(behaviour.speed, behaviour.seed, List.of(faults), behaviour.quirks);
    }

    public Options withQuirks(Quirk... quirks) {
      return behaving(behaviour.speed, behaviour.seed, behaviour.faults, Set.of(quirks));
    }

    public Options withMedianCompletionTokens(int tokens) {
      var was = behaviour;
      return with(
          new Behaviour(
              was.speed,
              was.seed,
              was.faults,
              was.quirks,
              tokens,
              was.embeddingDimensions,
              was.recordedRequests));
    }

    public Options withRecordedRequests(int requests) {
      var was = behaviour;
      return with(
          new Behaviour(
              was.speed,
              was.seed,
              was.faults,
              was.quirks,
              was.medianCompletionTokens,
              was.embeddingDimensions,
              requests));
    }

    public Options with(Served other) {
      return new Options(other, hardware, batch, behaviour);
    }

    public Options with(Batch other) {
      return new Options(served, hardware, other, behaviour);
    }

    public Options with(Behaviour other) {
      return new Options(served, hardware, batch, other);
    }

    private Options behaving(double speed, long seed, List<Fault> faults, Set<Quirk> quirks) {
      return with(
          new Behaviour(
              speed,
              seed,
              faults,
              quirks,
              behaviour.medianCompletionTokens,
              behaviour.embeddingDimensions,
              behaviour.recordedRequests));
    }

    String model() {
      return served.model;
    }

    long seed() {
      return behaviour.seed;
    }

    Set<Quirk> quirks() {
      return behaviour.quirks;
    }

    List<String> names() {
      List<String> names = new ArrayList<>(List.of(served.model));
      names.addAll(served.aliases);
      return names;
    }

    boolean serves(String name) {
      return names().contains(name);
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
      this.faults = new Api.FaultDice(options.seed(), options.behaviour().faults());
      this.meters = new Meters(options.model());
      StepClock slowed = batch -> replica.clock().seconds(batch) * faults.slowness();
      this.engine =
          new EngineLoop(
              vertx,
              new Engine(
                  slowed,
                  options.behaviour().speed(),
                  replica.limits(),
                  options.batch().prefixCaching()),
              meters);
      this.api =
          new Api(options, engine, meters, faults, replica.contextTokens(), Replica.BLOCK_TOKENS);
      this.port = options.served().port();
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
                  .setHost(options.served().host())
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
