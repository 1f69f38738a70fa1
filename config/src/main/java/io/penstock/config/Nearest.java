package io.penstock.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** The word that was probably meant. */
public final class Nearest {
  private Nearest() {}

  /** "did you mean X?", or the words there are. */
  public static String hint(String word, Collection<String> known) {
    return among(word, known)
        .map(nearest -> "did you mean " + nearest + "?")
        .orElseGet(
            () -> known.isEmpty() ? "there is none" : "there are " + String.join(", ", known));
  }

  static Optional<String> among(String word, Collection<String> known) {
    String kebab = kebab(word);
    return known.stream()
        .filter(candidate -> distance(kebab, kebab(candidate)) <= Math.max(1, kebab.length() / 3))
        .min(Comparator.comparingInt(candidate -> distance(kebab, kebab(candidate))));
  }

  private static String kebab(String word) {
    String text = word.length() > 64 ? word.substring(0, 64) : word;
    return text.replaceAll("([a-z0-9])([A-Z])", "$1-$2").replace('_', '-').toLowerCase(Locale.ROOT);
  }

  /** Edits between two words: a letter more, less, other, or two neighbours swapped. */
  static int distance(String a, String b) {
    int[][] edits = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        edits[i][j] = i == 0 || j == 0 ? i + j : step(edits, a, b, i, j);
      }
    }
    return edits[a.length()][b.length()];
  }

  private static int step(int[][] edits, String a, String b, int i, int j) {
    int other = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
    int best =
        Math.min(edits[i - 1][j - 1] + other, 1 + Math.min(edits[i - 1][j], edits[i][j - 1]));
    boolean swapped =
        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    return swapped ? Math.min(best, edits[i - 2][j - 2] + 1) : best;
  }
}
