package io.penstock.config;

import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A node as the JSON text that goes into a request. Aliases make a small file stand for a large
 * value, or an endless one: depth and length are bounded.
 */
final class JsonText {
  static final String REFUSAL =
      "cannot be written as JSON: write plain values, at most 16 levels deep and 64 KiB long";
  private static final int MAX_DEPTH = 16;
  private static final int MAX_LENGTH = 64 << 10;
  private static final String NUMBER = "-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?";

  private final StringBuilder text = new StringBuilder();

  private JsonText() {}

  static Optional<String> of(Node node) {
    var json = new JsonText();
    return json.write(node, 0) ? Optional.of(json.text.toString()) : Optional.empty();
  }

  private boolean write(Node node, int depth) {
    if (depth > MAX_DEPTH || text.length() > MAX_LENGTH) {
      return false;
    }
    return switch (node) {
      case ScalarNode scalar -> scalar(scalar);
      case SequenceNode sequence -> sequence(sequence, depth);
      case MappingNode mapping -> mapping(mapping, depth);
      default -> false;
    };
  }

  private boolean scalar(ScalarNode scalar) {
    String value = scalar.getValue();
    if (YamlText.isText(scalar)) {
      quote(value);
      return true;
    }
    boolean nothing = scalar.getTag().equals(Tag.NULL);
    // YAML lets a fraction be left out after its point, JSON does not.
    String plain = value.replaceFirst("\\.(?=$|[eE])", ".0");
    text.append(nothing ? "null" : plain);
    return nothing || plain.equals("true") || plain.equals("false") || plain.matches(NUMBER);
  }

  private boolean sequence(SequenceNode sequence, int depth) {
    String between = "[";
    for (Node item : sequence.getValue()) {
      text.append(between);
      between = ",";
      if (!write(item, depth + 1)) {
        return false;
      }
    }
    text.append(sequence.getValue().isEmpty() ? "[]" : "]");
    return true;
  }

  private boolean mapping(MappingNode mapping, int depth) {
    String between = "{";
    for (NodeTuple entry : mapping.getValue()) {
      text.append(between);
      between = ",";
      if (!(entry.getKeyNode() instanceof ScalarNode key)) {
        return false;
      }
      quote(key.getValue());
      text.append(':');
      if (!write(entry.getValueNode(), depth + 1)) {
        return false;
      }
    }
    text.append(mapping.getValue().isEmpty() ? "{}" : "}");
    return true;
  }

  private void quote(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"', '\\' -> text.append('\\').append(c);
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> text.append(c < ' ' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
      }
    }
    text.append('"');
  }
}
