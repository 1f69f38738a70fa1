package io.penstock.gateway.accept;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.penstock.gateway.call.Refusal.BadRequest;
import io.penstock.gateway.call.ScannedBody.Role;
import io.penstock.gateway.call.ScannedBody.Text;
import io.penstock.gateway.call.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model will read: {@code messages}, {@code prompt} or {@code input}. Its methods pass the
 * value as {@link Json} does and remember the spans of its texts; a fault of meaning is remembered,
 * too, since only the last of duplicate fields counts. What is neither text, image nor token id
 * (audio, files, parts to come) is passed and left to the model server.
 */
final class Content {
  /** Spans take memory, and an array of one-letter strings would take thirteen times its body's. */
  static final int MAX_TEXTS = 1 << 16;

  private static final byte[] ROLE = ascii("role");
  private static final byte[] CONTENT = ascii("content");
  private static final byte[] TOOL_CALLS = ascii("tool_calls");
  private static final byte[] ARGUMENTS = ascii("arguments");
  private static final byte[] TYPE = ascii("type");
  private static final byte[] TEXT = ascii("text");
  private static final byte[] IMAGE_URL = ascii("image_url");
  private static final byte[] INPUT_IMAGE = ascii("input_image");
  private static final byte[] IMAGE = ascii("image");

  private static final NamedRole[] ROLES = {
    new NamedRole(ascii("user"), Role.USER),
    new NamedRole(ascii("assistant"), Role.ASSISTANT),
    new NamedRole(ascii("system"), Role.SYSTEM),
    new NamedRole(ascii("developer"), Role.SYSTEM),
    new NamedRole(ascii("tool"), Role.TOOL),
    new NamedRole(ascii("function"), Role.TOOL)
  };

  private final Json json;
  private final String field;

  private List<Text> texts = new ArrayList<>();
  private int images;
  private int prompts;
  private int tokenIds;
  private @Nullable BadRequest fault;

  /** The current message's texts, start and end by turns: its role may come after them. */
  private int[] pending = new int[16];

  private int pendingLength;

  Content(Json json, String field) {
    this.json = json;
    this.field = field;
  }

  static byte[] ascii(String word) {
    return word.getBytes(US_ASCII);
  }

  List<Text> texts() {
    return texts;
  }

  int images() {
    return images;
  }

  int prompts() {
    return prompts;
  }

  int tokenIds() {
    return tokenIds;
  }

  @Nullable BadRequest fault() {
    return fault;
  }

  /** Passes {@code messages}. */
  int messages(int p) {
    restart();
    prompts = 1;
    if (json.at(p) != '[') {
      note(Fault.wrongType(field, "an array of messages"));
      return json.value(p, 1);
    }
    int q = json.first(p, ']');
    if (q < 0) {
      note(Fault.emptyArray(field));
    }
    for (int index = 0; q >= 0; index++) {
      q = json.next(message(q, index), ']');
    }
    return ~q;
  }

  private int message(int p, int index) {
    if (json.at(p) != '{') {
      note(Fault.wrongType(field + '[' + index + ']', "an object"));
      return json.value(p, 2);
    }
    Role role = null;
    int q = json.first(p, '}');
    while (q >= 0) {
      int afterKey = json.string(q);
      int value = -1;
      if (json.lastSpells(ROLE, q + 1, afterKey - 1)) {
        value = json.colon(afterKey);
        q = json.value(value, 3);
        role = role(value, q, index);
      } else if (json.lastSpells(CONTENT, q + 1, afterKey - 1)) {
        q = content(json.colon(afterKey), index);
      } else if (json.lastSpells(TOOL_CALLS, q + 1, afterKey - 1)) {
        q = arguments(json.colon(afterKey), 3);
      } else {
        q = json.value(json.colon(afterKey), 3);
      }
      q = json.next(q, '}');
    }
    if (role == null) {
      note(Fault.missing(field + '[' + index + "].role"));
    }
    settle(role == null ? Role.USER : role, index);
    return ~q;
  }

  private Role role(int start, int stop, int index) {
    if (json.at(start) != '"') {
      note(Fault.wrongType(field + '[' + index + "].role", "a string"));
      return Role.USER;
    }
    for (var named : ROLES) {
      if (json.lastSpells(named.name, start + 1, stop - 1)) {
        return named.role;
      }
    }
    return Role.USER;
  }

  private int content(int p, int index) {
    switch (json.at(p)) {
      case '"' -> {
        return text(p);
      }
      case '[' -> {
        int q = json.first(p, ']');
        for (int part = 0; q >= 0; part++) {
          q = json.next(part(q, index, part), ']');
        }
        return ~q;
      }
      case 'n' -> {}
      default ->
          note(Fault.wrongType(field + '[' + index + "].content", "a string or an array of parts"));
    }
    return json.value(p, 3);
  }

  private int part(int p, int message, int index) {
    if (json.at(p) == '"') {
      return text(p);
    }
    if (json.at(p) != '{') {
      note(Fault.wrongType(field + '[' + message + "].content[" + index + ']', "an object"));
      return json.value(p, 4);
    }
    boolean image = false;
    int q = json.first(p, '}');
    while (q >= 0) {
      int afterKey = json.string(q);
      boolean isType = json.lastSpells(TYPE, q + 1, afterKey - 1);
      boolean isText = json.lastSpells(TEXT, q + 1, afterKey - 1);
      image |= json.lastSpells(IMAGE_URL, q + 1, afterKey - 1);
      int value = json.colon(afterKey);
      if (isText && json.at(value) == '"') {
        q = text(value);
      } else {
        q = json.value(value, 5);
        image |= isType && namesImage(value, q);
      }
      q = json.next(q, '}');
    }
    if (image) {
      images++;
    }
    return ~q;
  }

  private boolean namesImage(int start, int stop) {
    return json.at(start) == '"'
        && (json.lastSpells(IMAGE_URL, start + 1, stop - 1)
            || json.lastSpells(INPUT_IMAGE, start + 1, stop - 1)
            || json.lastSpells(IMAGE, start + 1, stop - 1));
  }

  /** Passes any value and takes the strings under a key {@code arguments} in it. */
  private int arguments(int p, int depth) {
    byte open = json.at(p);
    if ((open != '{' && open != '[') || depth >= Json.MAX_DEPTH) {
      return json.value(p, depth);
    }
    char close = open == '{' ? '}' : ']';
    int q = json.first(p, close);
    while (q >= 0) {
      int value = q;
      boolean wanted = false;
      if (open == '{') {
        int afterKey = json.string(q);
        wanted = json.lastSpells(ARGUMENTS, q + 1, afterKey - 1);
        value = json.colon(afterKey);
      }
      q = wanted && json.at(value) == '"' ? text(value) : arguments(value, depth + 1);
      q = json.next(q, close);
    }
    return ~q;
  }

  /** Passes {@code prompt} or {@code input}: a text, token ids, or an array of either. */
  int inputs(int p) {
    restart();
    return switch (json.at(p)) {
      case '"' -> {
        prompts = 1;
        int q = text(p);
        settle(Role.USER, 0);
        yield q;
      }
      case '[' -> array(p);
      default -> {
        note(Fault.wrongType(field, "a string, an array of strings or token ids"));
        yield json.value(p, 1);
      }
    };
  }

  private int array(int p) {
    int q = json.first(p, ']');
    if (q < 0) {
      note(Fault.emptyArray(field));
      return ~q;
    }
    byte kind = kind(json.at(q));
    while (q >= 0) {
      if (kind(json.at(q)) != kind || kind == '?') {
        note(Fault.wrongType(field, "all strings, all token ids or all arrays of token ids"));
        q = json.value(q, 2);
      } else {
        q = input(q, kind);
      }
      q = json.next(q, ']');
    }
    if (kind == '0') {
      prompts = 1;
    }
    return ~q;
  }

  private int input(int p, byte kind) {
    if (kind == '0') {
      return tokenId(p);
    }
    int index = prompts++;
    if (kind == '[') {
      return tokenIds(p);
    }
    int q = text(p);
    settle(Role.USER, index);
    return q;
  }

  private int tokenIds(int p) {
    int q = json.first(p, ']');
    if (q < 0) {
      note(Fault.emptyArray(field));
    }
    while (q >= 0) {
      q = json.next(tokenId(q), ']');
    }
    return ~q;
  }

  private int tokenId(int p) {
    int q = json.natural(p);
    if (q < 0) {
      note(Fault.wrongType(field, "made of strings or of token ids"));
      return json.value(p, 3);
    }
    tokenIds++;
    return q;
  }

  private static byte kind(byte b) {
    return (byte) (b == '"' || b == '[' ? b : Json.isDigit(b) ? '0' : '?');
  }

  private int text(int p) {
    int q = json.string(p);
    if (q - p > 2) {
      pend(p + 1, q - 1);
    }
    return q;
  }

  private void pend(int start, int stop) {
    if (texts.size() + pendingLength / 2 >= MAX_TEXTS) {
      note(Fault.tooManyItems(field, MAX_TEXTS));
      return;
    }
    if (pendingLength == pending.length) {
      pending = Arrays.copyOf(pending, 2 * pendingLength);
    }
    pending[pendingLength++] = start;
    pending[pendingLength++] = stop;
  }

  private void settle(Role role, int message) {
    for (int i = 0; i < pendingLength; i += 2) {
      texts.add(new Text(role, message, new Span(pending[i], pending[i + 1])));
    }
    pendingLength = 0;
  }

  private void restart() {
    texts = new ArrayList<>();
    pendingLength = 0;
    images = 0;
    prompts = 0;
    tokenIds = 0;
    fault = null;
  }

  private void note(BadRequest found) {
    if (fault == null) {
      fault = found;
    }
  }

  private record NamedRole(byte[] name, Role role) {}
}
