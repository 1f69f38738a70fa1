package io.penstock.gateway.cache;

import io.penstock.gateway.call.Operation;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An answer judged, and said in its other form. */
final class Conversion {
  private Conversion() {}

  /** Whether all of it is there and the model itself ended it. */
  static boolean isComplete(Operation operation, Entry entry, int choices, Set<String> reasons) {
    try {
      if (operation == Operation.EMBEDDINGS) {
        String text = new String(entry.bytes(), StandardCharsets.ISO_8859_1);
        return !Parts.elements(Parts.members(text).getOrDefault("data", "[]")).isEmpty();
      }
      return Answer.isComplete(entry.kind(), entry.bytes(), choices, reasons);
    } catch (Parts.Unclear _) {
      return false;
    }
  }

  /** The other form; null where that would lose something. */
  static byte @Nullable [] convert(Operation operation, Entry entry) {
    if (operation == Operation.EMBEDDINGS) {
      return null;
    }
    try {
      Answer answer = Answer.read(operation, entry.kind(), entry.bytes());
      return entry.kind() == Entry.Kind.WHOLE ? answer.stream() : answer.body();
    } catch (Parts.Unclear _) {
      return null;
    }
  }
}
