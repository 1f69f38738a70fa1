package io.penstock.gateway.upstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Span;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A call's body as a part of a batch.
 *
 * @param before what stands before the inputs
 * @param inputs with commas between them and no brackets around
 * @param after what stands after them
 * @param count how many inputs there are
 * @param weight by which prompt tokens are shared out
 * @param texts whether they are texts; else they are tokens
 */
record BatchPart(
    byte[] before, byte[] inputs, byte[] after, int count, long weight, boolean texts) {

  /** Empty where a body is none that could be joined with others. */
  static Optional<BatchPart> of(Call call, byte[] body) {
    String field = call.operation() == Operation.EMBEDDINGS ? "input" : "prompt";
    var walk = new JsonWalk(body);
    Optional<Span> written = walk.member(0, field);
    if (written.isEmpty()) {
      return Optional.empty();
    }
    Span value = written.get();
    byte first = body[value.start()];
    if (first == '"') {
      return Optional.of(part(call, body, value, value, 1, true));
    }
    List<Span> items = walk.items(value.start()).orElse(List.of());
    if (items.isEmpty()) {
      return Optional.empty();
    }
    Span inside = new Span(items.getFirst().start(), items.getLast().end());
    return switch (body[inside.start()]) {
      case '"' -> Optional.of(part(call, body, value, inside, items.size(), true));
      case '[' -> Optional.of(part(call, body, value, inside, items.size(), false));
      case '{', 't', 'f', 'n' -> Optional.empty();
      default -> Optional.of(part(call, body, value, value, 1, false));
    };
  }

  private static BatchPart part(
      Call call, byte[] body, Span value, Span inputs, int count, boolean texts) {
    int tokens = call.body().tokenIds();
    return new BatchPart(
        Arrays.copyOf(body, value.start()),
        Arrays.copyOfRange(body, inputs.start(), inputs.end()),
        Arrays.copyOfRange(body, value.end(), body.length),
        count,
        Math.max(1, tokens > 0 ? tokens : inputs.end() - inputs.start()),
        texts);
  }

  /** Equal for parts that may be joined. */
  String others() {
    return (texts ? "s" : "t")
        + new String(before, ISO_8859_1)
        + '\0'
        + new String(after, ISO_8859_1);
  }
}
