package io.penstock.gateway.classify;

/** What a scan counts in one kind of text; filled by {@link TextScanner}, read by {@link Score}. */
final class Facts {
  private final int[] counts = new int[Category.COUNT];

  /** Tokens, in sixteenths. */
  long sixteenths;

  int words;
  int numbers;
  int items;
  int questions;
  int codeSymbols;
  int fences;
  int formulas;

  /** The length of answer that the text asks for in so many words, in tokens. */
  int requestedTokens;

  void add(int categories) {
    for (int rest = categories; rest != 0; rest &= rest - 1) {
      counts[Integer.numberOfTrailingZeros(rest)]++;
    }
  }

  int count(Category category) {
    return counts[category.index()];
  }

  int tokens() {
    return (int) Math.min(Integer.MAX_VALUE, (sixteenths + 8) / 16);
  }
}
