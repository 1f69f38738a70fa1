package io.penstock.gateway.call;

/**
 * A range of bytes.
 *
 * @param start the first byte
 * @param end one past the last
 */
public record Span(int start, int end) {
  public int length() {
    return end - start;
  }
}
