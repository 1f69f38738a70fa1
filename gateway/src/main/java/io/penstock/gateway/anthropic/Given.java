package io.penstock.gateway.anthropic;

import io.vertx.core.json.JsonObject;

/**
 * A member of what a provider sent, where it is of the type that it should be: one that is null, or
 * of another type, is as good as none.
 */
final class Given {
  private Given() {}

  static String text(JsonObject in, String key, String otherwise) {
    return in.getValue(key) instanceof String text ? text : otherwise;
  }

  static JsonObject object(JsonObject in, String key) {
    return in.getValue(key) instanceof JsonObject object ? object : new JsonObject();
  }
}
