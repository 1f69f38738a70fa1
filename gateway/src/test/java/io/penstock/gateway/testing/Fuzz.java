package io.penstock.gateway.testing;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Inputs by the hundred thousand, each from a seed of its own. What a failure prints is enough to
 * see that input again: {@code -Dpenstock.fuzz.seed=SEED -Dpenstock.fuzz.inputs=1}. More of them,
 * outside CI: {@code -Dpenstock.fuzz.inputs=N}, from another beginning.
 */
public final class Fuzz {
  private static final long FIRST_SEED = Long.getLong("penstock.fuzz.seed", 1);

  /** What breaks readers: ends of lines, brackets, escapes, and what is no UTF-8. */
  private static final List<String> WORDS =
      List.of(
          "\"",
          "\\",
          "{",
          "}",
          "[",
          "]",
          ":",
          ",",
          "\n",
          "\r",
          "\r\n",
          "\n\n",
          "null",
          "true",
          "[]",
          "{}",
          "\"\"",
          "-0",
          "1e999",
          "0.1",
          "99999999999999999999",
          "\\u0000",
          "\\ud800",
          "\\udc00",
          "\u0000",
          "é",
          "日本",
          "🤔",
          "data:",
          "data: ",
          ": ",
          "[DONE]",
          "event: x");

  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "1",
          "-1.5e300",
          "\"x\"",
          "\"\"",
          "[]",
          "{}",
          "[null]",
          "[[]]",
          "[{}]",
          "{\"type\":null}",
          "{\"a\":[1]}",
          "123456789012345678901234567890");

  private Fuzz() {}

  /** What must hold of one input. */
  @FunctionalInterface
  public interface Property {
    void check(RandomGenerator random) throws Exception;
  }

  public static void run(int inputs, Property property) {
    int count = Integer.getInteger("penstock.fuzz.inputs", inputs);
    for (long seed = FIRST_SEED; seed < FIRST_SEED + count; seed++) {
      try {
        property.check(new java.util.SplittableRandom(mixed(seed)));
      } catch (Exception | AssertionError | StackOverflowError failed) {
        throw new AssertionError(
            "-Dpenstock.fuzz.seed=" + seed + " -Dpenstock.fuzz.inputs=1 shows it again: " + failed,
            failed);
      }
    }
  }

  /** Seeds that follow each other would otherwise begin alike. */
  private static long mixed(long seed) {
    return seed * 0x9E37_79B9_7F4A_7C15L;
  }

  /** One of a corpus with up to four changes, or as it is. */
  public static byte[] mutated(RandomGenerator random, List<String> corpus) {
    byte[] bytes = pick(random, corpus).getBytes(StandardCharsets.UTF_8);
    for (int i = random.nextInt(5); i > 0; i--) {
      bytes = changed(random, bytes, corpus);
    }
    return bytes;
  }

  private static byte[] changed(RandomGenerator random, byte[] bytes, List<String> corpus) {
    int at = random.nextInt(bytes.length + 1);
    int to = Math.min(bytes.length, at + 1 + random.nextInt(16));
    return switch (random.nextInt(11)) {
      case 8, 9, 10 -> retyped(random, bytes);
      case 0 -> spliced(bytes, at, Math.min(bytes.length, at + 1), one(random));
      case 1 -> spliced(bytes, at, to, new byte[0]);
      case 2 -> spliced(bytes, at, at, Arrays.copyOfRange(bytes, at, to));
      case 3 -> Arrays.copyOf(bytes, at);
      case 4 -> spliced(bytes, at, at, part(random, pick(random, corpus)));
      default -> spliced(bytes, at, random.nextBoolean() ? at : to, utf8(pick(random, WORDS)));
    };
  }

  /** With another value, of any type, in the place of one of a JSON text's. */
  private static byte[] retyped(RandomGenerator random, byte[] bytes) {
    int[] starts =
        java.util.stream.IntStream.range(1, bytes.length)
            .filter(i -> bytes[i - 1] == ':' || bytes[i - 1] == '[')
            .toArray();
    if (starts.length == 0) {
      return bytes;
    }
    int from = starts[random.nextInt(starts.length)];
    return spliced(bytes, from, endOfValue(bytes, from), utf8(pick(random, VALUES)));
  }

  private static int endOfValue(byte[] bytes, int from) {
    int depth = 0;
    boolean text = false;
    for (int i = from; i < bytes.length; i++) {
      switch (bytes[i]) {
        case '\\' -> i++;
        case '"' -> text = !text;
        case '{', '[' -> depth += text ? 0 : 1;
        case ',', '}', ']' -> {
          if (!text && depth == 0) {
            return i;
          }
          depth -= text || bytes[i] == ',' ? 0 : 1;
          if (!text && depth == 0 && bytes[i] != ',') {
            return i + 1;
          }
        }
        default -> {}
      }
    }
    return bytes.length;
  }

  private static byte[] one(RandomGenerator random) {
    return new byte[] {(byte) random.nextInt(256)};
  }

  private static byte[] part(RandomGenerator random, String of) {
    byte[] bytes = utf8(of);
    int from = random.nextInt(bytes.length + 1);
    return Arrays.copyOfRange(
        bytes, from, Math.min(bytes.length, from + random.nextInt(bytes.length + 1)));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] spliced(byte[] bytes, int from, int to, byte[] with) {
    byte[] result = Arrays.copyOf(bytes, from + with.length + bytes.length - to);
    System.arraycopy(with, 0, result, from, with.length);
    System.arraycopy(bytes, to, result, from + with.length, bytes.length - to);
    return result;
  }

  public static <T> T pick(RandomGenerator random, List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  /** Positions to cut at, from none to each. */
  public static int[] cuts(RandomGenerator random, int length) {
    int every = 1 + random.nextInt(Math.max(1, length));
    return java.util.stream.IntStream.range(1, Math.max(1, length))
        .filter(_ -> random.nextInt(every) == 0)
        .toArray();
  }

  /** An input as a message can show it. */
  public static String shown(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    return Arrays.equals(utf8(text), bytes)
        ? text.replace("\r", "\\r").replace("\0", "\\0")
        : HexFormat.of().formatHex(bytes);
  }
}
