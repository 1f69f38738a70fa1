package io.penstock.loadtest.modelserver;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A JSON body whose fields are read with their types checked; a wrong one is thrown as {@link
 * ApiError.Refused}.
 */
final class Fields {
  private final JsonObject json;

  private Fields(JsonObject json) {
    this.json = json;
  }

  static Fields of(Buffer body) {
    try {
      return new Fields(new JsonObject(body));
    } catch (DecodeException | ClassCastException _) {
      throw ApiError.invalid("json_invalid", "1", "JSON decode error").thrown();
    }
  }

  /** Null where the field is absent or null. */
  @Nullable Object value(String name) {
    return json.getValue(name);
  }

  Object required(String name) {
    if (!json.containsKey(name)) {
      throw ApiError.invalid("missing", name, "Field required").thrown();
    }
    Object value = json.getValue(name);
    if (value == null) {
      throw ApiError.invalid("list_type", name, "Input should be a valid list").thrown();
    }
    return value;
  }

  @Nullable String string(String name) {
    return switch (value(name)) {
      case null -> null;
      case String text -> text;
      default ->
          throw ApiError.invalid("string_type", name, "Input should be a valid string").thrown();
    };
  }

  boolean flag(String name, boolean otherwise) {
    return switch (value(name)) {
      case null -> otherwise;
      case Boolean flag -> flag;
      default ->
          throw ApiError.invalid(
                  "bool_parsing",
                  name,
                  "Input should be a valid boolean, unable to interpret input")
              .thrown();
    };
  }

  long whole(String name, long otherwise) {
    return switch (value(name)) {
      case null -> otherwise;
      case Integer number -> number;
      case Long number -> number;
      default ->
          throw ApiError.invalid("int_type", name, "Input should be a valid integer").thrown();
    };
  }

  int atLeast(String name, int least, int otherwise) {
    long number = whole(name, otherwise);
    if (value(name) != null && number < least) {
      throw ApiError.badRequest(name + " must be at least " + least + ", got " + number + ".", name)
          .thrown();
    }
    return (int) Math.min(number, Integer.MAX_VALUE);
  }

  void checkRange(String name, double least, double most) {
    switch (value(name)) {
      case null -> {}
      case Number number when number.doubleValue() >= least && number.doubleValue() <= most -> {}
      case Number number ->
          throw ApiError.badRequest(
                  name + " must be in [" + least + ", " + most + "], got " + number + ".", name)
              .thrown();
      default ->
          throw ApiError.invalid("float_type", name, "Input should be a valid number").thrown();
    }
  }

  @Nullable JsonObject object(String name) {
    return switch (value(name)) {
      case null -> null;
      case JsonObject object -> object;
      default ->
          throw ApiError.invalid("dict_type", name, "Input should be a valid dictionary").thrown();
    };
  }

  List<JsonObject> objects(String name) {
    return switch (value(name)) {
      case null -> List.of();
      case JsonArray array -> objects(name, array);
      default -> throw ApiError.invalid("list_type", name, "Input should be a valid list").thrown();
    };
  }

  private static List<JsonObject> objects(String name, JsonArray array) {
    List<JsonObject> objects = new ArrayList<>(array.size());
    for (Object element : array) {
      if (!(element instanceof JsonObject object)) {
        throw ApiError.invalid("dict_type", name, "Input should be a valid dictionary").thrown();
      }
      objects.add(object);
    }
    return objects;
  }

  /** A string, or a list of strings. */
  List<String> strings(String name) {
    return switch (value(name)) {
      case null -> List.of();
      case String one -> List.of(one);
      case JsonArray many -> many.stream().map(String::valueOf).toList();
      default ->
          throw ApiError.invalid("string_type", name, "Input should be a valid string").thrown();
    };
  }
}
