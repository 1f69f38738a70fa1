package io.penstock.gateway.admit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class SlotsTest {

  @Test
  void take_whenAllAreInUse_givesNone() {
    var slots = new Slots(2);
    assertThat(slots.take()).isTrue();
    assertThat(slots.take()).isTrue();
    assertThat(slots.take()).isFalse();
    slots.giveBack();
    assertThat(slots.take()).isTrue();
  }

  @Test
  void take_withoutABound_counts() {
    var slots = new Slots(0);
    for (int i = 0; i < 100; i++) {
      assertThat(slots.take()).isTrue();
    }
    assertThat(slots.inUse()).isEqualTo(100);
    assertThat(slots.waitNanos()).isZero();
  }

  @Test
  void giveBack_ofWhatNobodyHeld_throwsAndCountsNothing() {
    var slots = new Slots(1);
    assertThatIllegalStateException().isThrownBy(slots::giveBack);
    assertThat(slots.inUse()).isZero();
  }

  @Test
  void waitNanos_whenFull_isAboutTheTimeToTheNextEnd() {
    var slots = new Slots(4);
    slots.take();
    slots.giveBack(8_000_000_000L);
    for (int i = 0; i < 4; i++) {
      slots.take();
    }
    assertThat(slots.waitNanos()).isEqualTo(2_000_000_000L);
  }

  @Test
  void resize_belowWhatIsInUse_waitsUntilEnoughHaveEnded() {
    var slots = new Slots(3);
    slots.take();
    slots.take();
    slots.resize(1);
    slots.giveBack();
    assertThat(slots.take()).isFalse();
    slots.giveBack();
    assertThat(slots.take()).isTrue();
  }

  @Test
  void take_byManyThreads_losesAndInventsNoSlot() throws InterruptedException {
    var slots = new Slots(2);
    var holders = new AtomicInteger();
    var wrong = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      threads.add(
          Thread.ofPlatform()
              .uncaughtExceptionHandler((_, _) -> wrong.incrementAndGet())
              .start(() -> {
                for (int j = 0; j < 200_000; j++) {
                  if (slots.take()) {
                    if (holders.incrementAndGet() > 2) {
                      wrong.incrementAndGet();
                    }
                    holders.decrementAndGet();
                    slots.giveBack();
                  }
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(wrong).hasValue(0);
    assertThat(slots.inUse()).isZero();
  }
}
