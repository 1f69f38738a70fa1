package io.penstock.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.penstock.gateway.accept.RandomJson;
import io.penstock.gateway.accept.ScannedBodies;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.ScannedBody;
import io.penstock.gateway.call.ScannedBody.Field;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Laws of the edits, on tens of thousands of random requests. */
class BodyEditsLawTest {
  private static final int REQUESTS = 40_000;
  private static final ObjectMapper JACKSON = new ObjectMapper();
  private static final Map<String, String> SET = Map.of("seed", "42", "größe", "{\"q\":[1.50]}");
  private static final List<String> REMOVE = List.of("x", "tools", "a\"b", "");
  private static final Set<String> CHANGED =
      Set.of("model", "priority", "seed", "größe", "stream_options");
  private static final BodyEdits EDITS = new BodyEdits("served/7b", SET, REMOVE);

  @Test
  void apply_randomRequests_meansTheSameButForTheEdits() throws IOException {
    int usageKept = 0;
    for (var body : requests()) {
      var before = (ObjectNode) JACKSON.readTree(body.bytes());
      var after = JACKSON.readTree(edited(body).toBytes());
      if (before.get("stream_options") instanceof ObjectNode options) {
        options.put("include_usage", true);
        usageKept++;
      } else {
        before.putObject("stream_options").put("include_usage", true);
      }
      before.put("model", "served/7b").put("priority", 3).put("seed", 42);
      before.set("größe", JACKSON.readTree(SET.get("größe")));
      before.remove(REMOVE);
      if (!after.equals(before)) {
        assertThat(after).as(text(body.bytes())).isEqualTo(before);
      }
    }
    assertThat(usageKept).isGreaterThan(100);
  }

  @Test
  void apply_randomRequests_keepsEveryOtherFieldsBytes() {
    for (var body : requests()) {
      var after = ScannedBodies.of(edited(body).toBytes(), Operation.CHAT_COMPLETIONS);
      var expected = untouched(body);
      if (!untouched(after).equals(expected)) {
        assertThat(untouched(after)).as(text(body.bytes())).isEqualTo(expected);
      }
    }
  }

  /** With nothing removed, what was inserted and replaced can be taken back to the letter. */
  @Test
  void apply_thenTakenBack_givesTheOriginalBytes() {
    var edits = new BodyEdits("served/7b", Map.of(), List.of());
    for (var body : requests()) {
      byte[] bytes = edits.apply(body, false, OptionalInt.of(3)).toBytes();
      var after = ScannedBodies.of(bytes, Operation.CHAT_COMPLETIONS);
      String original = text(takenBack(after, body));
      if (!original.equals(text(body.bytes()))) {
        assertThat(original).isEqualTo(text(body.bytes()));
      }
    }
  }

  private static byte[] takenBack(ScannedBody after, ScannedBody before) {
    int inserted = after.fields().size() - before.fields().size();
    var out = new java.io.ByteArrayOutputStream();
    int at = 0;
    if (inserted > 0) {
      at = after.fields().get(inserted).keyStart();
      int brace = text(before.bytes()).indexOf('{');
      out.write(before.bytes(), 0, brace + 1);
      int blank = before.fields().getFirst().keyStart() - brace - 1;
      at -= blank;
    }
    for (int i = 0; i < before.fields().size(); i++) {
      var field = after.fields().get(i + inserted);
      if (field.name().equals("model") || field.name().equals("priority")) {
        var old = before.fields().get(i).value();
        out.write(after.bytes(), at, field.value().start() - at);
        out.write(before.bytes(), old.start(), old.length());
        at = field.value().end();
      }
    }
    out.write(after.bytes(), at, after.length() - at);
    return out.toByteArray();
  }

  private static List<String> untouched(ScannedBody body) {
    List<String> kept = new ArrayList<>();
    for (Field field : body.fields()) {
      if (!CHANGED.contains(field.name()) && !REMOVE.contains(field.name())) {
        var value = field.value();
        kept.add(text(body.bytes()).substring(field.keyStart(), value.end()));
      }
    }
    return kept;
  }

  private static Edited edited(ScannedBody body) {
    return EDITS.apply(body, true, OptionalInt.of(3));
  }

  private static List<ScannedBody> requests() {
    var random = new RandomJson(new Random(11));
    List<ScannedBody> requests = new ArrayList<>();
    while (requests.size() < REQUESTS) {
      try {
        requests.add(ScannedBodies.of(random.request(), Operation.CHAT_COMPLETIONS));
      } catch (IllegalArgumentException _) {
        // not every random document is a request
      }
    }
    return requests;
  }

  /** One character a byte, so that spans fit. */
  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
