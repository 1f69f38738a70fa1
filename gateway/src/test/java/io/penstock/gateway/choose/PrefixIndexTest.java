package io.penstock.gateway.choose;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class PrefixIndexTest {
  private static final int PLACES = 1 << 10;

  private final PrefixIndex index = new PrefixIndex(PLACES);
  private final SplittableRandom random = new SplittableRandom(1);

  private long[] some(int blocks) {
    return random.longs(blocks).map(hash -> hash == 0 ? 1 : hash).toArray();
  }

  @Test
  void who_ofWhatWasNoted_isEverybodyWhoSawIt() {
    long[] blocks = some(5);
    index.note(blocks, 3);
    index.note(new long[] {blocks[0], blocks[1]}, 40);
    assertThat(index.who(blocks[0])).isEqualTo(1L << 3 | 1L << 40);
    assertThat(index.who(blocks[4])).isEqualTo(1L << 3);
    assertThat(index.who(some(1)[0])).isZero();
  }

  @Test
  void note_ofMoreThanItHolds_keepsTheSizeAndTheLatest() {
    for (int i = 0; i < 100; i++) {
      index.note(some(PLACES), 1);
    }
    long[] latest = some(PLACES / 8);
    index.note(latest, 2);
    assertThat(index.size()).isLessThanOrEqualTo(PLACES);
    int known = 0;
    for (long block : latest) {
      known += index.who(block) == 0 ? 0 : 1;
    }
    assertThat(known).isGreaterThan(latest.length * 9 / 10);
  }

  @Test
  void note_longAfterOthersSawIt_takesThemToHaveForgotten() {
    long[] block = some(1);
    index.note(block, 1);
    index.note(new long[] {7, 7, 7, 7}, 5);
    for (int i = 0; i < 2 * PLACES; i++) {
      index.note(new long[] {7}, 5);
    }
    index.note(block, 2);
    assertThat(index.who(block[0])).isEqualTo(1L << 2);
  }

  @Test
  void forget_takesOneBackendFromEveryBlock() {
    long[] blocks = some(50);
    index.note(blocks, 1);
    index.note(blocks, 2);
    index.forget(1);
    for (long block : blocks) {
      assertThat(index.who(block)).isEqualTo(1L << 2);
    }
  }
}
