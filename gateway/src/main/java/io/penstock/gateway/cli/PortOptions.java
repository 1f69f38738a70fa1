package io.penstock.gateway.cli;

import io.penstock.config.Admin;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Server;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code --port} and {@code --admin-port}, which go over the config's. */
final class PortOptions {
  private static final int AS_CONFIGURED = -1;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  private int port = AS_CONFIGURED;
  private int adminPort = AS_CONFIGURED;

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "The data port, over the config's; 0 picks a free one.")
  void setPort(int port) {
    this.port = checked("--port", port);
  }

  @Option(
      names = "--admin-port",
      paramLabel = "N",
      description = "The admin port, over the config's; 0 picks a free one.")
  void setAdminPort(int port) {
    this.adminPort = checked("--admin-port", port);
  }

  private int checked(String option, int given) {
    if (given < 0 || given > 65535) {
      throw new ParameterException(
          command.commandLine(), option + ": a port is 0 to 65535, not " + given);
    }
    return given;
  }

  PenstockConfig over(PenstockConfig config) {
    return new PenstockConfig(
        over(config.server()),
        over(config.admin()),
        config.tiers(),
        config.keys(),
        config.keysFile(),
        config.jwt(),
        config.pools(),
        config.complexity(),
        config.cache(),
        config.redis(),
        config.traffic(),
        config.traces(),
        config.catalog());
  }

  private Server over(Server server) {
    return new Server(
        server.host(),
        port == AS_CONFIGURED ? server.port() : port,
        server.maxBodyBytes(),
        server.maxHeaderBytes(),
        server.idleTimeout(),
        server.headTimeout(),
        server.bodyTimeout(),
        server.drainTimeout(),
        server.drainDelay(),
        server.tls());
  }

  private Admin over(Admin admin) {
    return new Admin(
        admin.host(),
        adminPort == AS_CONFIGURED ? admin.port() : adminPort,
        admin.tls(),
        admin.token());
  }
}
