package io.penstock.gateway.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every jar that is on the class path here, and so every one that ships, is in the list that was
 * looked at: none comes in by a version that moved, by what a dependency brings, or under the name
 * of another. {@code -Dpenstock.docs=write} writes the list anew.
 */
final class DependenciesTest {
  private static final Path LIST =
      Deploy.DIRECTORY.resolveSibling("docs").resolve("dependencies.csv");
  private static final String HEADER = "coordinates,file,licence,sha256";

  /** What may be linked into a program under Apache-2.0 without more than naming it. */
  private static final Set<String> LICENCES =
      Set.of(
          "Apache-2.0",
          "MIT",
          "MIT-0",
          "BSD",
          "BSD-2-Clause",
          "BSD-3-Clause",
          "CC0-1.0 or BSD-2-Clause",
          "Apache-2.0 or BSD",
          "Apache-2.0 or EPL-2.0",
          "EPL-2.0");

  @Test
  void jars_areThoseOfTheList_toTheByte() throws IOException {
    List<String> jars = new ArrayList<>(List.of(HEADER));
    jars().map(Dependency::line).forEach(jars::add);
    if ("write".equals(System.getProperty("penstock.docs"))) {
      Files.write(LIST, jars);
      return;
    }
    assertThat(jars)
        .as(
            "look at what is new or has changed; then mvn -pl gateway -am test"
                + " -Dtest=DependenciesTest -Dpenstock.docs=write")
        .isEqualTo(Files.readAllLines(LIST));
  }

  @Test
  void licences_areOnesThatApacheTwoGoesWith() throws IOException {
    assertThat(jars().map(Dependency::licence)).isNotEmpty().allMatch(LICENCES::contains);
  }

  private static Stream<Dependency> jars() throws IOException {
    var all = new ArrayList<Dependency>();
    for (String entry :
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
            .split(":")) {
      Path jar = Path.of(entry);
      if (entry.endsWith(".jar")
          && !jar.endsWith(Path.of("target", jar.getFileName().toString()))
          && !jar.getFileName().toString().contains("surefire")) {
        all.add(Dependency.of(jar, repository(jar)));
      }
    }
    return all.stream().sorted().distinct();
  }

  /** The folder in which a group begins; Maven's own is called so by default. */
  private static Path repository(Path jar) {
    String configured =
        System.getProperty("maven.repo.local", System.getProperty("localRepository"));
    if (configured != null) {
      return Path.of(configured);
    }
    for (Path at = jar; at != null; at = at.getParent()) {
      if (at.endsWith("repository")) {
        return at;
      }
    }
    throw new AssertionError(jar + " is in no Maven repository");
  }
}
