package io.penstock.gateway.choose;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Calls;
import io.penstock.gateway.call.Operation;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class PrefixChainTest {

  private static String text(int seed, int length) {
    var random = new Random(seed);
    var text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append((char) ('a' + random.nextInt(26)));
    }
    return text.toString();
  }

  private static long[] blocks(Call call) {
    return Prefix.of(call).blocks();
  }

  private static int alike(long[] one, long[] other) {
    int alike = 0;
    while (alike < Math.min(one.length, other.length) && one[alike] == other[alike]) {
      alike++;
    }
    return alike;
  }

  @Test
  void blocks_ofTexts_areAlikeExactlyAsFarAsTheTextsAre() {
    String text = text(1, 5_000);
    for (int at : new int[] {0, 511, 512, 1_023, 2_000, 4_607}) {
      String changed = text.substring(0, at) + '!' + text.substring(at + 1);
      assertThat(alike(blocks(Calls.chat(text)), blocks(Calls.chat(changed))))
          .as("changed at " + at)
          .isEqualTo(at / 512);
    }
    assertThat(blocks(Calls.chat(text))).hasSize(5_000 / 512);
  }

  @Test
  void blocks_ofALaterTurn_beginWithThoseOfTheEarlier() {
    var earlier = new Calls().system(text(1, 700)).user(text(2, 900)).build();
    var later =
        new Calls()
            .system(text(1, 700))
            .user(text(2, 900))
            .assistant(text(3, 901))
            .user(text(4, 99))
            .build();
    assertThat(blocks(earlier)).hasSize(3);
    assertThat(alike(blocks(earlier), blocks(later))).isEqualTo(3);
    assertThat(Prefix.of(earlier).blocks()).isEqualTo(blocks(earlier));
    assertThat(opening(later)).isEqualTo(opening(earlier));
  }

  private static long opening(Call call) {
    Prefix prefix = Prefix.of(call);
    assertThat(prefix.blocks()).isNotEmpty();
    return prefix.opening();
  }

  @Test
  void opening_ofOtherConversations_differs() {
    String system = text(1, 2_000);
    long one = opening(new Calls().system(system).user("Hello").build());
    assertThat(one).isNotEqualTo(opening(new Calls().system(system).user("Hello!").build()));
    assertThat(one).isNotEqualTo(opening(new Calls().system(text(2, 2_000)).user("Hello").build()));
    assertThat(one).isNotEqualTo(opening(new Calls().user(system).user("Hello").build()));
  }

  @Test
  void opening_ofALongDocument_doesNotDependOnTheQuestion() {
    String document = text(1, 20_000);
    assertThat(opening(Calls.chat(document + " Who wrote it?")))
        .isEqualTo(opening(Calls.chat(document + " What is it about?")));
    assertThat(opening(new Calls().system(document).user("Who wrote it?").build()))
        .isEqualTo(opening(new Calls().system(document).user("What is it about?").build()));
  }

  @Test
  void blocks_ofOtherTools_differFromTheFirst() {
    var plain = new Calls().user(text(1, 2_000));
    var one = new Calls().tools(1, text(2, 600)).user(text(1, 2_000));
    var other = new Calls().tools(1, text(3, 600)).user(text(1, 2_000));
    assertThat(alike(blocks(one.build()), blocks(other.build()))).isZero();
    assertThat(alike(blocks(one.build()), blocks(plain.build()))).isZero();
  }

  @Test
  void blocks_ofEmbeddingsAndOfShortPrompts_areNone() {
    assertThat(blocks(new Calls().operation(Operation.EMBEDDINGS).user(text(1, 5_000)).build()))
        .isEmpty();
    assertThat(blocks(Calls.chat(text(1, 500)))).isEmpty();
  }

  @Test
  void blocks_ofAnEndlessPrompt_areBounded() {
    assertThat(blocks(Calls.chat(text(1, 2_000_000)))).hasSize(PrefixChain.MAX_BLOCKS);
  }
}
