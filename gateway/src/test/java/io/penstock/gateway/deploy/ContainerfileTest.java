package io.penstock.gateway.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.exporter.sender.jdk.internal.JdkHttpSender;
import io.penstock.config.PenstockConfig;
import io.penstock.gateway.Gateway;
import io.penstock.loadtest.load.LoadGenerator;
import io.penstock.planner.capacity.ContinuousBatching;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The container's runtime is cut to some modules: a class that needs another would fail there
 * alone.
 */
final class ContainerfileTest {
  @Test
  void runtime_hasEveryModuleThatPenstockNeeds() throws Exception {
    var line =
        Pattern.compile("jlink --add-modules (\\S+)")
            .matcher(Files.readString(Deploy.DIRECTORY.resolve("Containerfile")));
    assertThat(line.find()).isTrue();
    Set<String> modules = Set.of(line.group(1).split(","));

    Set<String> needed =
        List.of(
                Gateway.class,
                PenstockConfig.class,
                ContinuousBatching.class,
                LoadGenerator.class,
                JdkHttpSender.class)
            .stream()
            .flatMap(of -> modules(of).stream())
            .collect(Collectors.toSet());

    assertThat(needed).contains("java.net.http");
    needed.remove("java.base");
    assertThat(modules).containsAll(needed);
  }

  /** The JDK's modules that the jar or directory of a class needs. */
  private static Set<String> modules(Class<?> of) {
    var out = new StringWriter();
    int code =
        ToolProvider.findFirst("jdeps")
            .orElseThrow()
            .run(
                new PrintWriter(out),
                new PrintWriter(out),
                "--ignore-missing-deps",
                "--multi-release",
                "25",
                "-s",
                place(of).toString());
    assertThat(code).as(out.toString()).isZero();
    return out.toString()
        .lines()
        .map(line -> line.substring(line.indexOf("-> ") + 3).strip())
        .filter(name -> name.startsWith("java.") || name.startsWith("jdk."))
        .collect(Collectors.toSet());
  }

  private static Path place(Class<?> of) {
    return Path.of(of.getProtectionDomain().getCodeSource().getLocation().getPath());
  }
}
