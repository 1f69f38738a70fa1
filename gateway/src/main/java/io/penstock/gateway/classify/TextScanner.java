package io.penstock.gateway.classify;

import io.penstock.gateway.call.Span;

/**
 * One pass over the inside of one JSON string: tokens are estimated and words looked up. No string
 * is made and nothing but the {@link Facts} is written.
 *
 * <p><b>Tokens.</b> Byte-pair encoders cut text into words, runs of digits, runs of punctuation and
 * runs of white space before they merge anything, so a sum over such runs follows them closely
 * without a vocabulary. What a run costs was fitted, by its length, on an encoder of 100,000 tokens
 * (docs/decisions/0002-complexity.md); encoders with a smaller vocabulary need more, those with a
 * larger one less. An escape counts as the character that it stands for.
 *
 * <p><b>Words.</b> In a long text only the head and the tail are looked up: that is where the
 * question is. What lies between is taken for a document that was pasted in; its words say what it
 * is about, not what is asked.
 */
final class TextScanner {
  /** How much of each end of a long text is looked up. */
  static final int EDGE_BYTES = 768;

  /** A text up to this length is read whole; of a longer one's middle, samples are. */
  private static final int WHOLE_BYTES = 64 << 10;

  private static final int SAMPLES = 64;
  private static final int SAMPLE_BYTES = 1 << 10;

  /** Small talk and plain questions are told by how a message opens. */
  private static final int OPENING_WORDS = 8;

  private static final int ANYTHING = ~Lexicon.ENDS_PHRASE;
  private static final int NOT_IN_THE_OPENING = ANYTHING & ~Category.SIMPLE.bit();

  private static final int LETTER = 1;
  private static final int DIGIT = 2;
  private static final int SPACE = 3;
  private static final int ESCAPE = 4;
  private static final int BEYOND_ASCII = 5;
  private static final byte[] KINDS = kinds();

  /** Sixteenths of a token for an ASCII word of so many letters. */
  private static final int[] WORD = {
    0, 13, 15, 16, 16, 17, 18, 20, 21, 23, 25, 27, 30, 32, 34, 36, 40, 44, 48, 52, 56, 60, 64, 68
  };

  private static final int LONGER_LETTER = 4;
  private static final int DIGITS_TO_A_TOKEN = 3;
  private static final int TOKEN = 16;
  private static final int NEXT_PUNCTUATION = 6;
  private static final int BLANKS = 12;
  private static final int ACCENT = 11;
  private static final int ALPHABET = 8;
  private static final int SYLLABLE = 13;
  private static final int IDEOGRAPH = 18;
  private static final int EMOJI = 40;

  private final Lexicon lexicon;
  private final byte[] bytes;
  private final Facts facts;
  private int at;
  private final int end;
  private final int quietFrom;
  private final int quietTo;

  private long word = Lexicon.START;
  private long stem;
  private int letters;
  private int asciiLetters;
  private long before;
  private long twoBefore;
  private int ideograph;
  private int number;
  private int numberAtWord = Integer.MIN_VALUE;
  private int lastKind = SPACE;
  private boolean lineStart = true;

  private TextScanner(
      Lexicon lexicon, byte[] bytes, Span span, Facts facts, int quietFrom, int quietTo) {
    this.lexicon = lexicon;
    this.bytes = bytes;
    this.facts = facts;
    this.at = span.start();
    this.end = span.end();
    this.quietFrom = quietFrom;
    this.quietTo = quietTo;
  }

  /**
   * Adds what one text says to the facts.
   *
   * @param edge how many bytes at each end are looked up; 0: none, tokens alone are counted
   */
  static void scan(Lexicon lexicon, byte[] bytes, Span span, Facts facts, int edge) {
    int start = span.start();
    int end = span.end();
    if (span.length() <= 2 * edge) {
      new TextScanner(lexicon, bytes, span, facts, end, end).run();
    } else if (span.length() <= WHOLE_BYTES) {
      new TextScanner(lexicon, bytes, span, facts, start + edge, end - edge).run();
    } else {
      int headEnd = start + WHOLE_BYTES / 2;
      int tailStart = end - WHOLE_BYTES / 2;
      Span head = new Span(start, headEnd);
      Span tail = new Span(tailStart, end);
      new TextScanner(lexicon, bytes, head, facts, start + edge, headEnd).run();
      facts.sixteenths += sampled(lexicon, bytes, new Span(headEnd, tailStart));
      new TextScanner(lexicon, bytes, tail, facts, tailStart, end - edge).run();
    }
  }

  /** Tokens of a text that is too long to read whole on an event loop, in sixteenths. */
  private static long sampled(Lexicon lexicon, byte[] bytes, Span span) {
    int step = Math.max(SAMPLE_BYTES, span.length() / SAMPLES);
    Facts facts = new Facts();
    long read = 0;
    for (int from = span.start(); from < span.end(); from += step) {
      Span sample = new Span(from, Math.min(span.end(), from + SAMPLE_BYTES));
      new TextScanner(lexicon, bytes, sample, facts, sample.start(), sample.end()).run();
      read += sample.length();
    }
    return facts.sixteenths * span.length() / Math.max(1, read);
  }

  private void run() {
    while (at < end) {
      byte b = bytes[at];
      switch (KINDS[b & 0xFF]) {
        case LETTER -> letters();
        case DIGIT -> digits();
        case SPACE -> blank(1);
        case ESCAPE -> escape();
        case BEYOND_ASCII -> beyondAscii();
        default -> punctuation(b, 1);
      }
    }
    endWord();
  }

  private void letters() {
    int start = at;
    if (start >= quietFrom && start < quietTo) {
      skipLetters();
    } else {
      hashLetters();
    }
    asciiLetters += at - start;
    lastKind = LETTER;
  }

  private void skipLetters() {
    byte[] in = bytes;
    int i = at + 1;
    while (i < end && KINDS[in[i] & 0xFF] == LETTER) {
      i++;
    }
    letters += i - at;
    at = i;
  }

  private void hashLetters() {
    byte[] in = bytes;
    int i = at;
    long hash = word;
    int count = letters;
    do {
      hash = Lexicon.letter(hash, in[i] | 0x20);
      if (++count == Lexicon.STEM_LETTERS) {
        stem = hash;
      }
      i++;
    } while (i < end && KINDS[in[i] & 0xFF] == LETTER);
    at = i;
    word = hash;
    letters = count;
  }

  private void endWord() {
    if (letters > 0) {
      finishWord();
    }
  }

  private void finishWord() {
    facts.sixteenths += wordCost(asciiLetters);
    facts.words++;
    if (at <= quietFrom || at >= quietTo) {
      lookUp();
    }
    twoBefore = before;
    before = word;
    word = Lexicon.START;
    letters = 0;
    asciiLetters = 0;
    lineStart = false;
    ideograph = 0;
  }

  private static int wordCost(int letters) {
    int last = WORD.length - 1;
    return letters <= last ? WORD[letters] : WORD[last] + (letters - last) * LONGER_LETTER;
  }

  private void lookUp() {
    int found = lexicon.find(word);
    if ((found & Lexicon.ENDS_PHRASE) != 0) {
      long two = Lexicon.joined(before, word);
      long three = Lexicon.joined(Lexicon.joined(twoBefore, before), word);
      found |= lexicon.find(two) | lexicon.find(three);
    }
    if (found == 0 && letters >= Lexicon.STEM_LETTERS) {
      found = lexicon.find(Lexicon.stem(stem));
    }
    int categories = found & (facts.words <= OPENING_WORDS ? ANYTHING : NOT_IN_THE_OPENING);
    if (categories != 0) {
      facts.add(categories);
      length(categories);
    }
  }

  private void length(int categories) {
    if (facts.words - numberAtWord <= 2) {
      int perUnit = tokensPerUnit(categories);
      if (perUnit > 0) {
        facts.requestedTokens =
            Math.max(facts.requestedTokens, Math.min(8192, number * perUnit / 4));
        numberAtWord = Integer.MIN_VALUE;
      }
    }
  }

  /** Quarters of tokens. */
  private static int tokensPerUnit(int categories) {
    if ((categories & Category.UNIT_WORDS.bit()) != 0) {
      return 5;
    }
    if ((categories & Category.UNIT_SENTENCES.bit()) != 0) {
      return 100;
    }
    if ((categories & Category.UNIT_PARAGRAPHS.bit()) != 0) {
      return 400;
    }
    return (categories & Category.UNIT_PAGES.bit()) != 0 ? 2400 : 0;
  }

  private void digits() {
    endWord();
    int start = at;
    int value = 0;
    while (at < end && KINDS[bytes[at] & 0xFF] == DIGIT) {
      value = Math.min(100_000, value * 10 + (bytes[at] - '0'));
      at++;
    }
    int count = at - start;
    facts.sixteenths += (long) TOKEN * ((count + DIGITS_TO_A_TOKEN - 1) / DIGITS_TO_A_TOKEN);
    if (lineStart && at < end && (bytes[at] == '.' || bytes[at] == ')')) {
      facts.items++;
    } else {
      facts.numbers++;
    }
    number = value;
    numberAtWord = facts.words;
    lastKind = DIGIT;
    lineStart = false;
    ideograph = 0;
  }

  private void blank(int width) {
    endWord();
    at += width;
    if (lastKind == SPACE) {
      facts.sixteenths += 1;
    }
    lastKind = SPACE;
    ideograph = 0;
  }

  private void newLine() {
    endWord();
    at += 2;
    facts.sixteenths += lastKind == SPACE ? 1 : BLANKS;
    lastKind = SPACE;
    lineStart = true;
    ideograph = 0;
  }

  private void punctuation(int c, int width) {
    endWord();
    facts.sixteenths += lastKind == 0 ? NEXT_PUNCTUATION : TOKEN;
    switch (c) {
      case '?' -> facts.questions++;
      case '{', '}', ';', '=', '<', '>', '(', ')', '[', ']', '_' -> facts.codeSymbols++;
      case '`' -> fence();
      case '^' -> facts.formulas++;
      case '-', '*' -> item();
      default -> {}
    }
    at += width;
    lastKind = 0;
    lineStart = false;
    ideograph = 0;
  }

  private void item() {
    if (lineStart && at + 1 < end && bytes[at + 1] == ' ') {
      facts.items++;
    }
  }

  private void fence() {
    if (at + 2 < end && bytes[at + 1] == '`' && bytes[at + 2] == '`') {
      facts.fences++;
    }
  }

  private void escape() {
    if (at + 1 >= end) {
      punctuation('\\', 1);
      return;
    }
    switch (bytes[at + 1]) {
      case 'n' -> newLine();
      case 't', 'r', 'f', 'b' -> blank(2);
      case 'u' -> unicode();
      case '\\' -> backslash();
      default -> punctuation(bytes[at + 1], 2);
    }
  }

  /** A backslash of the text itself; before a letter it is most likely a formula's command. */
  private void backslash() {
    boolean command = at + 2 < end && KINDS[bytes[at + 2] & 0xFF] == LETTER;
    punctuation('\\', 2);
    if (command) {
      facts.formulas++;
    }
  }

  private void unicode() {
    int high = hex(at + 2);
    int width = 6;
    int codePoint = high;
    if (Character.isSurrogate((char) high) && at + 7 < end && bytes[at + 6] == '\\') {
      int low = hex(at + 8);
      if (Character.isSurrogatePair((char) high, (char) low)) {
        codePoint = Character.toCodePoint((char) high, (char) low);
        width = 12;
      }
    }
    codePoint(codePoint, Math.min(width, end - at));
  }

  private int hex(int from) {
    int value = 0;
    for (int i = from; i < from + 4; i++) {
      value = value << 4 | (i < end ? Character.digit(bytes[i], 16) & 0xF : 0);
    }
    return value;
  }

  private void beyondAscii() {
    int lead = bytes[at] & 0xFF;
    int width = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (width == 1 || at + width > end) {
      punctuation(0, 1);
      return;
    }
    int codePoint = lead & (0xFF >> (width + 1));
    for (int i = 1; i < width; i++) {
      codePoint = codePoint << 6 | (bytes[at + i] & 0x3F);
    }
    codePoint(codePoint, width);
  }

  private void codePoint(int codePoint, int width) {
    if (codePoint < 0x80) {
      ascii(codePoint, width);
    } else if (Letters.isIdeographic(codePoint)) {
      ideograph(codePoint, width);
    } else if (Letters.isEmoji(codePoint)) {
      symbol(EMOJI, width);
    } else if (Letters.isPunctuation(codePoint)) {
      facts.formulas += Letters.isMathematical(codePoint) ? 1 : 0;
      facts.questions += codePoint == 0xFF1F ? 1 : 0;
      punctuation(0, width);
    } else {
      letter(codePoint, width);
    }
  }

  /** An ASCII character that was escaped. */
  private void ascii(int c, int width) {
    switch (KINDS[c]) {
      case LETTER -> letter(c, width);
      case SPACE -> blank(width);
      default -> punctuation(c, width);
    }
  }

  private void letter(int codePoint, int width) {
    if (codePoint < 0x80) {
      asciiLetters++;
    } else {
      facts.sixteenths += letterCost(codePoint);
    }
    word = Lexicon.letter(word, Letters.lowerCase(codePoint));
    if (++letters == Lexicon.STEM_LETTERS) {
      stem = word;
    }
    at += width;
    lastKind = LETTER;
  }

  private static int letterCost(int codePoint) {
    if (codePoint < 0x250) {
      return ACCENT;
    }
    return codePoint < 0x530 ? ALPHABET : SYLLABLE;
  }

  private void ideograph(int codePoint, int width) {
    endWord();
    facts.sixteenths += IDEOGRAPH;
    if (ideograph != 0 && (at <= quietFrom || at >= quietTo)) {
      int found = lexicon.find(Lexicon.pair(ideograph, codePoint));
      if (found != 0) {
        facts.add(found);
      }
    }
    facts.words++;
    ideograph = codePoint;
    at += width;
    lastKind = LETTER;
    lineStart = false;
  }

  private void symbol(int sixteenths, int width) {
    endWord();
    facts.sixteenths += sixteenths;
    at += width;
    lastKind = 0;
    ideograph = 0;
  }

  private static byte[] kinds() {
    byte[] kinds = new byte[256];
    for (int c = 0; c < 256; c++) {
      kinds[c] =
          (byte)
              (c >= 0x80
                  ? BEYOND_ASCII
                  : Character.isLetter(c)
                      ? LETTER
                      : Character.isDigit(c) ? DIGIT : c <= ' ' ? SPACE : c == '\\' ? ESCAPE : 0);
    }
    return kinds;
  }
}
