package io.penstock.config;

import java.util.Iterator;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** A YAML text as its nodes, with bounds on what a text may make of itself. */
public final class YamlText {
  static final int MAX_BYTES = 1 << 20;
  private static final int MAX_DEPTH = 32;
  private static final int MAX_ALIASES = 50;

  private final String text;
  private final Problems problems;
  private final LoadSettings settings;

  public YamlText(String file, String text, Problems problems) {
    this.text = text.startsWith("\uFEFF") ? text.substring(1) : text;
    this.problems = problems;
    this.settings =
        LoadSettings.builder()
            .setLabel(file)
            .setSchema(new CoreSchema())
            .setAllowDuplicateKeys(true)
            .setAllowNonScalarKeys(true)
            .setMaxAliasesForCollections(MAX_ALIASES)
            .setCodePointLimit(MAX_BYTES)
            .build();
  }

  /** Whether a scalar is text; the parser has a tag of its own for {@code ${NAME}}. */
  static boolean isText(ScalarNode scalar) {
    return scalar.getTag().equals(Tag.STR) || scalar.getTag().equals(Tag.ENV_TAG);
  }

  /** The one document's root; empty, and complained about, where there is none. */
  public Optional<Node> compose() {
    if (text.length() > MAX_BYTES) {
      problems.error("", "is over 1 MiB: a config is not that large");
      return Optional.empty();
    }
    try {
      return shallow()
          ? document(new Compose(settings).composeAllFromString(text).iterator())
          : Optional.empty();
    } catch (MarkedYamlEngineException torn) {
      torn(torn);
    } catch (YamlEngineException unreadable) {
      problems.error("", "is not YAML: " + firstLine(unreadable.getMessage()));
    }
    return Optional.empty();
  }

  private Optional<Node> document(Iterator<Node> documents) {
    if (!documents.hasNext()) {
      problems.error("", "is empty: write at least tiers and pools");
      return Optional.empty();
    }
    Node root = documents.next();
    if (documents.hasNext()) {
      problems.error("", "holds more than one document: take out the lines that are only ---");
      return Optional.empty();
    }
    return Optional.of(root);
  }

  /**
   * The composer calls itself for every level; a text of brackets alone would overrun its stack.
   */
  private boolean shallow() {
    int depth = 0;
    for (Event event : new Parse(settings).parseString(text)) {
      if (event instanceof CollectionStartEvent) {
        depth++;
      } else if (event instanceof CollectionEndEvent) {
        depth--;
      }
      if (depth > MAX_DEPTH) {
        event
            .getStartMark()
            .ifPresent(mark ->
                problems.error(mark, "", "is nested over 32 levels deep: no key is that deep"));
        return false;
      }
    }
    return true;
  }

  private void torn(MarkedYamlEngineException torn) {
    String problem = firstLine(torn.getProblem());
    torn.getProblemMark()
        .or(torn::getContextMark)
        .ifPresentOrElse(
            mark -> problems.error(mark, "", "is not YAML: " + problem + hint(mark.getLine())),
            () -> problems.error("", "is not YAML: " + problem));
  }

  /** The slip that everybody makes once: a brace in braces. */
  private String hint(int line) {
    return text.lines()
            .skip(Math.max(0, line - 1))
            .limit(2)
            .anyMatch(near -> near.matches(".*[{,\\[][^\"']*: *\\$\\{.*"))
        ? ": put ${NAME} in quotes where it stands inside { }"
        : "";
  }

  private static String firstLine(@org.jspecify.annotations.Nullable String message) {
    return message == null
        ? "cannot be read"
        : message.lines().findFirst().orElse("cannot be read").strip();
  }
}
