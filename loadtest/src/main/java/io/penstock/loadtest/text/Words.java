package io.penstock.loadtest.text;

import java.util.List;

/** Plain sentences without meaning, endless, from a list of common words. */
public final class Words {
  private static final List<String> WORDS =
      List.of(
          ("the a this that each every some most another no river water gate wheel mill valley"
               + " stone bridge field garden forest mountain harbor island winter summer morning"
               + " evening market village engine signal message number table window letter paper"
               + " answer question reason method result measure pattern value order system process"
               + " model server request queue token batch memory cache line point group part side"
               + " form level rate cost price load limit plan change growth pressure flow source is"
               + " was has makes gives takes holds keeps finds shows needs uses moves turns runs"
               + " follows carries opens closes reads writes starts ends waits meets adds saves"
               + " sends brings leaves knows asks means allows reaches remains small large long"
               + " short early late clear quiet steady simple careful useful common recent local"
               + " open narrow warm cold bright dark slow fast heavy light fresh old new good fair"
               + " exact whole possible certain different and but or so because while when where"
               + " after before until unless although of in on at by with from into over under"
               + " between through against toward without within about across again often never"
               + " always almost rather quite only just even still also perhaps together however"
               + " therefore")
              .split(" "));

  private final Dice dice;
  private int leftInSentence;
  private int leftInParagraph;
  private boolean begins = true;

  Words(Dice dice) {
    this.dice = dice;
    this.leftInSentence = sentence();
    this.leftInParagraph = 3 + dice.below(4);
  }

  /** Text of exactly so many tokens. */
  public static String ofTokens(Dice dice, int tokens) {
    if (tokens < 2) {
      return tokens == 1 ? "Yes" : "";
    }
    var text = new StringBuilder(tokens * 5);
    var words = new Words(dice);
    int counted = 0;
    while (true) {
      int from = text.length();
      words.appendTo(text);
      var pieces = Tokenizer.pieces(text.substring(from));
      if (counted + pieces.size() >= tokens) {
        text.setLength(from);
        pieces.subList(0, tokens - 1 - counted).forEach(text::append);
        return text.append('.').toString();
      }
      counted += pieces.size();
    }
  }

  public static String some(Dice dice, int words) {
    var text = new StringBuilder();
    for (int i = 0; i < words; i++) {
      text.append(i == 0 ? "" : " ").append(dice.one(WORDS));
    }
    return text.toString();
  }

  private void appendTo(StringBuilder text) {
    String word = dice.one(WORDS);
    if (begins) {
      text.append(text.isEmpty() || text.charAt(text.length() - 1) == '\n' ? "" : " ");
      text.append(Character.toUpperCase(word.charAt(0))).append(word, 1, word.length());
      begins = false;
      return;
    }
    text.append(' ').append(word);
    if (--leftInSentence == 0) {
      endSentence(text);
    } else if (dice.chance(0.07)) {
      text.append(',');
    }
  }

  private void endSentence(StringBuilder text) {
    text.append('.');
    begins = true;
    leftInSentence = sentence();
    if (--leftInParagraph == 0) {
      text.append("\n\n");
      leftInParagraph = 3 + dice.below(4);
    }
  }

  private int sentence() {
    return 5 + dice.below(10);
  }
}
