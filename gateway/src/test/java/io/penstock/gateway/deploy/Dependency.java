package io.penstock.gateway.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A jar of a Maven repository: what it is called there, its licence by its POM or that one's
 * parents, and its SHA-256.
 */
record Dependency(String coordinates, String file, String licence, String sha256)
    implements Comparable<Dependency> {
  private static final Pattern NAME = Pattern.compile("<name>\\s*(.*?)\\s*</name>");

  /** Of a path {@code REPOSITORY/org/group/artifact/version/artifact-version.jar}. */
  static Dependency of(Path jar, Path repository) throws IOException {
    Path version = Objects.requireNonNull(jar.getParent());
    Path artifact = Objects.requireNonNull(version.getParent());
    String group =
        repository
            .relativize(Objects.requireNonNull(artifact.getParent()))
            .toString()
            .replace('/', '.');
    return new Dependency(
        group + ':' + artifact.getFileName() + ':' + version.getFileName(),
        jar.getFileName().toString(),
        licence(
            repository, group, artifact.getFileName().toString(), version.getFileName().toString()),
        sha256(jar));
  }

  private static String licence(Path repository, String group, String artifact, String version)
      throws IOException {
    Path pom =
        repository.resolve(
            "%s/%s/%s/%s-%s.pom"
                .formatted(group.replace('.', '/'), artifact, version, artifact, version));
    if (!Files.exists(pom)) {
      return "unknown";
    }
    String text = Files.readString(pom);
    String licences = between(text, "<licenses>", "</licenses>");
    if (!licences.isEmpty()) {
      return NAME.matcher(licences)
          .results()
          .map(found -> spdx(found.group(1)))
          .distinct()
          .collect(Collectors.joining(" or "));
    }
    String parent = between(text, "<parent>", "</parent>");
    return parent.isEmpty()
        ? "unknown"
        : licence(
            repository,
            between(parent, "<groupId>", "</groupId>").strip(),
            between(parent, "<artifactId>", "</artifactId>").strip(),
            between(parent, "<version>", "</version>").strip());
  }

  private static String between(String text, String open, String close) {
    int from = text.indexOf(open);
    int to = from < 0 ? -1 : text.indexOf(close, from);
    return to < 0 ? "" : text.substring(from + open.length(), to);
  }

  /** POMs have a dozen ways to name one licence. */
  private static String spdx(String name) {
    String word = name.toLowerCase(Locale.ROOT);
    if (word.contains("apache")) {
      return "Apache-2.0";
    }
    if (word.contains("eclipse public")) {
      return "EPL-2.0";
    }
    if (word.contains("cc0")) {
      return "CC0-1.0";
    }
    return List.of("MIT License").contains(name) ? "MIT" : name;
  }

  private static String sha256(Path file) throws IOException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }

  String line() {
    return String.join(",", coordinates, file, licence, sha256);
  }

  @Override
  public int compareTo(Dependency other) {
    return line().compareTo(other.line());
  }
}
