package io.penstock.gateway.whatif;

import io.vertx.core.json.JsonObject;
import java.util.Objects;
import java.util.Set;

/** A part of a question: its members, read with their bounds. Throws with one line. */
record Field(String path, JsonObject json) {

  static Field of(JsonObject root) {
    return new Field("", root);
  }

  /** A member that is an object; an empty one where there is none. */
  Field object(String name) {
    Object value = json.getValue(name);
    return switch (value) {
      case null -> new Field(below(name), new JsonObject());
      case JsonObject object -> new Field(below(name), object);
      default -> throw refusal(name, "an object");
    };
  }

  double number(String name, double otherwise, double least, double most) {
    Object value = json.getValue(name);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Number number
        && number.doubleValue() >= least
        && number.doubleValue() <= most) {
      return number.doubleValue();
    }
    throw refusal(name, "a number from " + plain(least) + " to " + plain(most));
  }

  int count(String name, int otherwise, int least, int most) {
    double value = number(name, otherwise, least, most);
    if (value != Math.rint(value)) {
      throw refusal(name, "a whole number");
    }
    return (int) value;
  }

  String text(String name, String otherwise) {
    Object value = Objects.requireNonNullElse(json.getValue(name), otherwise);
    if (value instanceof String text && text.length() <= 100) {
      return text;
    }
    throw refusal(name, "a short text");
  }

  /** Refuses members that nobody reads. */
  void only(Set<String> known) {
    for (String name : json.fieldNames()) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            below(name)
                + " means nothing here; known are "
                + String.join(", ", known.stream().sorted().toList()));
      }
    }
  }

  private IllegalArgumentException refusal(String name, String expected) {
    return new IllegalArgumentException(below(name) + " must be " + expected);
  }

  private String below(String name) {
    return path.isEmpty() ? name : path + '.' + name;
  }

  private static String plain(double value) {
    return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
  }
}
