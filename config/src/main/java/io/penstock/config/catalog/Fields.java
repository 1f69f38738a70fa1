package io.penstock.config.catalog;

import io.penstock.config.Nearest;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One YAML mapping, read by typed getters whose errors name the path. A key is known because it is
 * asked for: {@link #done} refuses the others.
 */
final class Fields {
  private final String path;
  private final String key;
  private final Map<String, Object> values;
  private final Map<String, Fields> children = new HashMap<>();
  private final Set<String> asked = new TreeSet<>();

  private Fields(String path, String key, Map<String, Object> values) {
    this.path = path;
    this.key = key;
    this.values = values;
  }

  static Fields of(String path, @Nullable Object yaml) {
    return of(path, path, yaml);
  }

  private static Fields of(String path, String key, @Nullable Object yaml) {
    if (yaml == null) {
      return new Fields(path, key, Map.of());
    }
    if (!(yaml instanceof Map<?, ?> map)) {
      throw new IllegalArgumentException(path + ": must be a mapping");
    }
    Map<String, Object> values = new LinkedHashMap<>();
    map.forEach((name, value) -> values.put(String.valueOf(name), value));
    return new Fields(path, key, values);
  }

  /** These and those of {@code base} that are not here, mappings in them likewise. */
  Fields over(Fields base) {
    Map<String, Object> both = new LinkedHashMap<>(base.values);
    values.forEach((name, value) -> {
      boolean mappings = value instanceof Map<?, ?> && base.values.get(name) instanceof Map<?, ?>;
      both.put(name, mappings ? of("", value).over(of("", base.values.get(name))).values : value);
    });
    return new Fields(path, key, both);
  }

  /** The same without a key. */
  Fields without(String name) {
    Map<String, Object> others = new LinkedHashMap<>(values);
    others.remove(name);
    return new Fields(path, key, others);
  }

  /** Refuses keys that nobody asked for, here and below. */
  void done() {
    doneHere();
    children.values().forEach(Fields::done);
  }

  /** Refuses keys of this mapping itself that nobody asked for. */
  void doneHere() {
    for (String name : values.keySet()) {
      if (!asked.contains(name)) {
        throw new IllegalArgumentException(
            pathOf(name) + ": is not a known key: " + Nearest.hint(name, asked));
      }
    }
  }

  /** Tells of the keys that this and the mappings below know; {@code kind} is this one's. */
  void tell(String kind, BiConsumer<String, Set<String>> keysSeen) {
    keysSeen.accept(kind, asked);
    children.forEach((name, child) -> {
      String below = kind + "." + name;
      if (name.equals("on")) {
        child.children.values().forEach(each -> each.tell(below + ".*", keysSeen));
      } else {
        child.tell(below, keysSeen);
      }
    });
  }

  /** All of it, as it was read. */
  Map<String, Object> values() {
    return values;
  }

  String path() {
    return path;
  }

  /** The key that leads here. */
  String key() {
    return key;
  }

  Set<String> keys() {
    asked.addAll(values.keySet());
    return values.keySet();
  }

  boolean has(String key) {
    asked.add(key);
    return values.get(key) != null;
  }

  Fields child(String name) {
    asked.add(name);
    return children.computeIfAbsent(name, _ -> of(pathOf(name), name, values.get(name)));
  }

  double number(String key) {
    return number(key, Double.NaN);
  }

  double number(String key, double otherwise) {
    asked.add(key);
    Object value = values.get(key);
    double number =
        switch (value) {
          case null -> otherwise;
          case Number n -> n.doubleValue();
          case String text -> parse(key, text);
          default -> throw refusal(key, "a number");
        };
    if (Double.isNaN(number)) {
      throw refusal(key, "a number");
    }
    return number;
  }

  private double parse(String key, String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException _) {
      throw refusal(key, "a number");
    }
  }

  int whole(String key) {
    return toWhole(key, number(key));
  }

  int whole(String key, int otherwise) {
    return toWhole(key, number(key, otherwise));
  }

  private int toWhole(String key, double number) {
    if (number != Math.rint(number) || Math.abs(number) > Integer.MAX_VALUE) {
      throw refusal(key, "a whole number");
    }
    return (int) number;
  }

  boolean truth(String key, boolean otherwise) {
    asked.add(key);
    return switch (values.get(key)) {
      case null -> otherwise;
      case Boolean truth -> truth;
      default -> throw refusal(key, "true or false");
    };
  }

  String text(String key, String otherwise) {
    asked.add(key);
    Object value = values.get(key);
    return value == null ? otherwise : String.valueOf(value);
  }

  List<String> texts(String key) {
    asked.add(key);
    return switch (values.get(key)) {
      case null -> List.of();
      case List<?> list -> list.stream().map(String::valueOf).toList();
      default -> throw refusal(key, "a list");
    };
  }

  private IllegalArgumentException refusal(String key, String what) {
    Object value = values.get(key);
    return new IllegalArgumentException(
        pathOf(key)
            + (value == null
                ? ": is missing: write " + what
                : ": must be " + what + ", not " + value));
  }

  private String pathOf(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
