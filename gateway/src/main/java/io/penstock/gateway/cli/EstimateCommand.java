package io.penstock.gateway.cli;

import io.penstock.config.Admin;
import io.penstock.config.ApiKey;
import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Server;
import io.penstock.gateway.Gateway;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * An offline dry run. The requests go through a gateway of this process that calls nobody, so that
 * what is printed is what the gateway would decide, and not a second opinion.
 */
@Command(
    name = "estimate",
    description = {
      "Decides and prices OpenAI request bodies, one a line, and calls no model server.",
      "Prints the pool, the complexity, the tokens and the cost of each, then totals per tier and"
          + " pool."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0  every line is a request",
      "  1  a line is not, or the config has errors",
      "",
      "Example:",
      "  penstock estimate --tier paid requests.jsonl"
    })
final class EstimateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ConfigOption config = new ConfigOption();

  @Option(
      names = "--tier",
      paramLabel = "NAME",
      description = "Whose request each is; every tier of the config without it.")
  private @Nullable String tier;

  @Option(
      names = "--json",
      description = "Prints {\"requests\":[...],\"totals\":[...],\"refused\":N}.")
  private boolean json;

  @Parameters(
      paramLabel = "REQUESTS.jsonl",
      arity = "0..1",
      description = "The requests; standard input where no file is named.")
  private @Nullable Path requests;

  @Override
  public Integer call() {
    var usable = usable();
    var lines = lines();
    var keys = keys(usable);
    var vertx = Gateway.vertx(1);
    try {
      var asked = withKeys(usable, keys);
      var options = new Gateway.Options(true, () -> new Loaded.Ok(asked, List.of()), 1);
      var serving = Serving.start(vertx, asked, options);
      return say(estimate(vertx, URI.create(serving.url()), lines, keys));
    } finally {
      Serving.await(vertx.close());
    }
  }

  private int say(Estimate estimate) {
    var out = spec.commandLine().getOut();
    if (json) {
      out.println(estimate.json().encodePrettily());
    } else {
      estimate.rows().forEach(row -> out.println(row.text()));
      estimate.totals().forEach(out::println);
    }
    return estimate.unreadable() == 0 ? 0 : Failure.THE_ANSWER_IS_NO;
  }

  private PenstockConfig usable() {
    return switch (config.load()) {
      case Loaded.Ok(var usable, _) -> usable;
      case Loaded.Invalid(var errors, _) -> throw Failure.no(ConfigOption.lines(errors));
    };
  }

  private List<String> lines() {
    try {
      if (requests != null) {
        return Files.readAllLines(requests);
      }
      var in = new InputStreamReader(System.in, StandardCharsets.UTF_8);
      return new BufferedReader(in).lines().toList();
    } catch (IOException e) {
      throw Failure.environment("the requests cannot be read: " + e.getMessage());
    }
  }

  /** Tier to the key that stands for it here. */
  private Map<String, String> keys(PenstockConfig usable) {
    List<String> tiers = new ArrayList<>(usable.tiers().keySet());
    if (tier != null && !tiers.contains(tier)) {
      throw Failure.usage("no tier '" + tier + "'; there are " + String.join(", ", tiers));
    }
    Map<String, String> keys = new LinkedHashMap<>();
    for (var name : tier == null ? tiers : List.of(tier)) {
      keys.put(name, Keys.random(name));
    }
    return keys;
  }

  private static PenstockConfig withKeys(PenstockConfig usable, Map<String, String> keys) {
    List<ApiKey> hashed = new ArrayList<>();
    keys.forEach(
        (tier, key) -> hashed.add(new ApiKey("estimate-" + tier, Keys.sha256(key), tier, tier)));
    var server = Server.DEFAULT;
    return new PenstockConfig(
        new Server(
            "127.0.0.1",
            0,
            usable.server().maxBodyBytes(),
            server.maxHeaderBytes(),
            server.idleTimeout(),
            server.headTimeout(),
            server.bodyTimeout(),
            server.drainTimeout(),
            server.drainDelay(),
            Optional.empty()),
        new Admin("127.0.0.1", 0, Optional.empty(), Optional.empty()),
        usable.tiers(),
        hashed,
        Optional.empty(),
        Optional.empty(),
        usable.pools(),
        usable.complexity(),
        usable.cache(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        usable.catalog());
  }

  private static Estimate estimate(
      Vertx vertx, URI gateway, List<String> lines, Map<String, String> keys) {
    var estimate = new Estimate();
    var client = vertx.createHttpClient();
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        for (var key : keys.entrySet()) {
          estimate.add(ask(client, gateway, i + 1, lines.get(i), key.getKey(), key.getValue()));
        }
      }
    }
    return estimate;
  }

  private static Estimate.Row ask(
      HttpClient client, URI gateway, int line, String body, String tier, String key) {
    var request =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setHost(gateway.getHost())
            .setPort(gateway.getPort())
            .setURI(path(body))
            .putHeader("content-type", "application/json")
            .putHeader("authorization", "Bearer " + key);
    return Serving.await(
        client.request(request).compose(connected -> answer(connected, body, line, tier)));
  }

  /** Asks for the answer's body on the loop that reads it, before any of it can have come. */
  private static Future<Estimate.Row> answer(
      HttpClientRequest connected, String body, int line, String tier) {
    return connected.send(body).compose(response -> row(response, line, tier));
  }

  private static Future<Estimate.Row> row(HttpClientResponse response, int line, String tier) {
    return response
        .body()
        .map(answer -> new Estimate.Row(line, tier, response.statusCode(), new JsonObject(answer)));
  }

  /** What a body asks, by the field that the operation needs. */
  private static String path(String body) {
    try {
      var fields = new JsonObject(body);
      if (fields.containsKey("messages")) {
        return "/v1/chat/completions";
      }
      return fields.containsKey("input") ? "/v1/embeddings" : "/v1/completions";
    } catch (RuntimeException _) {
      return "/v1/chat/completions";
    }
  }
}
