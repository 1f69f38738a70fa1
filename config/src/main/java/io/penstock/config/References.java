package io.penstock.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code ${NAME}}, {@code ${NAME:-otherwise}} and {@code file:PATH} in the file's texts. What they
 * stand for may be secret, so that no message here shows more than the reference itself.
 */
final class References {
  private static final Pattern REFERENCE =
      Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)(?:(:-)([^{}]*))?}");
  private static final String FILE = "file:";
  private static final long MAX_SECRET_BYTES = 64 << 10;

  private final Reading reading;

  References(Reading reading) {
    this.reading = reading;
  }

  static boolean within(String text) {
    return text.contains("${");
  }

  /** Whether a text is one reference and nothing else, and gives nothing away. */
  static boolean whole(String text) {
    Matcher found = REFERENCE.matcher(text);
    return found.matches() && (found.group(3) == null || found.group(3).isEmpty());
  }

  /** The text with every reference replaced; empty, and complained about, where one cannot be. */
  Optional<String> expand(String path, String text) {
    if (within(REFERENCE.matcher(text).replaceAll(""))) {
      reading
          .problems()
          .error(path, Notation.quote(text) + " holds a torn reference: write ${NAME}");
      return Optional.empty();
    }
    Optional<String> unset =
        REFERENCE
            .matcher(text)
            .results()
            .filter(found -> found.group(2) == null && variable(found.group(1)).isEmpty())
            .map(found -> found.group(1))
            .findFirst();
    unset.ifPresent(name -> reading.problems().error(path, unset(name)));
    return unset.isPresent() ? Optional.empty() : Optional.of(replaced(text));
  }

  /**
   * A credential: a whole {@code ${NAME}} or {@code file:PATH}, never written in the clear. Empty
   * where it cannot be had, and also for {@code ${NAME:-}} whose variable is not set, which is what
   * {@code leftOut} is then told.
   */
  Optional<String> credential(String path, String text, Runnable leftOut) {
    if (text.startsWith(FILE)) {
      return contents(path, text.substring(FILE.length()));
    }
    Matcher found = REFERENCE.matcher(text);
    if (!whole(text) || !found.matches()) {
      reading.problems().error(path, "stands in the clear: write ${ENV_NAME} or file:PATH instead");
      return Optional.empty();
    }
    if (found.group(2) != null && variable(found.group(1)).isEmpty()) {
      leftOut.run();
      return Optional.empty();
    }
    return expand(path, text).map(String::strip);
  }

  private Optional<String> contents(String path, String file) {
    Function<String, Optional<String>> fail =
        why -> {
          reading.problems().error(path, Notation.quote(FILE + file) + " " + why);
          return Optional.empty();
        };
    try {
      Path source = reading.base().resolve(file);
      if (!Files.isRegularFile(source)) {
        return fail.apply("is no file: write the path of a file that holds the secret");
      }
      if (Files.size(source) > MAX_SECRET_BYTES) {
        return fail.apply("is over 64 KiB: write the path of a file that holds the secret alone");
      }
      String secret = Files.readString(source, StandardCharsets.UTF_8).strip();
      return secret.isEmpty()
          ? fail.apply("is empty: write the secret into it")
          : Optional.of(secret);
    } catch (IOException | InvalidPathException unreadable) {
      return fail.apply("cannot be read (" + unreadable.getClass().getSimpleName() + ")");
    }
  }

  private String replaced(String text) {
    return REFERENCE
        .matcher(text)
        .replaceAll(found ->
            Matcher.quoteReplacement(
                variable(found.group(1))
                    .orElseGet(() -> found.group(3) == null ? "" : found.group(3))));
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(reading.environment().apply(name)).filter(text -> !text.isBlank());
  }

  private static String unset(String name) {
    return "the environment has no " + name + ": set that variable";
  }
}
