package io.penstock.gateway.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.penstock.gateway.call.Span;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where the members of a JSON object, and the items of an array, are; nothing is built. */
final class JsonWalk {
  private final byte[] bytes;

  JsonWalk(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The values of an object's members by key; a key's last one counts. Empty: it is no object. */
  Optional<Map<String, Span>> members(int start) {
    Map<String, Span> found = new LinkedHashMap<>();
    int at = space(start);
    if (byteAt(at) != '{') {
      return Optional.empty();
    }
    at = space(at + 1);
    while (byteAt(at) == '"') {
      int keyEnd = string(at);
      int value = space(space(keyEnd) + 1);
      int end = skip(value);
      if (end <= value) {
        return Optional.empty();
      }
      found.put(new String(bytes, at + 1, keyEnd - at - 2, UTF_8), new Span(value, end));
      at = space(end);
      at = byteAt(at) == ',' ? space(at + 1) : at;
    }
    return byteAt(at) == '}' ? Optional.of(found) : Optional.empty();
  }

  /** One member's value. */
  Optional<Span> member(int start, String key) {
    return members(start).flatMap(found -> Optional.ofNullable(found.get(key)));
  }

  /** The items of an array. Empty: it is none. */
  Optional<List<Span>> items(int start) {
    List<Span> found = new ArrayList<>();
    int at = space(start);
    if (byteAt(at) != '[') {
      return Optional.empty();
    }
    at = space(at + 1);
    while (byteAt(at) != ']') {
      int end = skip(at);
      if (end <= at) {
        return Optional.empty();
      }
      found.add(new Span(at, end));
      at = space(end);
      at = byteAt(at) == ',' ? space(at + 1) : at;
    }
    return Optional.of(found);
  }

  /** A whole number that is no less than 0; -1: it is none. */
  long number(Span span) {
    long value = 0;
    for (int i = span.start(); i < span.end(); i++) {
      if (bytes[i] < '0' || bytes[i] > '9' || value > Integer.MAX_VALUE) {
        return -1;
      }
      value = value * 10 + bytes[i] - '0';
    }
    return value;
  }

  private int skip(int start) {
    return switch (byteAt(start)) {
      case '"' -> string(start);
      case '{', '[' -> nested(start);
      case 0, ',', ':', '}', ']' -> start;
      default -> scalar(start);
    };
  }

  private int nested(int start) {
    int depth = 0;
    int i = start;
    while (i < bytes.length) {
      byte b = bytes[i];
      if (b == '"') {
        i = string(i);
        continue;
      }
      i++;
      if (b == '{' || b == '[') {
        depth++;
      } else if ((b == '}' || b == ']') && --depth == 0) {
        return i;
      }
    }
    return start;
  }

  private int scalar(int start) {
    int i = start;
    while (i < bytes.length && ",}] \t\r\n".indexOf(bytes[i]) < 0) {
      i++;
    }
    return i;
  }

  private int string(int start) {
    int i = start + 1;
    while (i < bytes.length && bytes[i] != '"') {
      i += bytes[i] == '\\' ? 2 : 1;
    }
    return Math.min(i + 1, bytes.length);
  }

  private int space(int start) {
    int i = start;
    while (i < bytes.length && bytes[i] <= ' ' && bytes[i] >= 0) {
      i++;
    }
    return i;
  }

  private byte byteAt(int i) {
    return i < bytes.length ? bytes[i] : 0;
  }
}
