package io.penstock.gateway.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.penstock.gateway.call.ScannedBody;
import io.penstock.gateway.call.ScannedBody.Field;
import io.penstock.gateway.call.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a pool changes in its requests' bodies, and how: by the span of a value, so that every other
 * byte is sent as it came, with its spelling of numbers, its order of keys and its white space.
 *
 * <p>A field that is there gets its new value in each of its occurrences; one that is not goes in
 * front of the others. A removed field takes one comma with it. {@code stream_options} keeps its
 * other members: only {@code include_usage} inside it becomes true; a null becomes an object. What
 * the pool's config says of {@code stream_options} goes before that.
 */
public final class BodyEdits {
  private static final String STREAM_OPTIONS = "stream_options";
  private static final byte[] TRUE = "true".getBytes(UTF_8);
  private static final byte[] ASK_USAGE = "\"include_usage\":true".getBytes(UTF_8);
  private static final byte[] ASK_USAGE_TOO = "\"include_usage\":true,".getBytes(UTF_8);
  private static final byte[] USAGE_ASKED = "{\"include_usage\":true}".getBytes(UTF_8);

  private final List<Edit> edits;
  private final Set<String> removed;
  private final boolean ownStreamOptions;

  /**
   * The edits for one pool; made once, used for all its requests.
   *
   * @param model the name its servers know
   * @param set fields to set, each with its JSON text
   * @param remove fields to take out, unless they are set
   */
  public BodyEdits(String model, Map<String, String> set, List<String> remove) {
    edits = new ArrayList<>();
    edits.add(new Edit("model", quoted(model)));
    set.forEach((name, json) -> {
      if (!name.equals("model")) {
        edits.add(new Edit(name, json.getBytes(UTF_8)));
      }
    });
    var setNames = edits.stream().map(Edit::name).toList();
    removed =
        remove.stream()
            .filter(name -> !setNames.contains(name))
            .collect(java.util.stream.Collectors.toUnmodifiableSet());
    ownStreamOptions = setNames.contains(STREAM_OPTIONS) || removed.contains(STREAM_OPTIONS);
  }

  /**
   * The body as the pool's servers get it.
   *
   * @param askUsage whether a stream's usage must be asked for
   * @param priority the engine's own priority; where empty, the field stays as the client sent it
   */
  public Edited apply(ScannedBody body, boolean askUsage, OptionalInt priority) {
    List<Edit> wanted = edits;
    if (priority.isPresent()) {
      wanted = new ArrayList<>(edits);
      wanted.removeIf(edit -> edit.name.equals("priority"));
      wanted.add(new Edit("priority", Integer.toString(priority.getAsInt()).getBytes(UTF_8)));
    }
    return new Edits(body, wanted, askUsage && !ownStreamOptions).edited();
  }

  private static byte[] quoted(String text) {
    byte[] inside = JsonStringEncoder.getInstance().quoteAsUTF8(text);
    byte[] quoted = new byte[inside.length + 2];
    quoted[0] = '"';
    System.arraycopy(inside, 0, quoted, 1, inside.length);
    quoted[quoted.length - 1] = '"';
    return quoted;
  }

  /** A field's new value, and the text that inserts the field. */
  private record Edit(String name, byte[] value, byte[] member) {
    Edit(String name, byte[] value) {
      this(name, value, member(name, value));
    }

    private static byte[] member(String name, byte[] value) {
      byte[] key = quoted(name);
      byte[] member = new byte[key.length + 1 + value.length];
      System.arraycopy(key, 0, member, 0, key.length);
      member[key.length] = ':';
      System.arraycopy(value, 0, member, key.length + 1, value.length);
      return member;
    }
  }

  /** The edits of one body, from its first byte to its last. */
  private final class Edits {
    private static final byte[] COMMA = {','};
    private static final Edit ASKED_USAGE = new Edit(STREAM_OPTIONS, USAGE_ASKED);

    private final ScannedBody body;
    private final List<Field> fields;
    private final List<Edit> wanted;
    private final boolean askUsage;
    private final Edited edited;

    Edits(ScannedBody body, List<Edit> wanted, boolean askUsage) {
      this.body = body;
      this.fields = body.fields();
      this.wanted = wanted;
      this.askUsage = askUsage;
      this.edited = new Edited(body.bytes(), body.length());
    }

    Edited edited() {
      insert();
      int i = 0;
      while (i < fields.size()) {
        var field = fields.get(i);
        if (removed.contains(field.name())) {
          i = remove(i);
        } else {
          replace(field);
          i++;
        }
      }
      return edited.finish();
    }

    private void insert() {
      edited.keepUntil(afterBlank(0) + 1);
      boolean first = true;
      for (var edit : wanted) {
        if (isAbsent(edit.name)) {
          first = insert(edit, first);
        }
      }
      if (askUsage && isAbsent(STREAM_OPTIONS)) {
        first = insert(ASKED_USAGE, first);
      }
      if (!first && fields.stream().anyMatch(field -> !removed.contains(field.name()))) {
        edited.add(COMMA);
      }
    }

    private boolean insert(Edit edit, boolean first) {
      if (!first) {
        edited.add(COMMA);
      }
      edited.add(edit.member);
      return false;
    }

    private boolean isAbsent(String name) {
      for (var field : fields) {
        if (field.name().equals(name)) {
          return false;
        }
      }
      return true;
    }

    /** Takes out a run of fields and says where the next one is. */
    private int remove(int first) {
      int next = first + 1;
      while (next < fields.size() && removed.contains(fields.get(next).name())) {
        next++;
      }
      int start = fields.get(first).keyStart();
      if (next < fields.size()) {
        edited.replace(start, fields.get(next).keyStart());
      } else {
        int stop = fields.get(next - 1).value().end();
        edited.replace(first == 0 ? start : fields.get(first - 1).value().end(), stop);
      }
      return next;
    }

    private void replace(Field field) {
      var value = field.value();
      if (askUsage && field.name().equals(STREAM_OPTIONS)) {
        askUsage(value);
        return;
      }
      for (var edit : wanted) {
        if (edit.name.equals(field.name())) {
          edited.replace(value.start(), value.end(), edit.value);
          return;
        }
      }
    }

    private void askUsage(Span options) {
      if (body.bytes()[options.start()] != '{') {
        edited.replace(options.start(), options.end(), USAGE_ASKED);
        return;
      }
      boolean found = false;
      for (var flag : body.usageFlags()) {
        if (flag.start() > options.start() && flag.end() < options.end()) {
          edited.replace(flag.start(), flag.end(), TRUE);
          found = true;
        }
      }
      if (!found) {
        int inside = options.start() + 1;
        boolean empty = body.bytes()[afterBlank(inside)] == '}';
        edited.replace(inside, inside, empty ? ASK_USAGE : ASK_USAGE_TOO);
      }
    }

    private int afterBlank(int p) {
      int q = p;
      while (body.bytes()[q] <= ' ') {
        q++;
      }
      return q;
    }
  }
}
