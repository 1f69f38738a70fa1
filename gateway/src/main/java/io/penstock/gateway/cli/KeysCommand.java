package io.penstock.gateway.cli;

import io.penstock.config.ApiKey;
import io.penstock.config.InvalidConfigException;
import io.penstock.config.Loaded;
import io.penstock.config.Notation;
import io.penstock.config.PenstockConfig;
import io.penstock.gateway.authenticate.KeyStore;
import io.penstock.gateway.authenticate.KeyStores;
import io.penstock.gateway.authenticate.NewKey;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** API keys in the store that the config names: its Redis, else its keys-file. */
@Command(
    name = "keys",
    description = {
      "Adds, revokes and lists API keys in the store that the config names.",
      "The store is the config's 'redis', else its 'keys-file'. Gateways follow without a restart.",
      "Keys that stand in the config itself are not touched."
    },
    mixinStandardHelpOptions = true,
    subcommands = {KeysCommand.Add.class, KeysCommand.Revoke.class, KeysCommand.ListAll.class},
    synopsisSubcommandLabel = "add|revoke|list",
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0  done",
      "  1  the id is taken, or there is no such key; the config has errors",
      "  2  wrong usage",
      "  3  the store cannot be reached",
      "",
      "Example:",
      "  penstock keys add acme-1 --tier paid --tenant acme --expires 90d"
    })
final class KeysCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which? add, revoke or list");
  }

  /** Opens the store, and says in one line what kept it from doing what it was asked. */
  private static int with(ConfigOption option, ToIntFunction<Opened> work) {
    PenstockConfig config =
        switch (option.load()) {
          case Loaded.Ok(var usable, var _) -> usable;
          case Loaded.Invalid(var errors, var _) -> throw Failure.no(ConfigOption.lines(errors));
        };
    try (KeyStore store =
        KeyStores.open(config)
            .orElseThrow(() ->
                Failure.no(
                    option.file()
                        + ": names no store for keys: write redis, or keys-file: keys.jsonl"))) {
      return work.applyAsInt(new Opened(config, store));
    } catch (KeyStore.Unavailable gone) {
      throw Failure.environment(String.valueOf(gone.getMessage()));
    }
  }

  private record Opened(PenstockConfig config, KeyStore store) {}

  static JsonObject json(ApiKey key) {
    var json =
        new JsonObject()
            .put("id", key.id())
            .put("tier", key.tier())
            .put("tenant", key.tenant())
            .put("label", key.label().orElse(null))
            .put("expires", key.expires().map(Instant::toString).orElse(null))
            .put("expired", key.expired(System.currentTimeMillis()));
    return json;
  }

  /** Adds one, or changes one. */
  @Command(
      name = "add",
      description = {
        "Makes a key and prints it, this once; the store keeps its SHA-256 alone.",
        "With --change: gives the key of that id another tier, tenant, label or expiry; what its",
        "holder sends stays the same."
      },
      mixinStandardHelpOptions = true)
  static final class Add implements java.util.concurrent.Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();
    @Mixin private ConfigOption config = new ConfigOption();

    @Parameters(paramLabel = "ID", description = "What logs and metrics call the key.")
    private String id = "";

    @Option(names = "--tier", paramLabel = "NAME", required = true, description = "Its tier.")
    private String tier = "";

    @Option(
        names = "--tenant",
        paramLabel = "NAME",
        description = "Whose budget and cached answers it uses; the id where none is named.")
    private @Nullable String tenant;

    @Option(names = "--label", paramLabel = "TEXT", description = "What people call it.")
    private @Nullable String label;

    @Option(
        names = "--expires",
        paramLabel = "WHEN",
        description = "From when on it is refused: 90d, 2027-01-31 or 2027-01-31T12:00:00Z.")
    private @Nullable String expires;

    @Option(
        names = "--sha256",
        paramLabel = "HEX",
        description = "The SHA-256 of a key that exists already; none is made then.")
    private @Nullable String sha256;

    @Option(names = "--change", description = "Changes the key of this id.")
    private boolean change;

    @Option(names = "--json", description = "Prints {\"id\":…,\"key\":…}.")
    private boolean json;

    @Override
    public Integer call() {
      Optional<Instant> until = Optional.ofNullable(expires).map(this::instant);
      return with(config, opened -> add(opened, until));
    }

    private int add(Opened opened, Optional<Instant> until) {
      if (!opened.config().tiers().containsKey(tier)) {
        throw Failure.no("the config has no tier '" + tier + "'");
      }
      NewKey made = make(opened, until);
      boolean done = change ? opened.store().change(made.key()) : opened.store().add(made.key());
      if (!done) {
        throw Failure.no(
            change
                ? "there is no key '" + id + "' in " + opened.store().name()
                : "there is a key '"
                    + id
                    + "' in "
                    + opened.store().name()
                    + " already; --change changes it");
      }
      say(made);
      return 0;
    }

    private NewKey make(Opened opened, Optional<Instant> until) {
      String whose = tenant == null ? id : tenant;
      try {
        String known =
            change
                ? opened
                    .store()
                    .find(id)
                    .map(ApiKey::sha256)
                    .orElseThrow(() -> Failure.no("there is no key '" + id + "'"))
                : sha256;
        return known == null
            ? NewKey.make(id, tier, whose, Optional.ofNullable(label), until)
            : new NewKey("", new ApiKey(id, known, tier, whose, Optional.ofNullable(label), until));
      } catch (InvalidConfigException refused) {
        throw new ParameterException(
            spec.commandLine(), String.valueOf(refused.getMessage()), refused);
      }
    }

    private void say(NewKey made) {
      var out = spec.commandLine().getOut();
      if (json) {
        var shown = KeysCommand.json(made.key());
        out.println((made.secret().isEmpty() ? shown : shown.put("key", made.secret())).encode());
      } else if (!made.secret().isEmpty()) {
        out.println(made.secret());
      }
    }

    private Instant instant(String text) {
      return Notation.DURATION
          .read()
          .apply(text)
          .filter(Duration::isPositive)
          .map(
              after -> Instant.now().plus(after).truncatedTo(java.time.temporal.ChronoUnit.SECONDS))
          .or(() -> Notation.INSTANT.read().apply(text))
          .orElseThrow(() ->
              new ParameterException(
                  spec.commandLine(), "--expires: write 90d, 2027-01-31 or 2027-01-31T12:00:00Z"));
    }
  }

  /** Takes one away. */
  @Command(
      name = "revoke",
      description = "Revokes a key for good: no gateway that the store reaches takes it any more.",
      mixinStandardHelpOptions = true)
  static final class Revoke implements java.util.concurrent.Callable<Integer> {
    @Mixin private ConfigOption config = new ConfigOption();

    @Parameters(paramLabel = "ID", description = "The key's id.")
    private String id = "";

    @Override
    public Integer call() {
      return with(
          config,
          opened -> {
            if (!opened.store().revoke(id)) {
              throw Failure.no("there is no key '" + id + "' in " + opened.store().name());
            }
            return 0;
          });
    }
  }

  /** All of them. */
  @Command(
      name = "list",
      description = "Lists the keys of the store, never the keys themselves nor their hashes.",
      mixinStandardHelpOptions = true)
  static final class ListAll implements java.util.concurrent.Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();
    @Mixin private ConfigOption config = new ConfigOption();

    @Option(
        names = "--json",
        description = "Prints {\"keys\":[{id,tier,tenant,label,expires,expired}]}.")
    private boolean json;

    @Override
    public Integer call() {
      return with(
          config,
          opened -> {
            List<ApiKey> keys = opened.store().list();
            var out = spec.commandLine().getOut();
            if (json) {
              var array = new JsonArray();
              keys.forEach(key -> array.add(KeysCommand.json(key)));
              out.println(new JsonObject().put("keys", array).encodePrettily());
            } else {
              out.println(line("ID", "TIER", "TENANT", "EXPIRES", "LABEL"));
              keys.forEach(key -> out.println(line(key)));
            }
            return 0;
          });
    }

    private static String line(ApiKey key) {
      return line(
          key.id(),
          key.tier(),
          key.tenant(),
          key.expires().map(Instant::toString).orElse("-")
              + (key.expired(System.currentTimeMillis()) ? " (expired)" : ""),
          key.label().orElse(""));
    }

    private static String line(
        String id, String tier, String tenant, String expires, String label) {
      return "%-24s %-16s %-24s %-20s %s"
          .formatted(id, tier, tenant, expires, label)
          .stripTrailing();
    }
  }
}
