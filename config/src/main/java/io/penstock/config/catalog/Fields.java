package io.penstock.config.catalog;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One YAML mapping, read by typed getters whose errors name the path. */
final class Fields {
  private final String path;
  private final String key;
  private final Map<String, Object> values;

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

  String path() {
    return path;
  }

  /** The key that leads here. */
  String key() {
    return key;
  }

  Iterable<String> keys() {
    return values.keySet();
  }

  boolean has(String key) {
    return values.get(key) != null;
  }

  Fields child(String name) {
    return of(pathOf(name), name, values.get(name));
  }

  double number(String key) {
    return number(key, Double.NaN);
  }

  double number(String key, double otherwise) {
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
    return switch (values.get(key)) {
      case null -> otherwise;
      case Boolean truth -> truth;
      default -> throw refusal(key, "true or false");
    };
  }

  String text(String key, String otherwise) {
    Object value = values.get(key);
    return value == null ? otherwise : String.valueOf(value);
  }

  List<String> texts(String key) {
    return switch (values.get(key)) {
      case null -> List.of();
      case List<?> list -> list.stream().map(String::valueOf).toList();
      default -> throw refusal(key, "a list");
    };
  }

  private IllegalArgumentException refusal(String key, String what) {
    return new IllegalArgumentException(
        pathOf(key) + ": must be " + what + ", not " + values.get(key));
  }

  private String pathOf(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
