package io.penstock.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Where everything in a file is written, and what is wrong with it. A value is complained about
 * once, and nothing below it: what follows from the first error would only hide the others.
 */
public final class Problems {
  /** A position, from 1. */
  private record Place(int line, int column) {}

  private static final Pattern CONTROLS = Pattern.compile("[\\p{Cntrl}\\u2028\\u2029]+");

  private static final Comparator<ConfigProblem> IN_FILE_ORDER =
      Comparator.comparingInt(ConfigProblem::line).thenComparingInt(ConfigProblem::column);

  private final String file;
  private final Map<String, Place> places = new HashMap<>();
  private final Set<String> faulty = new HashSet<>();
  private final List<ConfigProblem> errors = new ArrayList<>();
  private final List<ConfigProblem> warnings = new ArrayList<>();

  public Problems(String file) {
    this.file = file;
  }

  void place(String path, Node node) {
    node.getStartMark().ifPresent(mark -> places.put(path, place(mark)));
  }

  public void error(String path, String message) {
    if (!inFault(path)) {
      faulty.add(path);
      errors.add(at(placeOf(path), path, message));
    }
  }

  /** An error at a place that is no value's: a key, a torn line. */
  void error(Mark mark, String path, String message) {
    errors.add(at(place(mark), path, message));
  }

  public void warn(String path, String message) {
    warnings.add(at(placeOf(path), path, message));
  }

  public boolean none() {
    return errors.isEmpty();
  }

  public List<ConfigProblem> errors() {
    return errors.stream().sorted(IN_FILE_ORDER).toList();
  }

  public List<ConfigProblem> warnings() {
    return warnings.stream().sorted(IN_FILE_ORDER).toList();
  }

  private ConfigProblem at(Place place, String path, String message) {
    return new ConfigProblem(file, place.line(), place.column(), path, onOneLine(message));
  }

  /** A name in a message is as the file has it, and may hold an end of line. */
  private static String onOneLine(String message) {
    return CONTROLS.matcher(message).replaceAll(" ");
  }

  private static Place place(Mark mark) {
    return new Place(mark.getLine() + 1, mark.getColumn() + 1);
  }

  /** The place of a path, or of the nearest thing around it that was written. */
  private Place placeOf(String path) {
    String around = path;
    while (!places.containsKey(around) && !around.isEmpty()) {
      around = above(around);
    }
    return places.getOrDefault(around, new Place(0, 0));
  }

  /** Whether something below a path was complained about. */
  boolean spoiled(String path) {
    return faulty.stream().anyMatch(each -> each.startsWith(path + "."));
  }

  private boolean inFault(String path) {
    for (String above = path; !above.isEmpty(); above = above(above)) {
      if (faulty.contains(above)) {
        return true;
      }
    }
    return false;
  }

  private static String above(String path) {
    int end = path.endsWith("]") ? path.lastIndexOf('[') : path.lastIndexOf('.');
    return path.substring(0, Math.max(0, end));
  }
}
