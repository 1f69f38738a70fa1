package io.penstock.gateway.cache;

import io.penstock.gateway.call.ScannedBody;
import io.penstock.gateway.call.ScannedBody.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request body in the one form that all bodies share which ask for the same: no white space, the
 * members of an object in the order of their names, every number as digits and a power of ten,
 * every string in UTF-8 with no escape but those of the quote and the backslash.
 *
 * <p>It errs on one side alone: two bodies that may be answered differently never have one form,
 * while two that ask for the same may have two.
 *
 * <ul>
 *   <li>{@link #IGNORED} members of the body itself are left out: they cannot change the answer.
 *   <li>Below {@link #VERBATIM} members order and digits stay as they are: what stands there is
 *       written into a prompt, or is a schema, whose properties a model answers in their order.
 *   <li>Members of one name all stay, in their order: parsers do not agree which of them counts.
 *   <li>Texts are compared byte by byte: é composed and é in two characters are two prompts.
 *   <li>An absent member and one that is null are two things, and so are 0 and -0.
 * </ul>
 *
 * <p>The body was checked when it was accepted: it is JSON, in UTF-8, and of bounded depth.
 */
final class Canonical {
  /**
   * The model is the pool's affair, the form of the answer (a stream or not) the replay's; the
   * others name the user or the request to the provider, or say how urgent it is.
   */
  static final Set<String> IGNORED =
      Set.of(
          "model",
          "stream",
          "stream_options",
          "user",
          "safety_identifier",
          "metadata",
          "store",
          "priority",
          "prompt_cache_key",
          "prompt_cache_retention");

  static final Set<String> VERBATIM =
      Set.of(
          "arguments",
          "chat_template_kwargs",
          "documents",
          "guided_json",
          "input_schema",
          "json",
          "parameters",
          "properties",
          "schema",
          "structural_tag");

  private static final int MAX_EXPONENT_DIGITS = 15;

  private final byte[] in;
  private byte[] out;
  private int length;
  private int at;

  private Canonical(byte[] in, int size) {
    this.in = in;
    this.out = new byte[size];
  }

  /** The form of a body, as the first {@link #length} of {@link #bytes}. */
  static Canonical of(ScannedBody body) {
    var canonical = new Canonical(body.bytes(), body.length() + 64);
    canonical.body(body.fields());
    return canonical;
  }

  byte[] bytes() {
    return out;
  }

  int length() {
    return length;
  }

  // Objects: members are written as they come and sorted afterwards, where they need it.

  /** A member in {@link #out}. */
  private record Member(int start, int keyEnd, int end) {}

  private void body(List<Field> fields) {
    int start = length;
    put('{');
    List<Member> members = new ArrayList<>(fields.size());
    for (Field field : fields) {
      if (!IGNORED.contains(field.name())) {
        at = field.keyStart();
        members.add(member(false));
      }
    }
    sort(start + 1, members);
    put('}');
  }

  private void object(boolean verbatim) {
    put('{');
    int start = length;
    List<Member> members = new ArrayList<>();
    at++;
    for (blank(); in[at] != '}'; blank()) {
      members.add(member(verbatim));
      comma();
    }
    at++;
    if (!verbatim) {
      sort(start, members);
    }
    put('}');
  }

  private Member member(boolean verbatim) {
    int start = length;
    string();
    int keyEnd = length;
    blank();
    at++;
    put(':');
    boolean below = verbatim || VERBATIM.contains(name(start + 1, keyEnd - 1));
    blank();
    value(below);
    put(',');
    return new Member(start, keyEnd, length);
  }

  private String name(int start, int end) {
    return new String(out, start, end - start, StandardCharsets.ISO_8859_1);
  }

  private void sort(int start, List<Member> members) {
    if (isSorted(members)) {
      return;
    }
    byte[] before = Arrays.copyOfRange(out, start, length);
    List<Member> sorted = new ArrayList<>(members);
    sorted.sort(this::compare);
    length = start;
    for (Member member : sorted) {
      put(before, member.start() - start, member.end() - start);
    }
  }

  private boolean isSorted(List<Member> members) {
    for (int i = 1; i < members.size(); i++) {
      if (compare(members.get(i - 1), members.get(i)) > 0) {
        return false;
      }
    }
    return true;
  }

  private int compare(Member a, Member b) {
    return Arrays.compareUnsigned(out, a.start(), a.keyEnd(), out, b.start(), b.keyEnd());
  }

  // Values.

  private void value(boolean verbatim) {
    switch (in[at]) {
      case '{' -> object(verbatim);
      case '[' -> array(verbatim);
      case '"' -> string();
      case 't', 'n' -> copy(4);
      case 'f' -> copy(5);
      default -> number(verbatim);
    }
  }

  private void array(boolean verbatim) {
    put('[');
    at++;
    for (blank(); in[at] != ']'; blank()) {
      value(verbatim);
      put(',');
      comma();
    }
    at++;
    put(']');
  }

  private void blank() {
    while (in[at] == ' ' || in[at] == '\n' || in[at] == '\r' || in[at] == '\t') {
      at++;
    }
  }

  private void comma() {
    blank();
    if (in[at] == ',') {
      at++;
    }
  }

  private void copy(int count) {
    put(in, at, at + count);
    at += count;
  }

  // Strings.

  private void string() {
    put('"');
    int from = ++at;
    while (in[at] != '"') {
      if (in[at] == '\\') {
        put(in, from, at);
        escape();
        from = at;
      } else {
        at++;
      }
    }
    put(in, from, at);
    put('"');
    at++;
  }

  private void escape() {
    byte which = in[at + 1];
    if (which == 'u') {
      int character = codeUnit();
      if (Character.isHighSurrogate((char) character)) {
        character = Character.toCodePoint((char) character, (char) codeUnit());
      }
      utf8(character);
      return;
    }
    at += 2;
    switch (which) {
      case 'b' -> put('\b');
      case 'f' -> put('\f');
      case 'n' -> put('\n');
      case 'r' -> put('\r');
      case 't' -> put('\t');
      default -> character(which);
    }
  }

  private int codeUnit() {
    int unit = 0;
    for (int i = at + 2; i < at + 6; i++) {
      unit = (unit << 4) | Character.digit(in[i], 16);
    }
    at += 6;
    return unit;
  }

  private void utf8(int character) {
    if (character < 0x80) {
      character((byte) character);
    } else if (character < 0x800) {
      put(0xc0 | (character >> 6));
      put(0x80 | (character & 0x3f));
    } else if (character < 0x10000) {
      put(0xe0 | (character >> 12));
      put(0x80 | ((character >> 6) & 0x3f));
      put(0x80 | (character & 0x3f));
    } else {
      put(0xf0 | (character >> 18));
      put(0x80 | ((character >> 12) & 0x3f));
      put(0x80 | ((character >> 6) & 0x3f));
      put(0x80 | (character & 0x3f));
    }
  }

  private void character(byte ascii) {
    if (ascii == '"' || ascii == '\\') {
      put('\\');
    }
    put(ascii);
  }

  // Numbers.

  private void number(boolean verbatim) {
    int start = at;
    int digitsEnd = -1;
    boolean plain = in[at] != '-';
    for (at++; at < in.length && isOfNumber(in[at]); at++) {
      plain &= in[at] >= '0' && in[at] <= '9';
      if (digitsEnd < 0 && (in[at] | 0x20) == 'e') {
        digitsEnd = at;
      }
    }
    boolean shortest = plain && (in[at - 1] != '0' || at == start + 1);
    if (verbatim || shortest) {
      put(in, start, at);
    } else {
      decimal(start, digitsEnd < 0 ? at : digitsEnd);
    }
  }

  private static boolean isOfNumber(byte b) {
    return (b >= '0' && b <= '9') || b == '.' || b == '-' || b == '+' || (b | 0x20) == 'e';
  }

  /** Digits without zeros around them, and the power of ten. */
  private void decimal(int start, int digitsEnd) {
    Long power = digitsEnd == at ? Long.valueOf(0) : exponent(digitsEnd + 1);
    if (power == null) {
      put(in, start, at);
      return;
    }
    int from = in[start] == '-' ? start + 1 : start;
    if (from > start) {
      put('-');
    }
    int first = length;
    int last = length;
    long shift = power;
    boolean fraction = false;
    for (int i = from; i < digitsEnd; i++) {
      if (in[i] == '.') {
        fraction = true;
        continue;
      }
      shift -= fraction ? 1 : 0;
      if (in[i] != '0' || length > first) {
        put(in[i]);
        last = in[i] == '0' ? last : length;
      }
    }
    shift += length - last;
    length = last;
    if (length == first) {
      put('0');
    } else if (shift != 0) {
      put('e');
      ascii(Long.toString(shift));
    }
  }

  /** Null for one that no parser takes for a number of use; such a number stays as it is. */
  private @Nullable Long exponent(int start) {
    return at - start > MAX_EXPONENT_DIGITS
        ? null
        : Long.valueOf(new String(in, start, at - start, StandardCharsets.ISO_8859_1));
  }

  // Output.

  private void ascii(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    put(bytes, 0, bytes.length);
  }

  private void put(int b) {
    if (length == out.length) {
      grow(1);
    }
    out[length++] = (byte) b;
  }

  private void put(byte[] bytes, int start, int end) {
    int count = end - start;
    if (count > out.length - length) {
      grow(count);
    }
    System.arraycopy(bytes, start, out, length, count);
    length += count;
  }

  private void grow(int count) {
    out = Arrays.copyOf(out, Math.max(length + count, out.length + (out.length >> 1)));
  }
}
