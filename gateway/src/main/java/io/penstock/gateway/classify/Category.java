package io.penstock.gateway.classify;

import java.util.Locale;

/** What a word of the lexicon says about a request; the names are those in the file. */
enum Category {
  HARD,
  MIDDLING,
  STEPS,
  CONSTRAINT,
  LONG,
  BRIEF,
  UNIT_WORDS,
  UNIT_SENTENCES,
  UNIT_PARAGRAPHS,
  UNIT_PAGES,
  SIMPLE,
  CODE,
  MATHS,
  QUANTITY,
  DOMAIN;

  static final int COUNT = values().length;

  static Category named(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  /** Its place in an array of counts; nothing is stored by it. */
  @SuppressWarnings("EnumOrdinal")
  int index() {
    return ordinal();
  }

  int bit() {
    return 1 << index();
  }
}
