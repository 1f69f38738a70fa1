package io.penstock.gateway.cli;

import io.penstock.config.PenstockConfig;
import io.penstock.config.Traffic;
import io.penstock.gateway.Gateway;
import io.penstock.loadtest.load.DemoTraffic;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The main job on an embedded default, in one process. */
@Command(
    name = "demo",
    description = {
      "Runs the gateway on simulated model servers, with keys and a little traffic.",
      "Three pools (a 7B, a 13B, an API) and a key for each tier, all in this process: no GPU, no"
          + " Redis, no network.",
      "Prints the URLs, the keys and a curl line to paste, then 'ready'."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nThe keys are new at every start. Examples:%n",
    footer = {"  penstock demo", "  penstock demo --port 0 --admin-port 0 --no-traffic"})
final class DemoCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private PortOptions ports = new PortOptions();

  @Option(names = "--no-traffic", description = "Leaves the traffic out.")
  private boolean noTraffic;

  @Option(
      names = "--for",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "Ends by itself after this time (30s, 5m).")
  private Duration stay = Duration.ZERO;

  @Override
  public Integer call() throws InterruptedException {
    var lifetime = Lifetime.untilTerminated();
    var vertx = Serving.loops();
    var demo = DemoFleet.start(vertx);
    var records = Records.create();
    PenstockConfig config = ports.over(demo.config()).recordingTo(records.config());
    var serving = Serving.start(vertx, config, Gateway.Options.fixed(config));
    introduce(serving, demo.keys());
    if (noTraffic) {
      lifetime.await(stay);
    } else {
      var target = URI.create(serving.url());
      var keys = List.copyOf(demo.keys().values());
      var traffic =
          Serving.await(DemoTraffic.start(vertx, DemoTraffic.Options.defaults(target, keys)));
      lifetime.await(stay);
      Serving.await(traffic.stop());
    }
    serving.end();
    records.delete();
    return 0;
  }

  /** Where the demo keeps its traffic journal while it runs, so that there is a report. */
  private record Records(Path directory) {
    private static final long SEGMENT_BYTES = 16 << 20;
    private static final long MOST_BYTES = 256 << 20;

    static Records create() {
      try {
        return new Records(Files.createTempDirectory("penstock-demo-"));
      } catch (IOException e) {
        throw Failure.environment("no temporary directory can be made: " + e.getMessage());
      }
    }

    Traffic config() {
      return new Traffic(
          directory,
          Duration.ofSeconds(1),
          SEGMENT_BYTES,
          Duration.ofHours(1),
          Duration.ofDays(1),
          MOST_BYTES);
    }

    void delete() {
      try (var files = Files.list(directory)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
        Files.delete(directory);
      } catch (IOException _) {
        // It is where temporary files are, and goes with them.
      }
    }
  }

  private void introduce(Serving serving, Map<String, String> keys) {
    var out = spec.commandLine().getOut();
    out.println("gateway " + serving.url());
    out.println("admin " + serving.adminUrl());
    keys.forEach((tier, key) -> out.println("key " + tier + ' ' + key));
    out.println(curl(serving.url(), keys.getOrDefault("paid", "")));
    out.println("ready");
  }

  private static String curl(String url, String key) {
    return "curl -s "
        + url
        + "/v1/chat/completions -H 'Authorization: Bearer "
        + key
        + "' -H 'Content-Type: application/json'"
        + " -d '{\"messages\":[{\"role\":\"user\",\"content\":\"Why is the sky blue?\"}]}'";
  }
}
