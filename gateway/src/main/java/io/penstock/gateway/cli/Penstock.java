package io.penstock.gateway.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The command line's root: which commands there are, and how an error becomes one line and a code.
 */
@Command(
    name = "penstock",
    description = "An OpenAI-compatible gateway that knows what the GPUs behind it can do.",
    versionProvider = Penstock.Version.class,
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0  done",
      "  1  the answer is no: a config with errors, a gateway that could not start",
      "  2  wrong usage",
      "  3  the environment lacks something, or a bug",
      "",
      "Start with 'penstock demo'; 'penstock COMMAND --help' says more."
    })
public final class Penstock implements Runnable {
  private static final Map<String, Class<?>> COMMANDS = commands();

  @Spec private CommandSpec spec = CommandSpec.create();

  /** In the order in which the help lists them. */
  private static Map<String, Class<?>> commands() {
    var commands = new LinkedHashMap<String, Class<?>>();
    commands.put("demo", DemoCommand.class);
    commands.put("serve", ServeCommand.class);
    commands.put("check", CheckCommand.class);
    commands.put("estimate", EstimateCommand.class);
    commands.put("modelserver", ModelServerCommand.class);
    commands.put("loadtest", LoadTestCommand.class);
    commands.put("chaos", ChaosCommand.class);
    commands.put("accuracy", AccuracyCommand.class);
    commands.put("report", ReportCommand.class);
    commands.put("plan", PlanCommand.class);
    commands.put("keys", KeysCommand.class);
    commands.put("simulate", SimulateCommand.class);
    commands.put("test", TestCommand.class);
    return commands;
  }

  /** The whole tree, ready to execute arguments. */
  public static CommandLine commandLine() {
    var root = new CommandLine(new Penstock());
    COMMANDS.forEach(root::addSubcommand);
    return ready(root);
  }

  /**
   * The same for these arguments: where they start with a command, it stands alone, since reading
   * the options of a dozen others takes longer than planning a scenario.
   */
  public static CommandLine commandLine(String... arguments) {
    var named = arguments.length == 0 ? null : COMMANDS.get(arguments[0]);
    return named == null
        ? commandLine()
        : ready(new CommandLine(new Penstock()).addSubcommand(arguments[0], named));
  }

  private static CommandLine ready(CommandLine root) {
    var modelServer = root.getSubcommands().get("modelserver");
    if (modelServer != null) {
      modelServer.getCommandSpec().usageMessage().footer(ModelServerCommand.footer());
    }
    var chaos = root.getSubcommands().get("chaos");
    if (chaos != null) {
      chaos.getCommandSpec().usageMessage().footer(ChaosCommand.footer());
    }
    return root.setUsageHelpWidth(110)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((exception, _) -> wrongUsage(exception))
        .setExecutionExceptionHandler(Penstock::failed);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command? 'penstock --help' lists them");
  }

  private static int wrongUsage(ParameterException exception) {
    var command = exception.getCommandLine();
    var err = command.getErr();
    var name = command.getCommandSpec().qualifiedName();
    err.println(name + ": " + firstLine(exception) + "; see '" + name + " --help'");
    return Failure.WRONG_USAGE;
  }

  private static int failed(
      Exception exception, CommandLine command, CommandLine.ParseResult parsed) {
    var err = command.getErr();
    if (exception instanceof Failure failure) {
      failure.lines().forEach(err::println);
      return failure.code();
    }
    report(exception, err);
    return Failure.ENVIRONMENT;
  }

  private static void report(Exception bug, PrintWriter err) {
    err.println("penstock: a bug, please report it with what follows");
    bug.printStackTrace(err);
  }

  private static String firstLine(ParameterException exception) {
    var message = String.valueOf(exception.getMessage());
    return message.lines().findFirst().orElse("wrong usage");
  }

  /** What the jar's manifest says. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      var version = Penstock.class.getPackage().getImplementationVersion();
      return new String[] {"penstock " + (version == null ? "(not from a jar)" : version)};
    }
  }
}
