package io.penstock.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The schema as it is shipped: what it accepts, and what its sections are. */
final class Schema {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNode ROOT = json(Configs.shipped("penstock.schema.json"));
  private static final JsonSchema VALIDATOR =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(ROOT);

  private Schema() {}

  /** What the schema has against a YAML text; a text that is no YAML is no config to it, either. */
  static List<String> against(String yaml) {
    return VALIDATOR.validate(asJson(yaml)).stream().map(Object::toString).toList();
  }

  /** The sections by kind, as {@link Reading#keysSeen} calls them, in the schema's order. */
  static Map<String, JsonNode> sections() {
    var sections = new LinkedHashMap<String, JsonNode>();
    collect("", ROOT, sections);
    return sections;
  }

  private static void collect(String kind, JsonNode written, Map<String, JsonNode> sections) {
    JsonNode schema = resolved(written);
    if (schema.has("properties")) {
      sections.put(kind, schema);
      String before = kind.isEmpty() ? "" : kind + ".";
      schema
          .get("properties")
          .properties()
          .forEach(property -> collect(before + property.getKey(), property.getValue(), sections));
    }
    if (schema.path("additionalProperties").isObject()) {
      collect(kind + ".*", schema.get("additionalProperties"), sections);
    }
    if (schema.has("items")) {
      collect(kind + "[]", schema.get("items"), sections);
    }
  }

  /** What a {@code $ref} stands for. */
  static JsonNode resolved(JsonNode schema) {
    return schema.has("$ref") ? ROOT.at(schema.get("$ref").asText().substring(1)) : schema;
  }

  static JsonNode definitions() {
    return ROOT.get("$defs");
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException wrong) {
      throw new IllegalArgumentException(wrong);
    }
  }

  private static JsonNode asJson(String yaml) {
    return new YamlText("test", yaml, new Problems("test"))
        .compose()
        .flatMap(JsonText::of)
        .map(Schema::json)
        .orElse(MissingNode.getInstance());
  }
}
