package io.penstock.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A mapping of the file, read key by key. A key is known because it is asked for: {@link #make}
 * complains about the others. Every getter answers with something that can be worked on with,
 * complains where that is not what the file says, and so lets the rest be looked at too.
 */
public final class Section {
  /** Stands where a text was complained about; a path is complained about once. */
  private static final String UNWRITTEN = "unwritten";

  private final Reading reading;
  private final String path;
  private final String kind;
  private final boolean readable;
  private final Map<String, NodeTuple> entries = new LinkedHashMap<>();
  private final Set<String> asked = new LinkedHashSet<>();

  public Section(Reading reading, String path, String kind, Node node) {
    this.reading = reading;
    this.path = path;
    this.kind = kind;
    this.readable = node instanceof MappingNode;
    reading.problems().place(path, node);
    if (node instanceof MappingNode mapping) {
      mapping.getValue().forEach(this::enter);
    } else {
      complain(path, shown(node) + ": write keys with values here");
    }
  }

  private void enter(NodeTuple entry) {
    if (!(entry.getKeyNode() instanceof ScalarNode key)) {
      reading.problems().place(below("?"), entry.getKeyNode());
      complain(below("?"), "is not a key: write a word");
      return;
    }
    String name = key.getValue();
    if (entries.putIfAbsent(name, entry) == null) {
      reading.problems().place(below(name), entry.getValueNode());
    } else {
      key.getStartMark()
          .ifPresent(mark -> reading.problems().error(mark, below(name), "is written twice"));
    }
  }

  public String path() {
    return path;
  }

  public String below(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  public boolean has(String key) {
    return entries.containsKey(key);
  }

  /** Whether one of its values was complained about, so that nothing can be said of the whole. */
  public boolean spoiled() {
    return reading.problems().spoiled(path);
  }

  public void complain(String where, String message) {
    reading.problems().error(where, message);
  }

  // ---- texts and what is written as text

  public String text(String key) {
    need(key);
    return find(key, this::asText).orElse(UNWRITTEN);
  }

  public String text(String key, String fallback) {
    return find(key, this::asText).orElse(fallback);
  }

  public Optional<String> optionalText(String key) {
    return find(key, this::asText);
  }

  Optional<Path> directory(String key) {
    return find(key, (where, node) -> asText(where, node).flatMap(text -> asPath(where, text)));
  }

  private Optional<Path> asPath(String where, String text) {
    try {
      return Optional.of(Path.of(text));
    } catch (InvalidPathException _) {
      return refuse(where, Notation.quote(text) + " is no path: write the name of a directory");
    }
  }

  public <T> T read(String key, Notation<T> notation, T fallback) {
    return optional(key, notation).orElse(fallback);
  }

  public <T> Optional<T> optional(String key, Notation<T> notation) {
    return find(key, (where, node) -> as(notation, where, node));
  }

  /** One of an enum's words: its constants in lower case, with dashes. */
  public <E extends Enum<E>> E choice(String key, E fallback) {
    return this.<E>find(key, (where, node) -> asChoice(fallback.getDeclaringClass(), where, node))
        .orElse(fallback);
  }

  /** A text in which {@code ${NAME}} stands for the environment's value. */
  Optional<String> expanded(String key) {
    return find(
        key,
        (where, node) ->
            asText(where, node).flatMap(t -> new References(reading).expand(where, t)));
  }

  Optional<Secret> secret(String key, Runnable leftOut) {
    return hidden(
        key,
        "write ${ENV_NAME} or file:PATH",
        (where, text) -> new References(reading).credential(where, text, leftOut).map(Secret::new));
  }

  /** A list of credentials; one whose variable is unset and may be is left out. */
  List<Secret> secrets(String key) {
    return items(key, (where, node) -> asSecret(where, node).map(Secret::new));
  }

  private Optional<String> asSecret(String where, Node node) {
    return asText(where, node)
        .flatMap(text ->
            new References(reading)
                .credential(
                    where,
                    text,
                    () -> reading.problems().warn(where, "is not set: it is left out")));
  }

  /** A SHA-256, in the clear or as a reference. */
  Optional<String> hash(String key, Runnable leftOut) {
    return hidden(
        key, "write " + Notation.SHA256.instead(), (where, text) -> asHash(where, text, leftOut));
  }

  private Optional<String> asHash(String where, String text, Runnable leftOut) {
    Optional<String> digits =
        References.within(text)
            ? new References(reading).credential(where, text, leftOut)
            : Optional.of(text);
    Optional<String> hash = digits.flatMap(Notation.SHA256.read());
    if (digits.isPresent() && hash.isEmpty()) {
      complain(where, Notation.SHA256.refusal("what stands here"));
    }
    return hash;
  }

  /** A text that no message may show. */
  <T> Optional<T> hidden(String key, String instead, BiFunction<String, String, Optional<T>> read) {
    return find(
        key,
        (where, node) ->
            node instanceof ScalarNode scalar && YamlText.isText(scalar)
                ? read.apply(where, scalar.getValue())
                : refuse(where, "is not text in quotes: " + instead));
  }

  // ---- numbers

  public int integer(String key, int fallback) {
    return find(key, this::asInteger).orElse(fallback);
  }

  public double number(String key, double fallback) {
    return find(key, this::asNumber).orElse(fallback);
  }

  public double number(String key) {
    need(key);
    return find(key, this::asNumber).orElse(0.0);
  }

  public boolean flag(String key, boolean fallback) {
    return this.<Boolean>find(key, this::asFlag).orElse(fallback);
  }

  // ---- what holds more than one value

  public Optional<Section> section(String key) {
    return find(key, (where, node) -> Optional.of(new Section(reading, where, kindOf(key), node)));
  }

  /** A mapping whose keys are the operator's own names. */
  public <T> Map<String, T> named(String key, BiFunction<String, Section, T> bind) {
    var bound = new LinkedHashMap<String, T>();
    section(key)
        .ifPresent(section ->
            section.entries.forEach((name, entry) ->
                bound.put(
                    name,
                    bind.apply(
                        name,
                        new Section(
                            reading,
                            section.below(name),
                            section.kindOf("*"),
                            entry.getValueNode())))));
    return bound;
  }

  /** A mapping whose keys are the operator's own names and whose values are of one notation. */
  public <T> Map<String, T> named(String key, Notation<T> notation) {
    var bound = new LinkedHashMap<String, T>();
    section(key)
        .ifPresent(section ->
            section
                .entries
                .keySet()
                .forEach(
                    name -> section.optional(name, notation).ifPresent(t -> bound.put(name, t))));
    return bound;
  }

  /**
   * A mapping of the operator's own names to credentials; one whose variable is unset is left out.
   */
  Map<String, Secret> namedSecrets(String key) {
    var bound = new LinkedHashMap<String, Secret>();
    section(key)
        .ifPresent(section ->
            section.entries.forEach((name, entry) ->
                asSecret(section.below(name), entry.getValueNode())
                    .ifPresent(value -> bound.put(name, new Secret(value)))));
    return bound;
  }

  /** A mapping of any values, each as JSON. */
  Map<String, String> json(String key) {
    var bound = new LinkedHashMap<String, String>();
    section(key)
        .ifPresent(section ->
            section.entries.forEach((name, entry) ->
                JsonText.of(entry.getValueNode())
                    .ifPresentOrElse(
                        text -> bound.put(name, text),
                        () -> complain(section.below(name), JsonText.REFUSAL))));
    return bound;
  }

  /** Whatever is there as plain maps, lists and values; every place of it is known. */
  public Optional<Object> tree(String key) {
    return find(key, this::asTree);
  }

  private Optional<Object> asTree(String where, Node node) {
    Optional<String> json = JsonText.of(node);
    if (json.isEmpty()) {
      return refuse(where, JsonText.REFUSAL);
    }
    place(where, node);
    return Optional.ofNullable(new Load(LoadSettings.builder().build()).loadFromString(json.get()));
  }

  private void place(String where, Node node) {
    reading.problems().place(where, node);
    if (node instanceof MappingNode mapping) {
      for (var entry : mapping.getValue()) {
        if (entry.getKeyNode() instanceof ScalarNode key) {
          place(where + "." + key.getValue(), entry.getValueNode());
        }
      }
    }
  }

  public List<Section> sections(String key) {
    return items(
        key, (where, node) -> Optional.of(new Section(reading, where, kindOf(key) + "[]", node)));
  }

  /** A list of numbers. */
  public List<Double> numbers(String key) {
    return items(key, this::asNumber);
  }

  /** Whether a key holds further keys. */
  public boolean isSection(String key) {
    var entry = entries.get(key);
    return entry != null && entry.getValueNode() instanceof MappingNode;
  }

  public List<String> texts(String key) {
    return items(key, this::asText);
  }

  // ---- the end

  /** Makes the section's record, once the keys that nothing asked for were complained about. */
  public <T> T make(Supplier<T> record, T fallback) {
    done();
    try {
      return record.get();
    } catch (InvalidConfigException refused) {
      refused.complaints().forEach(c -> complain(below(c.key()), c.message()));
      return fallback;
    }
  }

  public void done() {
    reading.keysSeen().accept(kind, asked);
    entries.forEach((key, entry) -> {
      if (!asked.contains(key)) {
        entry
            .getKeyNode()
            .getStartMark()
            .ifPresent(mark -> reading.problems().error(mark, below(key), unknown(key)));
      }
    });
  }

  private String unknown(String key) {
    return "is not a known key: " + Nearest.hint(key, asked);
  }

  // ---- how a node becomes a value

  private <T> Optional<T> find(String key, BiFunction<String, Node, Optional<T>> as) {
    asked.add(key);
    return Optional.ofNullable(entries.get(key))
        .flatMap(entry -> as.apply(below(key), entry.getValueNode()));
  }

  /** Complains where a key is not there. */
  public void need(String key) {
    if (readable && !has(key)) {
      complain(below(key), "is missing: write it");
    }
  }

  private <T> List<T> items(String key, BiFunction<String, Node, Optional<T>> as) {
    return this.<List<T>>find(key, (where, node) -> Optional.of(asList(where, node, as)))
        .orElse(List.of());
  }

  private <T> List<T> asList(String where, Node node, BiFunction<String, Node, Optional<T>> as) {
    if (!(node instanceof SequenceNode sequence)) {
      complain(where, shown(node) + ": write a list, as [a, b]");
      return List.of();
    }
    var items = new ArrayList<T>();
    for (Node item : sequence.getValue()) {
      String at = where + "[" + items.size() + "]";
      reading.problems().place(at, item);
      as.apply(at, item).ifPresent(items::add);
    }
    return items;
  }

  private Optional<String> asText(String where, Node node) {
    if (!(node instanceof ScalarNode scalar) || scalar.getTag().equals(Tag.NULL)) {
      return refuse(where, shown(node) + ": write text here");
    }
    if (!YamlText.isText(scalar)) {
      return refuse(where, shown(node) + ": put it in quotes, text is meant here");
    }
    return scalar.getValue().isBlank()
        ? refuse(where, "is empty: write a value")
        : Optional.of(scalar.getValue());
  }

  private <T> Optional<T> as(Notation<T> notation, String where, Node node) {
    if (!(node instanceof ScalarNode scalar) || scalar.getTag().equals(Tag.NULL)) {
      return refuse(where, shown(node) + ": write " + notation.instead());
    }
    Optional<T> value = notation.read().apply(scalar.getValue());
    if (value.isPresent() && !YamlText.isText(scalar)) {
      return refuse(where, shown(node) + ": put it in quotes");
    }
    return value.isPresent()
        ? value
        : refuse(where, notation.refusal(Notation.quote(scalar.getValue())));
  }

  private <E extends Enum<E>> Optional<E> asChoice(Class<E> type, String where, Node node) {
    List<E> constants = Arrays.asList(type.getEnumConstants());
    List<String> words = constants.stream().map(Section::word).toList();
    Optional<String> text = asText(where, node);
    Optional<E> choice =
        constants.stream()
            .filter(constant -> text.filter(word(constant)::equals).isPresent())
            .findFirst();
    if (choice.isEmpty()) {
      text.ifPresent(other ->
          complain(
              where,
              Notation.quote(other)
                  + " is none of "
                  + String.join(", ", words)
                  + Nearest.among(other, words)
                      .map(near -> ": did you mean " + near + "?")
                      .orElse("")));
    }
    return choice;
  }

  /** An enum constant as the file writes it. */
  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private Optional<Integer> asInteger(String where, Node node) {
    return number(
        where, node, Tag.INT, "a whole number", text -> Math.toIntExact(Long.parseLong(text)));
  }

  private Optional<Double> asNumber(String where, Node node) {
    Tag tag = node.getTag().equals(Tag.INT) ? Tag.INT : Tag.FLOAT;
    return number(where, node, tag, "a number", Double::parseDouble)
        .flatMap(value ->
            Double.isFinite(value)
                ? Optional.of(value)
                : refuse(where, "is no number that can be worked with: write a finite one"));
  }

  private <T> Optional<T> number(
      String where, Node node, Tag tag, String what, Function<String, T> parse) {
    if (!(node instanceof ScalarNode scalar) || !scalar.getTag().equals(tag)) {
      return refuse(where, shown(node) + ": write " + what + ", without quotes");
    }
    try {
      return Optional.of(parse.apply(scalar.getValue()));
    } catch (ArithmeticException | NumberFormatException _) {
      return refuse(
          where, Notation.quote(scalar.getValue()) + " is not " + what + " that fits here");
    }
  }

  private Optional<Boolean> asFlag(String where, Node node) {
    return node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.BOOL)
        ? Optional.of(Boolean.parseBoolean(scalar.getValue()))
        : refuse(where, shown(node) + ": write true or false");
  }

  private <T> Optional<T> refuse(String where, String message) {
    complain(where, message);
    return Optional.empty();
  }

  private String kindOf(String key) {
    return kind.isEmpty() ? key : kind + "." + key;
  }

  /** What stands where something else should. */
  private static String shown(Node node) {
    return switch (node) {
      case ScalarNode scalar when scalar.getTag().equals(Tag.NULL) -> "has no value";
      case ScalarNode scalar when YamlText.isText(scalar) ->
          Notation.quote(scalar.getValue()) + " is text";
      case ScalarNode scalar when scalar.getTag().equals(Tag.BOOL) ->
          scalar.getValue() + " is a yes or no";
      case ScalarNode scalar when Set.of(Tag.INT, Tag.FLOAT).contains(scalar.getTag()) ->
          Notation.quote(scalar.getValue()) + " is a number";
      case SequenceNode _ -> "is a list";
      case MappingNode _ -> "is a mapping";
      default -> "has the tag " + Notation.quote(node.getTag().getValue());
    };
  }
}
