package io.penstock.loadtest.modelserver;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;

/**
 * A request as it arrived.
 *
 * @param headers in their order, names as they were sent
 * @param arrivedNanos {@link System#nanoTime} when its last byte was read
 */
public record Recorded(
    String method,
    String target,
    List<Map.Entry<String, String>> headers,
    Buffer body,
    long arrivedNanos) {

  /** The first value of this header, or an empty text. */
  public String header(String name) {
    return headers.stream()
        .filter(header -> header.getKey().equalsIgnoreCase(name))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse("");
  }
}
