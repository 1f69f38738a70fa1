package io.penstock.gateway.classify;

/** Which code points make words, and what a tokeniser makes of those beyond ASCII. */
final class Letters {
  private Letters() {}

  /** Whether a script writes without spaces, so that pairs of characters stand for words. */
  static boolean isIdeographic(int codePoint) {
    return codePoint >= 0x3040 && codePoint <= 0x30FF
        || codePoint >= 0x3400 && codePoint <= 0x9FFF
        || codePoint >= 0xAC00 && codePoint <= 0xD7AF
        || codePoint >= 0xF900 && codePoint <= 0xFAFF
        || codePoint >= 0x20000 && codePoint <= 0x3FFFF;
  }

  static boolean isPunctuation(int codePoint) {
    return codePoint < 0xC0
        || codePoint >= 0x2000 && codePoint <= 0x2BFF
        || codePoint >= 0x3000 && codePoint <= 0x303F
        || codePoint >= 0xFE30 && codePoint <= 0xFE6F
        || codePoint >= 0xFF00 && codePoint <= 0xFF65;
  }

  static boolean isMathematical(int codePoint) {
    return codePoint >= 0x2200 && codePoint <= 0x22FF
        || codePoint >= 0x2070 && codePoint <= 0x209F
        || codePoint == 0xB2
        || codePoint == 0xB3
        || codePoint == 0xD7
        || codePoint == 0xF7
        || codePoint >= 0x1D400 && codePoint <= 0x1D7FF;
  }

  static boolean isEmoji(int codePoint) {
    return codePoint >= 0x1F000 && codePoint <= 0x1FAFF
        || codePoint >= 0x2600 && codePoint <= 0x27BF
        || codePoint >= 0xFE00 && codePoint <= 0xFE0F;
  }

  /** Lower case for ASCII, Latin-1, Greek and Cyrillic; other letters as they are. */
  static int lowerCase(int codePoint) {
    if (codePoint < 0x80) {
      return codePoint >= 'A' && codePoint <= 'Z' ? codePoint + 32 : codePoint;
    }
    if (codePoint >= 0xC0 && codePoint <= 0xDE
        || codePoint >= 0x391 && codePoint <= 0x3A9
        || codePoint >= 0x410 && codePoint <= 0x42F) {
      return codePoint + 32;
    }
    return codePoint;
  }
}
