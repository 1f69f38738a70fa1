package io.penstock.config.catalog;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Things by name or by an alias; case does not matter, underscores are hyphens.
 *
 * @param <T> what is named
 */
public final class Names<T> {
  private final String kind;
  private final Map<String, T> byName;
  private final Map<String, String> nameBySpelling = new LinkedHashMap<>();

  /**
   * @param kind what a name stands for, in errors
   * @param byName the things
   * @param aliases further spellings of each name
   */
  Names(String kind, Map<String, T> byName, Map<String, List<String>> aliases) {
    this.kind = kind;
    this.byName = new LinkedHashMap<>(byName);
    aliases.forEach(
        (name, spellings) -> spellings.forEach(s -> nameBySpelling.put(spelling(s), name)));
    byName.keySet().forEach(name -> nameBySpelling.put(spelling(name), name));
  }

  /** What {@code name} stands for. */
  public Optional<T> find(String name) {
    var known = nameBySpelling.get(spelling(name));
    return known == null ? Optional.empty() : Optional.ofNullable(byName.get(known));
  }

  /** The catalogue's own spelling of {@code name}. */
  Optional<String> spelled(String name) {
    return Optional.ofNullable(nameBySpelling.get(spelling(name)));
  }

  /** What {@code name} stands for; throws with one line that has the nearest known name. */
  public T get(String name) {
    return find(name).orElseThrow(() -> new IllegalArgumentException(unknown(name)));
  }

  /** The line for a name that nobody knows. */
  public String unknown(String name) {
    return "no " + kind + " is called " + name + "; the nearest is " + nearest(name);
  }

  /** The known name that takes the fewest edits from {@code name}. */
  public String nearest(String name) {
    String wanted = spelling(name);
    String best = "";
    int fewest = Integer.MAX_VALUE;
    for (var known : nameBySpelling.entrySet()) {
      int edits = edits(wanted, known.getKey());
      if (edits < fewest) {
        fewest = edits;
        best = known.getValue();
      }
    }
    return best;
  }

  /** All names, in the catalogue's order, without aliases. */
  public Set<String> names() {
    return Set.copyOf(byName.keySet());
  }

  /** The same names for something that each thing has. */
  <U> Names<U> map(Function<T, U> part) {
    Map<String, U> parts = new LinkedHashMap<>();
    byName.forEach((name, thing) -> parts.put(name, part.apply(thing)));
    var mapped = new Names<>(kind, parts, Map.of());
    mapped.nameBySpelling.putAll(nameBySpelling);
    return mapped;
  }

  /** These and {@code others}, which win where both have a name. */
  Names<T> plus(Names<T> others) {
    var both = new Names<>(kind, byName, Map.of());
    both.nameBySpelling.putAll(nameBySpelling);
    both.byName.putAll(others.byName);
    both.nameBySpelling.putAll(others.nameBySpelling);
    return both;
  }

  private static String spelling(String name) {
    return name.strip().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Levenshtein's distance. */
  private static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
