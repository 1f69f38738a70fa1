package io.penstock.gateway.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.Pool;
import io.penstock.gateway.cache.Recording.Heard;
import io.penstock.gateway.cache.Recording.Over;
import io.penstock.gateway.cache.Recording.Part;
import io.penstock.gateway.cache.Recording.Place;
import io.penstock.gateway.cache.Recording.Silence;
import io.penstock.gateway.call.Configs;
import io.vertx.core.MultiMap;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RecordingTest {
  private static final Pool POOL = Configs.fleet().pools().values().iterator().next();
  private static final int BOUND = 1 << 20;
  private static final int ROOM = 64 << 20;

  private final AtomicLong room = new AtomicLong(ROOM);
  private final Recording recording = new Recording(BOUND, room, null);

  private Place place() {
    return Objects.requireNonNull(recording.join(() -> {}));
  }

  /** All that a reader can hear for now, and how it ended. */
  private static String read(Place place) {
    var read = new ByteArrayOutputStream();
    while (true) {
      switch (place.next()) {
        case Part(byte[] bytes) -> read.writeBytes(bytes);
        case Silence _ -> {
          return read.toString(StandardCharsets.UTF_8);
        }
        case Over over -> {
          return read.toString(StandardCharsets.UTF_8) + over.getClass().getSimpleName();
        }
      }
    }
  }

  private void write(String text) {
    recording.add(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void readers_earlyAndLate_readAllOfIt() {
    Place early = place();
    write("a");
    assertThat(read(early)).isEmpty();
    recording.open();
    assertThat(read(early)).isEqualTo("a");
    write("b");
    Place late = place();
    write("c");
    recording.close(new Over.Ended());

    assertThat(read(early)).isEqualTo("bcEnded");
    assertThat(read(late)).isEqualTo("abcEnded");
    assertThat(recording.whole()).isEqualTo("abc".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void anotherBackend_beginsAnew() {
    Place place = place();
    write("of the first");
    recording.begin(new Recording.Head(POOL, "p-1", 200, MultiMap.caseInsensitiveMultiMap()));
    write("of the second");
    recording.open();

    assertThat(read(place)).isEqualTo("of the second");
  }

  @Test
  void readers_areWoken_whenThereIsSomethingForThem() {
    var woken = new AtomicInteger();
    recording.join(woken::incrementAndGet);
    write("a");
    assertThat(woken).hasValue(0);
    recording.open();
    write("b");
    recording.close(new Over.Ended());
    assertThat(woken).hasValue(3);
  }

  /** As the writer does: until it is told to pause. */
  private void writeUntilPaused(Place fast, Runnable resume) {
    byte[] part = new byte[16 << 10];
    do {
      recording.add(part.clone());
      assertThat(read(fast)).hasSize(part.length);
      assertThat(ROOM - room.get()).isLessThanOrEqualTo(BOUND + part.length);
    } while (!recording.isFarAhead(resume));
  }

  @Test
  void slowReader_whoDoesNotRead_isGivenUp_andTheFastOneIsNot() {
    Place fast = place();
    Place slow = place();
    recording.open();
    var resumed = new AtomicInteger();
    writeUntilPaused(fast, resumed::incrementAndGet);
    assertThat(recording.stillWaits()).isTrue();
    assertThat(recording.stillWaits()).isFalse();

    assertThat(resumed).hasValue(1);
    assertThat(slow.next()).isInstanceOf(Over.TooSlow.class);
    assertThat(recording.join(() -> {})).isNull();
    assertThat(recording.whole()).isNull();
    write("more");
    assertThat(read(fast)).isEqualTo("more");
    fast.leave();
    slow.leave();
    assertThat(room).hasValue(ROOM);
  }

  @Test
  void slowReader_whoReads_isWaitedFor_andHasAllOfIt() {
    Place fast = place();
    Place slow = place();
    recording.open();
    var resumed = new AtomicInteger();
    for (int i = 0; i < Recording.MOST_LOOKS; i++) {
      writeUntilPaused(fast, resumed::incrementAndGet);
      assertThat(recording.stillWaits()).isTrue();
      assertThat(resumed).hasValue(i);
      assertThat(slow.next()).isInstanceOf(Part.class);
      assertThat(resumed).hasValue(i + 1);
    }
    recording.close(new Over.Ended());
    assertThat(read(slow)).endsWith("Ended");
    assertThat(read(fast)).isEqualTo("Ended");
  }

  @Test
  void slowReader_whoReadsTooSlowlyForTooLong_isGivenUp() {
    Place fast = place();
    Place slow = place();
    recording.open();
    for (int i = 0; i < Recording.MOST_LOOKS; i++) {
      writeUntilPaused(fast, () -> {});
      assertThat(recording.stillWaits()).isTrue();
      slow.next();
    }
    writeUntilPaused(fast, () -> {});
    assertThat(recording.stillWaits()).isFalse();
    assertThat(slow.next()).isInstanceOf(Over.TooSlow.class);
  }

  @Test
  void slowReader_whoLeaves_isWaitedForNoLonger() {
    Place fast = place();
    Place slow = place();
    recording.open();
    var resumed = new AtomicInteger();
    writeUntilPaused(fast, resumed::incrementAndGet);
    slow.leave();
    assertThat(resumed).hasValue(1);
    assertThat(recording.stillWaits()).isFalse();
  }

  /** Whoever goes on writing all the same does not fill the memory. */
  @Test
  void writer_whoDoesNotPause_losesTheSlowOne() {
    Place fast = place();
    Place slow = place();
    recording.open();
    byte[] part = new byte[16 << 10];
    for (int written = 0; written < 4 * BOUND; written += part.length) {
      recording.add(part.clone());
      assertThat(read(fast)).hasSize(part.length);
      assertThat(ROOM - room.get()).isLessThanOrEqualTo(2 * BOUND + part.length);
    }
    assertThat(slow.next()).isInstanceOf(Over.TooSlow.class);
  }

  @Test
  void writer_pauses_onlyWhenTheFastestIsBehind_andIsCalledBack() {
    Place one = place();
    Place two = place();
    recording.open();
    var resumed = new AtomicInteger();
    recording.add(new byte[Recording.AHEAD_BYTES + 1]);
    assertThat(recording.isFarAhead(resumed::incrementAndGet)).isTrue();
    assertThat(resumed).hasValue(0);

    read(one);

    assertThat(resumed).hasValue(1);
    assertThat(recording.isFarAhead(resumed::incrementAndGet)).isFalse();
    assertThat(read(two)).hasSize(Recording.AHEAD_BYTES + 1);
  }

  @Test
  void lastReader_whoLeaves_abandonsIt() {
    var abandoned = new AtomicInteger();
    recording.whenAbandoned(abandoned::incrementAndGet);
    Place one = place();
    Place two = place();
    write("a");

    assertThat(one.leave()).isTrue();
    assertThat(abandoned).hasValue(0);
    assertThat(two.leave()).isFalse();
    assertThat(abandoned).hasValue(1);
    assertThat(recording.join(() -> {})).isNull();
    assertThat(room).hasValue(ROOM);
  }

  @Test
  void withoutRoom_nobodyJoins_butWhoIsThereReadsOn() {
    var little = new Recording(BOUND, new AtomicLong(2), null);
    Place place = Objects.requireNonNull(little.join(() -> {}));
    little.open();
    little.add("abc".getBytes(StandardCharsets.UTF_8));

    assertThat(little.join(() -> {})).isNull();
    assertThat(read(place)).isEqualTo("abc");
  }

  // On disk.

  private final Queue<Runnable> threads = new ArrayDeque<>();
  private final AtomicLong disk = new AtomicLong(ROOM);

  private Recording spilling() {
    return new Recording(BOUND, room, new Spill(threads::add, disk));
  }

  private void work() {
    while (!threads.isEmpty()) {
      threads.remove().run();
    }
  }

  private static byte[] part(int number) {
    byte[] part = new byte[16 << 10];
    Arrays.fill(part, (byte) number);
    return part;
  }

  private void fill(Recording into, Place fast, int parts) {
    for (int i = 0; i < parts; i++) {
      into.add(part(i));
      assertThat(read(fast)).hasSize(16 << 10);
      work();
      assertThat(ROOM - room.get()).isLessThanOrEqualTo(BOUND + (16 << 10));
      assertThat(into.isFarAhead(() -> {})).isFalse();
    }
  }

  /** Much more than the bound, and the writer never waits. */
  @Test
  void slowReader_whoDoesNotRead_hasTheRestOnDisk_andInTheEndAllOfIt() {
    Recording wide = spilling();
    Place fast = Objects.requireNonNull(wide.join(() -> {}));
    Place slow = Objects.requireNonNull(wide.join(() -> {}));
    wide.open();
    fill(wide, fast, 1000);
    wide.close(new Over.Ended());
    assertThat(read(fast)).isEqualTo("Ended");
    assertThat(ROOM - disk.get()).isBetween(14L << 20, 16L << 20);

    var read = new ByteArrayOutputStream();
    while (slow.next() instanceof Heard heard && !(heard instanceof Over)) {
      if (heard instanceof Part(byte[] bytes)) {
        read.writeBytes(bytes);
      }
      work();
    }
    var all = new ByteArrayOutputStream();
    for (int i = 0; i < 1000; i++) {
      all.writeBytes(part(i));
    }
    assertThat(Arrays.equals(read.toByteArray(), all.toByteArray())).isTrue();
    fast.leave();
    slow.leave();
    assertThat(room).hasValue(ROOM);
    assertThat(disk).hasValue(ROOM);
  }

  /** Who has caught up leaves nothing on disk, and falls behind anew. */
  @Test
  void slowReader_whoCatchesUp_leavesTheDisk() {
    Recording wide = spilling();
    Place fast = Objects.requireNonNull(wide.join(() -> {}));
    Place slow = Objects.requireNonNull(wide.join(() -> {}));
    wide.open();
    for (int round = 0; round < 3; round++) {
      fill(wide, fast, 200);
      assertThat(disk.get()).isLessThan(ROOM);
      int bytes = 0;
      while (bytes < 200 * (16 << 10)) {
        if (slow.next() instanceof Part(byte[] more)) {
          bytes += more.length;
        }
        work();
      }
      assertThat(slow.next()).isEqualTo(Silence.QUIET);
      assertThat(disk).hasValue(ROOM);
    }
  }

  @Test
  void diskWithoutRoom_hasTheWriterWaitAsWithoutADisk() {
    disk.set(0);
    Recording wide = spilling();
    Place fast = Objects.requireNonNull(wide.join(() -> {}));
    Place slow = Objects.requireNonNull(wide.join(() -> {}));
    wide.open();
    do {
      wide.add(part(1));
      read(fast);
    } while (!wide.isFarAhead(() -> {}));
    assertThat(wide.stillWaits()).isTrue();
    assertThat(wide.stillWaits()).isFalse();
    assertThat(slow.next()).isInstanceOf(Over.TooSlow.class);
    assertThat(disk).hasValue(0);
  }

  @Test
  void reader_whoLeavesWhileItIsWritten_leavesNothing() {
    Recording wide = spilling();
    Place fast = Objects.requireNonNull(wide.join(() -> {}));
    Place slow = Objects.requireNonNull(wide.join(() -> {}));
    wide.open();
    while (threads.isEmpty()) {
      wide.add(part(1));
      read(fast);
    }
    slow.leave();
    work();
    wide.add(part(1));
    assertThat(read(fast)).hasSize(16 << 10);
    assertThat(disk).hasValue(ROOM);
    assertThat(room).hasValue(ROOM);
    fast.leave();
    work();
    assertThat(room).hasValue(ROOM);
  }
}
