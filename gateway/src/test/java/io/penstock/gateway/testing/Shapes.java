package io.penstock.gateway.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The shapes that the OpenAI API publishes for its answers, our own few schemas of them; and that
 * of a dry run.
 */
public enum Shapes {
  CHAT,
  CHATCHUNK,
  COMPLETION,
  EMBEDDINGS,
  MODEL,
  MODELS,
  ERROR,
  DRYRUN;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<Shapes, JsonSchema> SCHEMAS = new EnumMap<>(Shapes.class);

  static {
    var factory = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
    for (var shape : values()) {
      var root = JSON.createObjectNode();
      root.put("$ref", "#/$defs/" + shape.definition());
      root.set("$defs", definitions(shape == DRYRUN ? "dry-run" : "openai"));
      SCHEMAS.put(shape, factory.getSchema(root));
    }
  }

  private static JsonNode definitions(String file) {
    try (var in = Shapes.class.getResourceAsStream("/schema/" + file + ".json")) {
      return JSON.readTree(in).path("$defs");
    } catch (IOException torn) {
      throw new UncheckedIOException(torn);
    }
  }

  private String definition() {
    return switch (this) {
      case CHATCHUNK -> "chatChunk";
      case DRYRUN -> "dryRun";
      default -> name().toLowerCase(Locale.ROOT);
    };
  }

  /** Fails with every difference. */
  public JsonNode check(String json) {
    try {
      JsonNode node = JSON.readTree(json);
      assertThat(SCHEMAS.get(this).validate(node)).as(json).isEmpty();
      return node;
    } catch (IOException notJson) {
      throw new AssertionError(json, notJson);
    }
  }

  /** Checks every frame of a stream that ends as it should, and returns them. */
  public List<JsonNode> checkStream(String stream) {
    assertThat(stream).endsWith("data: [DONE]\n\n");
    List<JsonNode> frames = new ArrayList<>();
    for (var frame : stream.split("\n\n")) {
      assertThat(frame).startsWith("data: ");
      if (!frame.equals("data: [DONE]")) {
        frames.add(check(frame.substring(6)));
      }
    }
    assertThat(frames).isNotEmpty();
    return frames;
  }
}
