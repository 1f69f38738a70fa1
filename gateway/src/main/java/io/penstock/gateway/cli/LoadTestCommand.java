package io.penstock.gateway.cli;

import io.penstock.gateway.Gateway;
import io.penstock.loadtest.load.Arrivals;
import io.penstock.loadtest.load.LoadGenerator;
import io.penstock.loadtest.load.LoadGenerator.Ask;
import io.penstock.loadtest.load.LoadReport;
import io.penstock.loadtest.load.ProgressLine;
import io.penstock.loadtest.load.Trace;
import io.vertx.core.Vertx;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Load, measured from the intended start. */
@Command(
    name = "loadtest",
    description = {
      "Sends chat completions to an OpenAI-compatible endpoint and prints the latencies.",
      "The load is open: starts are decided beforehand and every latency counts from the intended"
          + " start, so a",
      "target that stalls does not slow the questions down. (--clients makes it closed.)"
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0  every request was answered",
      "  1  one was not",
      "  2  wrong usage",
      "  3  the trace cannot be read, or the report not written",
      "",
      "Examples:",
      "  penstock loadtest --target http://127.0.0.1:8080 --key KEY --rate 20 --duration 1m",
      "  penstock loadtest --target http://127.0.0.1:8080 --key KEY --trace trace.csv --json"
          + " report.json"
    })
final class LoadTestCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--target",
      paramLabel = "URL",
      required = true,
      description = "The endpoint's scheme, host and port.")
  private URI target = URI.create("http://127.0.0.1:8080");

  @Option(names = "--key", paramLabel = "KEY", description = "Sent as Bearer.")
  private String key = "";

  @ArgGroup(multiplicity = "1")
  private When when = new When();

  @Option(
      names = "--duration",
      paramLabel = "D",
      converter = DurationConverter.class,
      description = "How long requests are begun (10s; with a trace: its length).")
  private @Nullable Duration duration;

  @Option(
      names = "--speed",
      paramLabel = "N",
      description = "Divides the times between a trace's requests (${DEFAULT-VALUE}).")
  private double speed = 1;

  @Option(
      names = "--shrink",
      paramLabel = "N",
      description = "Divides the lengths of a trace's prompts and completions (${DEFAULT-VALUE}).")
  private int shrink = 1;

  @Option(names = "--model", paramLabel = "NAME", description = "Asked for (${DEFAULT-VALUE}).")
  private String model = "auto";

  @Option(
      names = "--prompt-tokens",
      paramLabel = "N",
      description = "About as many, of made-up words (${DEFAULT-VALUE}).")
  private int promptTokens = 200;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "The completions' limit (${DEFAULT-VALUE}).")
  private int maxTokens = 100;

  @Option(
      names = "--full-length",
      description = "Asks for exactly the limit, as vLLM and servers like it can.")
  private boolean fullLength;

  @Option(names = "--no-stream", description = "Asks for whole answers.")
  private boolean whole;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Decides starts and prompts (${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(names = "--json", paramLabel = "FILE", description = "Writes the report there, too.")
  private @Nullable Path json;

  @Option(
      names = "--record",
      paramLabel = "FILE",
      description = "Writes each request there, a line of JSON, when it has ended.")
  private @Nullable Path record;

  /** One of three. */
  private static final class When {
    @Option(
        names = "--rate",
        paramLabel = "N",
        description = "So many requests a second on average, at random moments.")
    private double rate;

    @Option(
        names = "--trace",
        paramLabel = "FILE",
        description =
            "As recorded: TIMESTAMP,ContextTokens,GeneratedTokens in CSV, or Mooncake's .jsonl.")
    private @Nullable Path trace;

    @Option(
        names = "--clients",
        paramLabel = "N",
        description = "A closed load: each asks again when it has its answer.")
    private int clients;
  }

  @Override
  public Integer call() {
    var options = options();
    var vertx = Gateway.vertx(options.loops());
    var progress = new ProgressLine(System.err);
    boolean watched = Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    Consumer<LoadGenerator.Progress> hearing = watched ? progress : _ -> {};
    var report = run(vertx, options, hearing);
    if (watched) {
      progress.end();
    }
    Serving.await(vertx.close());
    spec.commandLine().getOut().print(report.text());
    spec.commandLine().getOut().flush();
    write(report);
    return report.failed() == 0 ? 0 : Failure.THE_ANSWER_IS_NO;
  }

  private LoadReport run(
      Vertx vertx, LoadGenerator.Options options, Consumer<LoadGenerator.Progress> progress) {
    if (record == null) {
      return Serving.await(LoadGenerator.run(vertx, options, progress, _ -> {}));
    }
    try (var lines = new PrintWriter(Files.newBufferedWriter(record))) {
      return Serving.await(
          LoadGenerator.run(vertx, options, progress, each -> lines.println(each.json())));
    } catch (IOException e) {
      throw Failure.environment("the record cannot be written: " + e.getMessage());
    }
  }

  private LoadGenerator.Options options() {
    try {
      var arrivals = arrivals();
      var ask = new Ask(target, key, model, promptTokens, maxTokens, !whole, fullLength);
      return new LoadGenerator.Options(
          ask,
          arrivals,
          lasting(arrivals),
          Duration.ofMinutes(2),
          Math.min(2, Runtime.getRuntime().availableProcessors()),
          seed);
    } catch (IllegalArgumentException e) {
      throw Failure.usage(String.valueOf(e.getMessage()));
    }
  }

  private Arrivals arrivals() {
    if (when.trace != null) {
      return new Arrivals.Replay(read(when.trace).shrunk(shrink), speed);
    }
    return when.clients > 0 ? new Arrivals.Closed(when.clients) : new Arrivals.Poisson(when.rate);
  }

  private Duration lasting(Arrivals arrivals) {
    if (duration != null) {
      return duration;
    }
    return arrivals instanceof Arrivals.Replay ? Duration.ofDays(365) : Duration.ofSeconds(10);
  }

  private static Trace read(Path file) {
    try {
      return Trace.read(file);
    } catch (IOException e) {
      throw Failure.environment("the trace cannot be read: " + e.getMessage());
    }
  }

  private void write(LoadReport report) {
    if (json == null) {
      return;
    }
    try {
      Files.writeString(json, report.json() + '\n');
    } catch (IOException e) {
      throw Failure.environment("the report cannot be written: " + e.getMessage());
    }
  }
}
