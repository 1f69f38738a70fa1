package io.penstock.gateway.cli;

import io.penstock.gateway.Gateway;
import io.penstock.loadtest.modelserver.Fault;
import io.penstock.loadtest.modelserver.ModelServer;
import io.penstock.loadtest.modelserver.ModelServer.Hardware;
import io.penstock.loadtest.modelserver.Quirk;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** A model server without a model. */
@Command(
    name = "modelserver",
    description = {
      "Runs a simulated model server that speaks vLLM's HTTP.",
      "It batches continuously in steps that take what the capacity model says; its answers depend"
          + " on the seed and",
      "the request alone. Prints its URL, then 'ready'."
    },
    mixinStandardHelpOptions = true)
final class ModelServerCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description =
          "The catalogue's name of the model, and what it serves under (${DEFAULT-VALUE}).")
  private String model = "llama-2-7b";

  @Option(
      names = "--gpu",
      paramLabel = "NAME",
      description = "The GPU whose times it keeps, in the catalogue's name (${DEFAULT-VALUE}).")
  private String gpu = "a100-80";

  @Option(
      names = "--gpus",
      paramLabel = "N",
      description = "Over how many of them the model is spread (${DEFAULT-VALUE}).")
  private int gpus = 1;

  @Option(
      names = "--weights",
      paramLabel = "PRECISION",
      description = "The precision of the weights (${DEFAULT-VALUE}).")
  private String weights = "fp16";

  @Option(
      names = "--alias",
      paramLabel = "NAME",
      description = "Another name that it takes; may be repeated.")
  private List<String> aliases = new ArrayList<>();

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description = "The address that it binds (${DEFAULT-VALUE}).")
  private String host = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Its port (${DEFAULT-VALUE}); 0 picks a free one.")
  private int port = 8000;

  @Option(
      names = "--speed",
      paramLabel = "N",
      description = "Divides all times (${DEFAULT-VALUE}); 0: nothing takes time.")
  private double speed = 1;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Decides its answers and faults (${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(
      names = "--api-key",
      paramLabel = "KEY",
      description = "What clients must send as Bearer; none is asked for without it.")
  private String apiKey = "";

  @Option(
      names = "--max-model-len",
      paramLabel = "TOKENS",
      description = "The context, prompt and completion together; the model's own without it.")
  private int maxModelTokens;

  @Option(
      names = "--kv-tokens",
      paramLabel = "TOKENS",
      description = "What its KV memory holds; what fits on the GPU without it.")
  private long kvTokens;

  @Option(
      names = "--no-prefix-caching",
      description = "Computes every prompt whole, also where it knows the beginning.")
  private boolean noPrefixCaching;

  @Option(
      names = "--fault",
      paramLabel = "SPEC",
      converter = FaultConverter.class,
      description = "What goes wrong, of the faults below; may be repeated.")
  private List<Fault> faults = new ArrayList<>();

  @Option(
      names = "--quirk",
      paramLabel = "NAME",
      converter = QuirkConverter.class,
      description = "What real servers do on the wire, of the quirks below; may be repeated.")
  private List<Quirk> quirks = new ArrayList<>();

  @Override
  public Integer call() throws InterruptedException {
    var lifetime = Lifetime.untilTerminated();
    var options = options();
    Serving.requireFree(host, port, "--port");
    var vertx = Gateway.vertx(1);
    var server = Serving.await(start(vertx, options));
    var out = spec.commandLine().getOut();
    out.println("model server " + server.url());
    out.println("ready");
    lifetime.await(Duration.ZERO);
    Serving.await(vertx.close());
    return 0;
  }

  /** Refuses hardware that the catalogue does not know. */
  private static Future<ModelServer> start(Vertx vertx, ModelServer.Options options) {
    try {
      return ModelServer.start(vertx, options);
    } catch (IllegalArgumentException e) {
      throw Failure.usage(String.valueOf(e.getMessage()));
    }
  }

  private ModelServer.Options options() {
    try {
      var options =
          ModelServer.Options.defaults()
              .withModel(model, aliases.toArray(String[]::new))
              .withHardware(new Hardware(model, gpu, gpus, "vllm", weights, "fp16"))
              .withAddress(host, port)
              .withSpeed(speed)
              .withSeed(seed)
              .withApiKey(apiKey)
              .withMaxModelTokens(maxModelTokens)
              .withKvTokens(kvTokens)
              .withFaults(faults.toArray(Fault[]::new))
              .withQuirks(quirks.toArray(Quirk[]::new));
      return noPrefixCaching ? options.withoutPrefixCaching() : options;
    } catch (IllegalArgumentException e) {
      throw Failure.usage(String.valueOf(e.getMessage()));
    }
  }

  /** The words that {@code --fault} and {@code --quirk} take, and an example. */
  static String[] footer() {
    Stream<String> faults = Fault.help().stream();
    Stream<String> quirks = Stream.of(Quirk.values()).map(ModelServerCommand::line);
    return Stream.of(
            Stream.of("", "Faults (P is a share of the requests, 0 to 1):"),
            faults.map("  "::concat),
            Stream.of("", "Quirks:"),
            quirks.map("  "::concat),
            Stream.of("", "Example:"),
            Stream.of("  penstock modelserver --model llama-2-7b --port 8000 --fault error=0.1"))
        .flatMap(lines -> lines)
        .toArray(String[]::new);
  }

  private static String line(Quirk quirk) {
    return "%-30s %s".formatted(quirk.word(), quirk.help());
  }

  /** One {@code --fault}. */
  static final class FaultConverter implements ITypeConverter<Fault> {
    @Override
    public Fault convert(String spec) {
      try {
        return Fault.parse(spec);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }

  /** One {@code --quirk}. */
  static final class QuirkConverter implements ITypeConverter<Quirk> {
    @Override
    public Quirk convert(String word) {
      try {
        return Quirk.parse(word);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }
}
