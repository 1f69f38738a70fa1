package io.penstock.gateway.cache;

import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of an answer that are in memory, as the chunks in which they came: all of them, or
 * those after what was dropped. Chunks are counted from the answer's beginning. Under its
 * recording's lock.
 */
final class Chunks {
  private final List<byte[]> chunks = new ArrayList<>();
  private int first;
  private long dropped;
  private long end;

  /** Where the answer ends, so far. */
  long end() {
    return end;
  }

  /** How much of its beginning is not here any more. */
  long dropped() {
    return dropped;
  }

  long held() {
    return end - dropped;
  }

  /** The number of the oldest chunk that is here. */
  int first() {
    return first;
  }

  /** The number of the chunk that comes next. */
  int next() {
    return first + chunks.size();
  }

  void add(byte... bytes) {
    chunks.add(bytes);
    end += bytes.length;
  }

  /** Another answer begins. */
  void clear() {
    chunks.clear();
    first = 0;
    dropped = 0;
    end = 0;
  }

  /** One chunk of all of them; only while nobody has a number of one. */
  void merge() {
    if (chunks.size() > 1 && dropped == 0) {
      byte[] one = concat(0, chunks.size());
      chunks.clear();
      chunks.add(one);
    }
  }

  /** All bytes that are here. */
  byte[] all() {
    return chunks.size() == 1 ? chunks.getFirst() : concat(0, chunks.size());
  }

  /** How many chunks from one on are together no longer than a bound; one at least. */
  int countWithin(int number, int mostBytes) {
    int from = number - first;
    int to = from + 1;
    int length = chunks.get(from).length;
    while (to < chunks.size() && length + chunks.get(to).length <= mostBytes) {
      length += chunks.get(to++).length;
    }
    return to - from;
  }

  /** So many chunks from one on, as one. */
  byte[] read(int number, int count) {
    int from = number - first;
    return count == 1 ? chunks.get(from) : concat(from, from + count);
  }

  private byte[] concat(int from, int to) {
    int length = 0;
    for (int i = from; i < to; i++) {
      length += chunks.get(i).length;
    }
    byte[] all = new byte[length];
    int at = 0;
    for (int i = from; i < to; i++) {
      byte[] chunk = chunks.get(i);
      System.arraycopy(chunk, 0, all, at, chunk.length);
      at += chunk.length;
    }
    return all;
  }

  /** The oldest chunks, as many as leave no more than so much here. */
  List<byte[]> oldestBeyond(long keptBytes) {
    int count = 0;
    long held = held();
    while (count < chunks.size() && held > keptBytes) {
      held -= chunks.get(count++).length;
    }
    return List.copyOf(chunks.subList(0, count));
  }

  /** Lets the chunks go that end no later than a place in the answer; how many bytes they were. */
  long dropTo(long place) {
    int gone = 0;
    long bytes = 0;
    while (gone < chunks.size() && dropped + bytes + chunks.get(gone).length <= place) {
      bytes += chunks.get(gone++).length;
    }
    chunks.subList(0, gone).clear();
    first += gone;
    dropped += bytes;
    return bytes;
  }
}
