package io.penstock.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** A file that holds a pool's servers: the list that {@code backends} takes, in YAML or JSON. */
public final class BackendsFile {
  private static final String INSTEAD = "write [{id: NAME, url: \"http://HOST:PORT\"}]";

  private BackendsFile() {}

  /** What a file holds. */
  public sealed interface Read {

    /**
     * The servers.
     *
     * @param list may be empty: the file says that there are none
     */
    record Servers(List<Pool.Backend> list) implements Read {}

    /**
     * No list that can be used.
     *
     * @param problems at least one, in the file's order
     */
    record Unusable(List<ConfigProblem> problems) implements Read {}
  }

  /**
   * Reads it.
   *
   * @param environment the value of a variable, null where it is not set
   */
  public static Read read(Path file, Function<String, @Nullable String> environment) {
    var problems = new Problems(file.toString());
    Path base = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(file);
    var reading = new Reading(problems, environment, base, (_, _) -> {});
    Optional<List<Pool.Backend>> list =
        ConfigFile.contents(file, problems)
            .filter(text -> written(text, problems))
            .flatMap(text -> new YamlText(file.toString(), text, problems).compose())
            .map(root -> backends(reading, root));
    return problems.none() && list.isPresent()
        ? new Read.Servers(list.get())
        : new Read.Unusable(problems.errors());
  }

  private static boolean written(String text, Problems problems) {
    if (text.isBlank()) {
      problems.error("", "is empty: " + INSTEAD + ", or [] for none");
    }
    return !text.isBlank();
  }

  private static List<Pool.Backend> backends(Reading reading, Node root) {
    List<Pool.Backend> found = new ArrayList<>();
    if (!(root instanceof SequenceNode list)) {
      reading.problems().place("", root);
      reading.problems().error("", "is no list: " + INSTEAD);
      return found;
    }
    Set<String> ids = new HashSet<>();
    for (Node item : list.getValue()) {
      String at = "[" + found.size() + "]";
      var section = new Section(reading, at, "discovered[]", item);
      Optional<Pool.Backend> backend = PoolBinding.backend(reading, section);
      if (backend.isEmpty()) {
        return found;
      }
      if (!ids.add(backend.get().id())) {
        section.complain(section.below("id"), "is written twice: write each once");
      }
      found.add(backend.get());
    }
    return found;
  }
}
