package io.penstock.gateway.accept;

import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Refusal.BadRequest;
import io.penstock.gateway.call.ScannedBody;
import io.penstock.gateway.call.ScannedBody.Field;
import io.penstock.gateway.call.Span;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a request body: its JSON is checked to the letter, its top-level fields are listed
 * where they stand, and the few that Penstock decides by are read. Nothing is bound: an unknown
 * field is passed, checked and left as it is.
 *
 * <p>{@code null} counts as absent, as in OpenAI's API; of duplicate fields the last counts, as in
 * the parsers of every model server, so that fields are judged when all have been seen.
 */
final class BodyScanner {
  /** A list of fields takes memory, and no API has a tenth of these. */
  static final int MAX_FIELDS = 1_024;

  static final int MAX_MODEL_BYTES = 256;
  static final int MAX_CHOICES = 128;

  private static final byte[] INCLUDE_USAGE = Content.ascii("include_usage");
  private static final byte[] TYPE = Content.ascii("type");
  private static final byte[] JSON_OBJECT = Content.ascii("json_object");
  private static final byte[] JSON_SCHEMA = Content.ascii("json_schema");

  private final byte[] bytes;
  private final int length;
  private final Operation operation;
  private final Json json;
  private final Content content;

  private final List<Field> fields = new ArrayList<>(16);
  private final Map<Key, Span> last = new EnumMap<>(Key.class);
  private List<Span> usageFlags = List.of();
  private boolean includeUsage;
  private boolean usageFlagMistyped;
  private boolean jsonOutput;
  private int tools;
  private int functions;
  private @Nullable BadRequest fault;

  private BodyScanner(byte[] bytes, int length, Operation operation) {
    this.bytes = bytes;
    this.length = length;
    this.operation = operation;
    this.json = new Json(bytes, length);
    this.content = new Content(json, operation.required());
  }

  /** Scans the first {@code length} bytes; more may follow them in the array. */
  static Scanned scan(byte[] bytes, int length, Operation operation) {
    var scanner = new BodyScanner(bytes, length, operation);
    try {
      scanner.body();
    } catch (Json.Malformed malformed) {
      return new Scanned.Bad(Fault.invalidJson(malformed.what()));
    }
    var body = scanner.judge();
    return scanner.fault == null ? new Scanned.Good(body) : new Scanned.Bad(scanner.fault);
  }

  private void body() {
    int p = json.blank(0);
    if (p == length) {
      throw new Json.Malformed("it is empty", p);
    }
    if (bytes[p] != '{') {
      throw new Json.Malformed("it is no object", p);
    }
    int q = json.first(p, '}');
    while (q >= 0) {
      q = json.next(field(q), '}');
    }
    int stop = json.blank(~q);
    if (stop != length) {
      throw new Json.Malformed("something follows its end", stop);
    }
  }

  private int field(int p) {
    int afterKey = json.string(p);
    var key = Key.of(json, bytes, p + 1, afterKey - 1);
    String name = key == Key.OTHER ? json.text(p + 1, afterKey - 1) : key.text();
    int start = json.colon(afterKey);
    int stop = value(key, start);
    var span = new Span(start, stop);
    last.put(key, span);
    if (fields.size() < MAX_FIELDS) {
      fields.add(new Field(name, p, span));
    } else {
      fault = Fault.tooManyFields(MAX_FIELDS);
    }
    return stop;
  }

  private int value(Key key, int p) {
    return switch (key) {
      case MESSAGES, PROMPT, INPUT -> content(key, p);
      case STREAM_OPTIONS -> streamOptions(p);
      case RESPONSE_FORMAT -> responseFormat(p);
      case TOOLS -> {
        tools = 0;
        yield json.at(p) == '[' ? tools(p) : json.value(p, 1);
      }
      case FUNCTIONS -> {
        functions = 0;
        yield json.at(p) == '[' ? functions(p) : json.value(p, 1);
      }
      default -> json.value(p, 1);
    };
  }

  private int content(Key key, int p) {
    if (!key.text().equals(operation.required())) {
      return json.value(p, 1);
    }
    return key == Key.MESSAGES ? content.messages(p) : content.inputs(p);
  }

  private int tools(int p) {
    int q = json.first(p, ']');
    while (q >= 0) {
      tools++;
      q = json.next(json.value(q, 2), ']');
    }
    return ~q;
  }

  private int functions(int p) {
    int q = json.first(p, ']');
    while (q >= 0) {
      functions++;
      q = json.next(json.value(q, 2), ']');
    }
    return ~q;
  }

  private int streamOptions(int p) {
    includeUsage = false;
    usageFlagMistyped = false;
    if (json.at(p) != '{') {
      return json.value(p, 1);
    }
    int q = json.first(p, '}');
    while (q >= 0) {
      int afterKey = json.string(q);
      boolean isFlag = json.lastSpells(INCLUDE_USAGE, q + 1, afterKey - 1);
      int start = json.colon(afterKey);
      q = json.value(start, 2);
      if (isFlag) {
        usageFlag(start, q);
      }
      q = json.next(q, '}');
    }
    return ~q;
  }

  private void usageFlag(int start, int stop) {
    includeUsage = bytes[start] == 't';
    usageFlagMistyped = !includeUsage && bytes[start] != 'f' && bytes[start] != 'n';
    if (usageFlags.isEmpty()) {
      usageFlags = new ArrayList<>(1);
    }
    if (usageFlags.size() < MAX_FIELDS) {
      usageFlags.add(new Span(start, stop));
    } else {
      fault = Fault.tooManyFields(MAX_FIELDS);
    }
  }

  private int responseFormat(int p) {
    jsonOutput = false;
    if (json.at(p) != '{') {
      return json.value(p, 1);
    }
    int q = json.first(p, '}');
    while (q >= 0) {
      int afterKey = json.string(q);
      boolean isType = json.lastSpells(TYPE, q + 1, afterKey - 1);
      int start = json.colon(afterKey);
      q = json.value(start, 2);
      if (isType) {
        jsonOutput =
            bytes[start] == '"'
                && (json.lastSpells(JSON_OBJECT, start + 1, q - 1)
                    || json.lastSpells(JSON_SCHEMA, start + 1, q - 1));
      }
      q = json.next(q, '}');
    }
    return ~q;
  }

  private ScannedBody judge() {
    String model = model();
    judgeContent();
    boolean stream = stream();
    judgeStreamOptions();
    int maxTokens = integer(Key.MAX_TOKENS, 0, Integer.MAX_VALUE, -1);
    return new ScannedBody(
        bytes,
        length,
        Collections.unmodifiableList(fields),
        model,
        stream,
        includeUsage,
        Collections.unmodifiableList(usageFlags),
        integer(Key.MAX_COMPLETION_TOKENS, 0, Integer.MAX_VALUE, maxTokens),
        integer(Key.N, 1, MAX_CHOICES, 1),
        temperature(),
        given(Key.SEED) != null,
        count(Key.TOOLS, tools) + count(Key.FUNCTIONS, functions),
        jsonOutput,
        content.images(),
        content.prompts(),
        content.tokenIds(),
        Collections.unmodifiableList(content.texts()));
  }

  private @Nullable String model() {
    var span = given(Key.MODEL);
    if (span == null) {
      return null;
    }
    if (bytes[span.start()] != '"') {
      refuse(Fault.wrongType("model", "a string"));
      return null;
    }
    if (span.length() - 2 > MAX_MODEL_BYTES) {
      refuse(Fault.tooLong("model", MAX_MODEL_BYTES));
      return null;
    }
    return json.text(span.start() + 1, span.end() - 1);
  }

  private void judgeContent() {
    var required =
        switch (operation) {
          case CHAT_COMPLETIONS -> Key.MESSAGES;
          case COMPLETIONS -> Key.PROMPT;
          case EMBEDDINGS -> Key.INPUT;
        };
    if (!last.containsKey(required)) {
      refuse(Fault.missing(required.text()));
    }
    var found = content.fault();
    if (found != null) {
      refuse(found);
    }
  }

  private boolean stream() {
    var span = given(Key.STREAM);
    if (span == null) {
      return false;
    }
    byte b = bytes[span.start()];
    if (b != 't' && b != 'f') {
      refuse(Fault.wrongType("stream", "a boolean"));
    }
    return b == 't';
  }

  private void judgeStreamOptions() {
    var span = given(Key.STREAM_OPTIONS);
    if (span == null) {
      return;
    }
    if (bytes[span.start()] != '{') {
      refuse(Fault.wrongType("stream_options", "an object"));
    }
    if (usageFlagMistyped) {
      refuse(Fault.wrongType("stream_options.include_usage", "a boolean"));
    }
  }

  private int count(Key key, int counted) {
    var span = given(key);
    if (span != null && bytes[span.start()] != '[') {
      refuse(Fault.wrongType(key.text(), "an array"));
    }
    return counted;
  }

  private int integer(Key key, int minimum, int maximum, int absent) {
    var span = given(key);
    if (span == null) {
      return absent;
    }
    boolean negative = bytes[span.start()] == '-';
    long value = 0;
    for (int i = span.start() + (negative ? 1 : 0); i < span.end(); i++) {
      if (!Json.isDigit(bytes[i])) {
        refuse(Fault.wrongType(key.text(), "an integer"));
        return absent;
      }
      value = Math.min(value * 10 + bytes[i] - '0', Integer.MAX_VALUE + 1L);
    }
    if ((negative && value != 0) || value < minimum) {
      refuse(Fault.below(key.text(), minimum));
      return absent;
    }
    if (value > maximum) {
      refuse(Fault.above(key.text(), maximum));
      return absent;
    }
    return (int) value;
  }

  private double temperature() {
    var span = given(Key.TEMPERATURE);
    if (span == null) {
      return Double.NaN;
    }
    byte b = bytes[span.start()];
    if (b != '-' && !Json.isDigit(b)) {
      refuse(Fault.wrongType("temperature", "a number"));
      return Double.NaN;
    }
    return Double.parseDouble(json.text(span.start(), span.end()));
  }

  /** The last value of a field, unless there is none or it is null. */
  private @Nullable Span given(Key key) {
    var span = last.get(key);
    return span == null || bytes[span.start()] == 'n' ? null : span;
  }

  private void refuse(BadRequest found) {
    if (fault == null) {
      fault = found;
    }
  }
}
