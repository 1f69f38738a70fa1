package io.penstock.loadtest.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TokenizerTest {
  private static final String ALPHABET = "abcXYZ 09\n\t.,-=#*(){}\"'éß日本🚰 ";

  @Test
  void plainEnglish_hasAboutFourCharactersAToken() {
    String text =
        "The engine takes the water from the river and gives it to the mill, every morning of the"
            + " year.";
    assertThat(text.length() / (double) Tokenizer.count(text)).isBetween(3.0, 5.0);
  }

  @Test
  void anyText_comesBackFromItsNumbers() {
    var random = new SplittableRandom(1);
    for (int i = 0; i < 2000; i++) {
      String text = text(random);
      assertThat(Tokenizer.text(Tokenizer.ids(text))).isEqualTo(text);
    }
  }

  @Test
  void anyText_cutAfterAToken_countsTheTokensBefore() {
    var random = new SplittableRandom(2);
    for (int i = 0; i < 500; i++) {
      var pieces = Tokenizer.pieces(text(random));
      for (int cut = 0; cut <= pieces.size(); cut++) {
        assertThat(Tokenizer.pieces(String.join("", pieces.subList(0, cut))))
            .isEqualTo(pieces.subList(0, cut));
      }
    }
  }

  @Test
  void words_ofTokens_countExactly() {
    for (int tokens = 0; tokens < 300; tokens++) {
      assertThat(Tokenizer.count(Words.ofTokens(Dice.of(tokens), tokens))).isEqualTo(tokens);
    }
  }

  private static String text(SplittableRandom random) {
    var text = new StringBuilder();
    int length = random.nextInt(40);
    int[] codePoints = ALPHABET.codePoints().toArray();
    for (int i = 0; i < length; i++) {
      text.appendCodePoint(codePoints[random.nextInt(codePoints.length)]);
    }
    return text.toString();
  }
}
