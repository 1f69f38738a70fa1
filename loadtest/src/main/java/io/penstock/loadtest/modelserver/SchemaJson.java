package io.penstock.loadtest.modelserver;

import io.penstock.loadtest.text.Dice;
import io.penstock.loadtest.text.Words;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A value that fits a JSON Schema: the common keywords only, and deterministic from the dice. */
final class SchemaJson {
  private static final int MAX_DEPTH = 8;

  private final Dice dice;
  private final JsonObject root;

  SchemaJson(Dice dice, JsonObject root) {
    this.dice = dice;
    this.root = root;
  }

  /** What a model says when it is asked for some JSON object. */
  static JsonObject object(Dice dice) {
    return new JsonObject()
        .put("answer", Words.some(dice, 4 + dice.below(8)))
        .put("confidence", Math.round(dice.fraction() * 100) / 100.0)
        .put("tags", new JsonArray().add(Words.some(dice, 1)).add(Words.some(dice, 1)))
        .put("final", dice.chance(0.5));
  }

  JsonObject rootObject() {
    return value(root, 0) instanceof JsonObject object ? object : new JsonObject();
  }

  @Nullable Object value() {
    return value(root, 0);
  }

  private @Nullable Object value(JsonObject schema, int depth) {
    if (schema.containsKey("const")) {
      return schema.getValue("const");
    }
    if (schema.getValue("enum") instanceof JsonArray values && !values.isEmpty()) {
      return values.getValue(dice.below(values.size()));
    }
    var branch = branch(schema);
    if (branch != null) {
      return depth > MAX_DEPTH ? null : value(branch, depth + 1);
    }
    return switch (type(schema)) {
      case "object" -> object(schema, depth);
      case "array" -> array(schema, depth);
      case "integer" -> integer(schema);
      case "number" -> Math.round((bound(schema, "minimum", 0) + dice.fraction()) * 100) / 100.0;
      case "boolean" -> dice.chance(0.5);
      case "null" -> null;
      default -> string(schema);
    };
  }

  private @Nullable JsonObject branch(JsonObject schema) {
    if (schema.getValue("$ref") instanceof String reference) {
      return resolve(reference);
    }
    for (String key : List.of("anyOf", "oneOf", "allOf")) {
      if (schema.getValue(key) instanceof JsonArray any
          && !any.isEmpty()
          && any.getValue(0) instanceof JsonObject first) {
        return first;
      }
    }
    return null;
  }

  private @Nullable JsonObject resolve(String reference) {
    JsonObject at = root;
    for (String step : reference.replaceFirst("^#/?", "").split("/")) {
      if (!(at.getValue(step) instanceof JsonObject next)) {
        return step.isEmpty() ? at : null;
      }
      at = next;
    }
    return at;
  }

  private static String type(JsonObject schema) {
    return switch (schema.getValue("type")) {
      case String type -> type;
      case JsonArray types when !types.isEmpty() -> String.valueOf(types.getValue(0));
      case null, default ->
          schema.containsKey("properties")
              ? "object"
              : schema.containsKey("items") ? "array" : "string";
    };
  }

  private JsonObject object(JsonObject schema, int depth) {
    var object = new JsonObject();
    if (depth <= MAX_DEPTH && schema.getValue("properties") instanceof JsonObject properties) {
      for (String name : properties.fieldNames()) {
        object.put(
            name,
            value(
                properties.getValue(name) instanceof JsonObject inner ? inner : new JsonObject(),
                depth + 1));
      }
    }
    return object;
  }

  private JsonArray array(JsonObject schema, int depth) {
    var array = new JsonArray();
    int size =
        (int)
            Math.max(
                bound(schema, "minItems", 1),
                Math.min(bound(schema, "maxItems", 3), 1 + dice.below(3)));
    var items = schema.getValue("items") instanceof JsonObject inner ? inner : new JsonObject();
    for (int i = 0; depth <= MAX_DEPTH && i < size; i++) {
      array.add(value(items, depth + 1));
    }
    return array;
  }

  private long integer(JsonObject schema) {
    long least = (long) bound(schema, "minimum", 0);
    long most = (long) bound(schema, "maximum", least + 100d);
    return least + dice.below(Math.clamp(most - least + 1, 1, 1_000_000));
  }

  private String string(JsonObject schema) {
    return switch (String.valueOf(schema.getValue("format"))) {
      case "date" -> "2024-0%d-1%d".formatted(1 + dice.below(9), dice.below(10));
      case "date-time" -> "2024-0%d-1%dT12:00:00Z".formatted(1 + dice.below(9), dice.below(10));
      case "email" -> "someone@example.com";
      case "uri" -> "https://example.com/";
      default -> Words.some(dice, 1 + dice.below(4));
    };
  }

  private static double bound(JsonObject schema, String key, double otherwise) {
    return schema.getValue(key) instanceof Number number ? number.doubleValue() : otherwise;
  }
}
