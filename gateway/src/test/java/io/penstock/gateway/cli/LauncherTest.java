package io.penstock.gateway.cli;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher's own decisions, in a copy of the tree's outline with a JDK and a Maven that only
 * say how they were called. What the jar does is not its business.
 */
final class LauncherTest {
  private static final Path LAUNCHER = Path.of("..", "penstock").toAbsolutePath().normalize();
  private static final String TOUCH_JAR =
      "mkdir -p gateway/target && touch gateway/target/penstock.jar";

  @TempDir private Path folder;
  private Path root;
  private Path bin;
  private Path jdk;

  @BeforeEach
  void outline() throws IOException {
    root = Files.createDirectories(folder.resolve("a place with spaces"));
    bin = Files.createDirectories(folder.resolve("bin"));
    jdk = jdk("25.0.1");
    Files.copy(LAUNCHER, root.resolve("penstock"));
    for (var module : List.of("planner", "config", "loadtest", "gateway")) {
      Files.createDirectories(root.resolve(module).resolve("src/main/java"));
      Files.writeString(root.resolve(module).resolve("pom.xml"), "<project/>");
    }
    Files.writeString(root.resolve("pom.xml"), "<project/>");
    script(
        bin.resolve("mvn"),
        "echo \"mvn $*\" >>\"" + folder + "/calls\"; cd \"" + root + "\"; " + TOUCH_JAR);
  }

  @Test
  void firstStart_buildsThenRuns_theSecondOnlyRuns() throws Exception {
    var first = start(root, root.resolve("penstock"), "serve", "--port", "0");
    assertThat(first.code()).isZero();
    assertThat(first.err())
        .isEqualTo("penstock: building (the first time, and after a change of the sources) ...\n");
    assertThat(first.out())
        .contains("-jar " + root + "/gateway/target/penstock.jar serve --port 0");
    start(root, root.resolve("penstock"), "serve");
    assertThat(mavenCalls()).hasSize(1).first().asString().contains("package -pl gateway -am");
  }

  @Test
  void aSourceNewerThanTheJar_buildsAgain() throws Exception {
    start(root, root.resolve("penstock"), "serve");
    Path source = Files.writeString(root.resolve("planner/src/main/java/A.java"), "class A {}");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(5)));
    start(root, root.resolve("penstock"), "serve");
    assertThat(mavenCalls()).hasSize(2);
  }

  @Test
  void throughALinkFromElsewhere_findsItsTree() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("linked"), root.resolve("penstock"));
    var said = start(Files.createDirectories(folder.resolve("elsewhere")), link, "check", "a b");
    assertThat(said.code()).isZero();
    assertThat(said.out()).contains("-Dpenstock.home=" + root).endsWith("check a b\n");
  }

  @Test
  void aFailingBuild_showsItsErrorsAndExitsWith3() throws Exception {
    script(bin.resolve("mvn"), "echo '[ERROR] A.java:[1,1] nonsense'; exit 1");
    var said = start(root, root.resolve("penstock"), "serve");
    assertThat(said.code()).isEqualTo(3);
    assertThat(said.err()).contains("[ERROR] A.java:[1,1] nonsense", "penstock: the build failed");
    assertThat(said.out()).isEmpty();
  }

  @Test
  void withoutMaven_saysSoInOneLineAndExitsWith3() throws Exception {
    Files.delete(bin.resolve("mvn"));
    var said = start(root, root.resolve("penstock"), "serve");
    assertThat(said.code()).isEqualTo(3);
    assertThat(said.err().lines()).hasSize(1).first().asString().contains("Maven is needed");
  }

  @Test
  void withoutAJdk25_saysWhichIsNeededInOneLineAndExitsWith3() throws Exception {
    var none = Map.of("JAVA_HOME", jdk("17.0.15").toString(), "PENSTOCK_JVMS", folder.toString());
    Files.delete(jdk.resolve("release"));
    var said = start(none, root, root.resolve("penstock"), "serve");
    assertThat(said.code()).isEqualTo(3);
    assertThat(said.err().lines()).hasSize(1).first().asString().contains("JDK 25 is needed");
  }

  @Test
  void jdk25AmongOthers_isFound() throws Exception {
    var others = Map.of("JAVA_HOME", jdk("17.0.15").toString(), "PENSTOCK_JVMS", folder.toString());
    assertThat(start(others, root, root.resolve("penstock"), "serve").code()).isZero();
  }

  @Test
  void optionsOfTheEnvironment_reachTheJvm() throws Exception {
    var said =
        start(
            Map.of("PENSTOCK_JAVA_OPTS", "-Xmx64m -Da=b"), root, root.resolve("penstock"), "serve");
    assertThat(said.out()).contains(" -Xmx64m -Da=b ");
  }

  @Test
  void exitCodeOfTheCommand_isTheLaunchers() throws Exception {
    script(jdk.resolve("bin/java"), "exit 42");
    assertThat(start(root, root.resolve("penstock"), "serve").code()).isEqualTo(42);
  }

  @Test
  void test_withAnUnknownModule_exitsWith2() throws Exception {
    var said = start(root, root.resolve("penstock"), "test", "--fast", "nonsense");
    assertThat(said.code()).isEqualTo(2);
    assertThat(said.err()).isEqualTo("penstock test: unknown module 'nonsense'\n");
  }

  @Test
  void test_passesWithMaven_andSumsUpSurefiresTotals() throws Exception {
    script(
        bin.resolve("mvn"),
        "echo \"mvn $*\" >>\""
            + folder
            + "/calls\"; cd \""
            + root
            + "\"; for m in planner gateway; do"
            + " mkdir -p $m/target/surefire-reports; echo 'Tests run: 3, Failures: 0, Errors: 0,"
            + " Skipped: 1, Time elapsed: 1 s' >$m/target/surefire-reports/A.txt; done");
    whatTestsNeed();
    var said = start(root, root.resolve("penstock"), "test", "--fast", "planner");
    assertThat(said.code()).isZero();
    assertThat(mavenCalls())
        .hasSize(1)
        .first()
        .asString()
        .contains("-Dfast=true -pl planner -am verify");
    assertThat(said.out()).endsWith("Tests run: 6, Failures: 0, Errors: 0, Skipped: 2\n");
  }

  @Test
  void test_whenMavenFails_exitsWith1() throws Exception {
    script(bin.resolve("mvn"), "exit 1");
    whatTestsNeed();
    var said = start(root, root.resolve("penstock"), "test", "--fast");
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.out()).contains("penstock test: FAILED");
  }

  private void whatTestsNeed() throws IOException {
    for (String command :
        List.of("node", "redis-server", "openssl", "haproxy", "chromium", "promtool")) {
      script(bin.resolve(command), "exit 0");
    }
  }

  private Path jdk(String version) throws IOException {
    Path home = folder.resolve("jdk-" + version);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    script(home.resolve("bin/java"), "echo \"java $*\"");
    script(home.resolve("bin/javac"), "exit 0");
    return home;
  }

  private static void script(Path file, String body) throws IOException {
    Files.writeString(file, "#!/bin/bash\n" + body + '\n');
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private List<String> mavenCalls() throws IOException {
    return Files.readAllLines(folder.resolve("calls"));
  }

  private Said start(Path workingDirectory, Path launcher, String... arguments) throws Exception {
    return start(Map.of(), workingDirectory, launcher, arguments);
  }

  private Said start(
      Map<String, String> environment, Path workingDirectory, Path launcher, String... arguments)
      throws Exception {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    List<String> command = new ArrayList<>(List.of("bash", launcher.toString()));
    command.addAll(List.of(arguments));
    var builder =
        new ProcessBuilder(command)
            .directory(workingDirectory.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", bin + ":" + tools());
    builder.environment().put("JAVA_HOME", jdk.toString());
    builder.environment().put("PENSTOCK_AOT", "off");
    builder.environment().putAll(environment);
    var process = builder.start();
    assertThat(process.waitFor(60, SECONDS)).isTrue();
    return new Said(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  /** What the launcher may use of the system, and neither a Maven nor a JDK. */
  private Path tools() throws IOException {
    Path tools = folder.resolve("tools");
    if (Files.exists(tools)) {
      return tools;
    }
    Files.createDirectories(tools);
    var names =
        List.of(
            "bash",
            "awk",
            "cat",
            "curl",
            "dirname",
            "find",
            "flock",
            "grep",
            "id",
            "mkdir",
            "mv",
            "readlink",
            "rm",
            "touch");
    for (var name : names) {
      for (var directory : List.of("/usr/bin", "/bin")) {
        Path tool = Path.of(directory, name);
        if (Files.exists(tool) && Files.notExists(tools.resolve(name))) {
          Files.createSymbolicLink(tools.resolve(name), tool);
        }
      }
    }
    return tools;
  }

  private record Said(int code, String out, String err) {}
}
