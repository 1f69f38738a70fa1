package io.penstock.config;

/**
 * One thing that is wrong with a config, or that deserves a second look.
 *
 * @param file as the operator named it
 * @param line from 1; 0 where the whole file is meant
 * @param column from 1; 0 where the whole file is meant
 * @param path the keys from the root, as {@code tiers.free.limits.requests}; empty for the root
 * @param message what is wrong and what to write instead
 */
public record ConfigProblem(String file, int line, int column, String path, String message) {

  /** One line: {@code config/penstock.yaml:41:12: tiers.free.limits.requests: ...}. */
  @Override
  public String toString() {
    var text = new StringBuilder(file);
    if (line > 0) {
      text.append(':').append(line).append(':').append(column);
    }
    if (!path.isEmpty()) {
      text.append(": ").append(path);
    }
    return text.append(": ").append(message).toString();
  }
}
