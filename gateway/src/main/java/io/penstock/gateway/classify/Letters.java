package io.penstock.gateway.classify;

/** Which code points make words, and what a tokeniser makes of those beyond ASCII. */
final class Letters {
  private Letters() {}

  private static boolean within(int codePoint, int first, int last) {
    return codePoint >= first && codePoint <= last;
  }

  /** Whether a script writes without spaces, so that pairs of characters stand for words. */
  static boolean isIdeographic(int codePoint) {
    return within(codePoint, 0x3040, 0x30FF)
        || within(codePoint, 0x3400, 0x9FFF)
        || within(codePoint, 0xAC00, 0xD7AF)
        || within(codePoint, 0xF900, 0xFAFF)
        || within(codePoint, 0x20000, 0x3FFFF);
  }

  static boolean isPunctuation(int codePoint) {
    return codePoint < 0xC0
        || within(codePoint, 0x2000, 0x2BFF)
        || within(codePoint, 0x3000, 0x303F)
        || within(codePoint, 0xFE30, 0xFE6F)
        || within(codePoint, 0xFF00, 0xFF65);
  }

  static boolean isMathematical(int codePoint) {
    return within(codePoint, 0x2200, 0x22FF)
        || within(codePoint, 0x2070, 0x209F)
        || codePoint == 0xB2
        || codePoint == 0xB3
        || codePoint == 0xD7
        || codePoint == 0xF7
        || within(codePoint, 0x1D400, 0x1D7FF);
  }

  static boolean isEmoji(int codePoint) {
    return within(codePoint, 0x1F000, 0x1FAFF)
        || within(codePoint, 0x2600, 0x27BF)
        || within(codePoint, 0xFE00, 0xFE0F);
  }

  /** Lower case for ASCII, Latin-1, Greek and Cyrillic; other letters as they are. */
  static int lowerCase(int codePoint) {
    if (codePoint < 0x80) {
      return within(codePoint, 'A', 'Z') ? codePoint + 32 : codePoint;
    }
    if (within(codePoint, 0xC0, 0xDE)
        || within(codePoint, 0x391, 0x3A9)
        || within(codePoint, 0x410, 0x42F)) {
      return codePoint + 32;
    }
    return codePoint;
  }
}
