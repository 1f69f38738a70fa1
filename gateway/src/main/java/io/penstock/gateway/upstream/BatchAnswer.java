package io.penstock.gateway.upstream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Span;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/** The answer to a batch, taken apart: every caller's has the shape of an answer of its own. */
final class BatchAnswer {
  private final byte[] bytes;
  private final Operation operation;
  private final JsonWalk walk;

  BatchAnswer(byte[] bytes, Operation operation) {
    this.bytes = bytes;
    this.operation = operation;
    this.walk = new JsonWalk(bytes);
  }

  /** An answer for each part, in their order; empty where it does not fit them. */
  Optional<List<Buffer>> split(List<BatchPart> parts) {
    String list = operation == Operation.EMBEDDINGS ? "data" : "choices";
    Map<String, Span> members = walk.members(0).orElse(Map.of());
    Span array = members.get(list);
    Span usage = members.get("usage");
    if (array == null || usage == null) {
      return Optional.empty();
    }
    List<Span> items = inOrder(walk.items(array.start()));
    if (items.size() != parts.stream().mapToInt(BatchPart::count).sum()) {
      return Optional.empty();
    }
    Map<String, Span> counts = walk.members(usage.start()).orElse(Map.of());
    List<List<Span>> own = new ArrayList<>();
    int next = 0;
    for (BatchPart part : parts) {
      own.add(items.subList(next, next + part.count()));
      next += part.count();
    }
    long[] prompt =
        shares(count(counts, "prompt_tokens"), parts.stream().mapToLong(BatchPart::weight));
    long[] completion =
        shares(
            count(counts, "completion_tokens"),
            own.stream().mapToLong(each -> each.stream().mapToLong(this::textBytes).sum()));
    List<Buffer> answers = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      answers.add(answer(array, own.get(i), usage, prompt[i], completion[i]));
    }
    return Optional.of(answers);
  }

  private long count(Map<String, Span> counts, String name) {
    Span span = counts.get(name);
    return span == null ? 0 : Math.max(0, walk.number(span));
  }

  private long textBytes(Span item) {
    return walk.member(item.start(), "text")
        .map(text -> (long) (text.end() - text.start()))
        .orElse(1L);
  }

  /** The items by their own index; empty where one has none, or not its own. */
  private List<Span> inOrder(Optional<List<Span>> found) {
    List<Span> items = found.orElse(List.of());
    List<Span> ordered = new ArrayList<>(Collections.nCopies(items.size(), new Span(0, 0)));
    for (Span item : items) {
      long at = walk.member(item.start(), "index").map(walk::number).orElse(-1L);
      if (at < 0 || at >= items.size() || ordered.get((int) at).end() > 0) {
        return List.of();
      }
      ordered.set((int) at, item);
    }
    return ordered;
  }

  /** A total shared out by weights, in whole numbers that add up to it. */
  static long[] shares(long total, LongStream by) {
    long[] weights = by.toArray();
    double all = 0;
    for (long weight : weights) {
      all += weight;
    }
    long[] shares = new long[weights.length];
    double until = 0;
    long given = 0;
    for (int i = 0; i < weights.length; i++) {
      until += weights[i];
      shares[i] = Math.round(total * (until / Math.max(1, all))) - given;
      given += shares[i];
    }
    return shares;
  }

  private Buffer answer(Span array, List<Span> items, Span usage, long prompt, long completion) {
    Buffer mine = Buffer.buffer().appendString("[");
    for (int i = 0; i < items.size(); i++) {
      Span item = items.get(i);
      Span index = walk.member(item.start(), "index").orElseThrow();
      if (i > 0) {
        mine.appendString(",");
      }
      mine.appendBytes(bytes, item.start(), index.start() - item.start())
          .appendString(Integer.toString(i))
          .appendBytes(bytes, index.end(), item.end() - index.end());
    }
    mine.appendString("]");
    byte[] told =
        ("{\"prompt_tokens\":"
                + prompt
                + ",\"completion_tokens\":"
                + completion
                + ",\"total_tokens\":"
                + (prompt + completion)
                + "}")
            .getBytes(US_ASCII);
    boolean usageFirst = usage.start() < array.start();
    Span first = usageFirst ? usage : array;
    Span second = usageFirst ? array : usage;
    return Buffer.buffer()
        .appendBytes(bytes, 0, first.start())
        .appendBytes(usageFirst ? told : mine.getBytes())
        .appendBytes(bytes, first.end(), second.start() - first.end())
        .appendBytes(usageFirst ? mine.getBytes() : told)
        .appendBytes(bytes, second.end(), bytes.length - second.end());
  }
}
