package io.penstock.gateway.cli;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.transport.Transport;
import java.util.stream.Stream;

/**
 * The event loops: one a core, on io_uring where the kernel has it, else on epoll, else on NIO.
 * {@code -Dpenstock.transport=NAME} asks for one of them.
 */
final class Loops {
  private Loops() {}

  static Vertx start() {
    var files =
        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false);
    var options =
        new VertxOptions()
            .setEventLoopPoolSize(Math.max(1, Runtime.getRuntime().availableProcessors()))
            .setFileSystemOptions(files);
    return Vertx.builder().with(options).withTransport(transport()).build();
  }

  private static Transport transport() {
    var asked = System.getProperty("penstock.transport");
    return usable()
        .filter(transport -> asked == null || transport.name().equals(asked))
        .findFirst()
        .orElseThrow(() -> Failure.environment("the transport '" + asked + "' is not there"));
  }

  private static Stream<Transport> usable() {
    return Stream.of(Transport.IO_URING, Transport.EPOLL, Transport.KQUEUE, Transport.NIO)
        .filter(transport -> transport != null && transport.available());
  }
}
