package io.penstock.gateway.choose;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Which backends of one pool saw which blocks of prompts lately; shared by all loops, without a
 * lock and of a fixed size.
 *
 * <p>A table of sets of eight places. A place is two numbers: a block's hash, and which backends
 * saw it (a bit each) beside the age at which that was last noted. A hash can be in its own set
 * alone; where the set is full the place that was noted longest ago is taken, so that the table
 * forgets as the backends' own caches do. Age counts what was noted, not time. When a block is
 * noted again after as many others as the table has places, who saw it before is taken to have
 * forgotten it.
 *
 * <p>The two numbers of a place are not written at once, and two loops may write one place: then a
 * hint is lost or wrong. A wrong hint costs a prefill and nothing else, so nothing is done about
 * it.
 */
final class PrefixIndex {
  /** Backends that can be told apart. */
  static final int SLOTS = 48;

  /** Half a kilobyte of prompt each: 32 MiB of text, in 1 MiB. */
  static final int PLACES = 1 << 16;

  private static final int WAYS = 8;
  private static final long SLOT_MASK = (1L << SLOTS) - 1;
  private static final int AGES = 1 << 16;

  /** So many ages is one table's worth of notes. */
  private static final int AGES_PER_TABLE = 64;

  private final AtomicLongArray hashes;
  private final AtomicLongArray seen;
  private final AtomicLong notes = new AtomicLong();
  private final int places;
  private final int setShift;

  PrefixIndex() {
    this(PLACES);
  }

  /**
   * @param places a power of two, of at least two sets
   */
  PrefixIndex(int places) {
    this.places = places;
    this.hashes = new AtomicLongArray(places);
    this.seen = new AtomicLongArray(places);
    this.setShift = Long.SIZE - Integer.numberOfTrailingZeros(places / WAYS);
  }

  /** Who saw a block, a bit for each slot; 0: nobody. */
  long who(long hash) {
    int first = firstPlace(hash);
    for (int i = first; i < first + WAYS; i++) {
      if (hashes.get(i) == hash) {
        return seen.get(i) & SLOT_MASK;
      }
    }
    return 0;
  }

  /** Notes that a backend is given these blocks. */
  void note(long[] blocks, int slot) {
    int age = age(notes.getAndAdd(blocks.length));
    for (long block : blocks) {
      note(block, 1L << slot, age);
    }
  }

  private void note(long hash, long bit, int age) {
    int first = firstPlace(hash);
    int oldest = first;
    int most = -1;
    for (int i = first; i < first + WAYS; i++) {
      long there = hashes.get(i);
      long value = seen.get(i);
      if (there == hash) {
        boolean stale = since(value, age) > AGES_PER_TABLE;
        seen.set(i, (long) age << SLOTS | (stale ? 0 : value & SLOT_MASK) | bit);
        return;
      }
      int since = there == 0 ? AGES : since(value, age);
      if (since > most) {
        most = since;
        oldest = i;
      }
    }
    seen.set(oldest, (long) age << SLOTS | bit);
    hashes.set(oldest, hash);
  }

  private static int since(long value, int age) {
    return age - (int) (value >>> SLOTS) & AGES - 1;
  }

  private int age(long note) {
    return (int) (note * AGES_PER_TABLE / places) & AGES - 1;
  }

  private int firstPlace(long hash) {
    return (int) (hash >>> setShift) * WAYS;
  }

  /** A backend's slot is another's from now on. */
  void forget(int slot) {
    long others = ~(1L << slot);
    for (int i = 0; i < places; i++) {
      seen.getAndUpdate(i, value -> value & others);
    }
  }

  /** Blocks that are known. */
  int size() {
    int size = 0;
    for (int i = 0; i < places; i++) {
      size += hashes.get(i) == 0 ? 0 : 1;
    }
    return size;
  }
}
