package io.penstock.gateway.classify;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * The words that say something about a request, found by hash: an open-addressing table of 64-bit
 * hashes, so that a look-up reads one or two array elements and makes no string. Two different
 * words with one hash are possible and harmless at this size (a chance of about one in 10^13 for
 * each word looked up).
 *
 * <p>A word's hash is built letter by letter with {@link #letter}, in lower case, from {@link
 * #START}. A phrase's hash is that of its words {@link #joined}; only its last word is marked with
 * {@link #ENDS_PHRASE}, so that a scan asks for phrases after such words alone. A stem is the hash
 * of the first {@link #STEM_LETTERS} letters, in a name space of its own, as are pairs of Chinese,
 * Japanese and Korean characters. Read from {@code lexicon.txt} beside this class.
 */
final class Lexicon {
  static final long START = 0xCBF29CE484222325L;
  static final int STEM_LETTERS = 6;
  static final int ENDS_PHRASE = 1 << 30;

  private static final long FACTOR = 0x9E3779B97F4A7C15L;
  private static final long STEMS = 0x5851F42D4C957F2DL;
  private static final long PAIRS = 0x2545F4914F6CDD1DL;
  private static final int BITS = 13;

  private final long[] keys = new long[1 << BITS];
  private final int[] values = new int[1 << BITS];

  /** The lexicon that the project ships. */
  static Lexicon shipped() {
    try (InputStream in = Lexicon.class.getResourceAsStream("lexicon.txt")) {
      return new Lexicon(
          new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Lexicon(String text) {
    text.lines().filter(line -> !line.isBlank() && line.charAt(0) != '#').forEach(this::addLine);
  }

  private void addLine(String line) {
    int colon = line.indexOf(':');
    int bit = Category.named(line.substring(0, colon)).bit();
    for (String term : line.substring(colon + 1).split(",", -1)) {
      add(term.strip(), bit);
    }
  }

  private void add(String term, int bit) {
    if (term.endsWith("*")) {
      String stem = term.substring(0, term.length() - 1);
      require(stem.length() == STEM_LETTERS, term);
      put(stem(word(stem)), bit);
    } else if (Letters.isIdeographic(term.codePointAt(0))) {
      require(term.codePointCount(0, term.length()) == 2, term);
      put(pair(term.codePointAt(0), term.codePointBefore(term.length())), bit);
    } else {
      addPhrase(term.split("[ ']", -1), bit);
    }
  }

  private void addPhrase(String[] words, int bit) {
    require(words.length <= 3, Arrays.toString(words));
    long last = word(words[words.length - 1]);
    switch (words.length) {
      case 1 -> put(last, bit);
      case 2 -> put(joined(word(words[0]), last), bit);
      default -> put(joined(joined(word(words[0]), word(words[1])), last), bit);
    }
    if (words.length > 1) {
      put(last, ENDS_PHRASE);
    }
  }

  private static void require(boolean holds, String term) {
    if (!holds) {
      throw new IllegalArgumentException("lexicon.txt: " + term);
    }
  }

  private void put(long hash, int bit) {
    int slot = slot(hash);
    while (keys[slot] != 0 && keys[slot] != hash) {
      slot = (slot + 1) & (keys.length - 1);
    }
    keys[slot] = hash;
    values[slot] |= bit;
  }

  /** The categories of a hash as bits, and {@link #ENDS_PHRASE}; 0 for an unknown one. */
  int find(long hash) {
    int slot = slot(hash);
    while (true) {
      long key = keys[slot];
      if (key == hash) {
        return values[slot];
      }
      if (key == 0) {
        return 0;
      }
      slot = (slot + 1) & (keys.length - 1);
    }
  }

  private static int slot(long hash) {
    return (int) ((hash * FACTOR) >>> (64 - BITS));
  }

  static long letter(long hash, int lowerCase) {
    return Long.rotateLeft(hash, 5) ^ lowerCase;
  }

  static long joined(long first, long second) {
    return (Long.rotateLeft(first, 23) ^ second) * FACTOR;
  }

  static long stem(long hash) {
    return hash ^ STEMS;
  }

  static long pair(int first, int second) {
    return letter(letter(PAIRS, first), second);
  }

  private static long word(String word) {
    return word.codePoints()
        .map(Letters::lowerCase)
        .mapToLong(letter -> letter)
        .reduce(START, (hash, letter) -> letter(hash, (int) letter));
  }
}
