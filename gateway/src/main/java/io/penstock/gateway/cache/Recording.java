package io.penstock.gateway.cache;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Refusal;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What one upstream call has sent so far, and the clients who read it, each at its own pace and on
 * its own loop. The bytes are there once for all of them. One loop writes; the rest is safe on any.
 *
 * <p>Memory is bounded: as long as the answer is within the bound all of it stays, so that anyone
 * may join. Beyond it nobody joins any more, what all have read is dropped, and what only the slow
 * have not goes to disk ({@link Spill}), where they read on. The writer is told to pause when even
 * the fastest reader is far behind.
 *
 * <p>Where the disk has no room the writer pauses for who is a whole bound behind, too: as long as
 * that one reads, and not longer than {@link #MOST_LOOKS} looks for the whole answer. Then it is
 * given up ({@link Over.TooSlow}), so that no client stops the others for good.
 */
public final class Recording {
  /** How far the fastest reader may be behind before the writer pauses. */
  static final int AHEAD_BYTES = 256 << 10;

  /** How often in all the writer waits from one look to the next for who is a bound behind. */
  static final int MOST_LOOKS = 10;

  /** How much one who is behind is given at once. */
  private static final int MERGED_BYTES = 64 << 10;

  private final int maxBytes;
  private final AtomicLong room;
  private final @Nullable Spill spill;
  private final Chunks chunks = new Chunks();
  private final List<Place> places = new ArrayList<>();

  private @Nullable Head head;
  private @Nullable Over over;
  private @Nullable Runnable whenCaughtUp;
  private Runnable whenAbandoned = () -> {};
  private long bill;
  private boolean open;
  private boolean unbounded;
  private boolean abandoned;
  private boolean freed;
  private int looks;

  /** From where on the disk has the answer; as far as memory has not. */
  private long onDisk;

  private boolean spilling;
  private boolean cannotSpill;

  /**
   * @param maxBytes of which an answer stays whole
   * @param room what all recordings together may still take; below 0 none stays whole
   * @param spill where that goes of which only the slow have need; null: nowhere
   */
  Recording(int maxBytes, AtomicLong room, @Nullable Spill spill) {
    this.maxBytes = maxBytes;
    this.room = room;
    this.spill = spill;
  }

  /** A client's side: something is there to be read. Called on any thread, without a lock. */
  @FunctionalInterface
  public interface Reader {
    void wake();
  }

  /**
   * How a backend began its answer.
   *
   * @param backend its id
   * @param headers only to be read
   */
  public record Head(Pool pool, String backend, int status, MultiMap headers) {}

  /** What a reader hears next. */
  public sealed interface Heard permits Silence, Part, Over {}

  /** Nothing to read for now. */
  public enum Silence implements Heard {
    QUIET,
    /** It has been quiet for so long that a client should see that it is not forgotten. */
    LONG
  }

  /** Bytes of the answer; never to be changed. */
  @SuppressWarnings("ArrayRecordComponent")
  public record Part(byte[] bytes) implements Heard {}

  /** There is no more. */
  public sealed interface Over extends Heard {
    /** The answer has come to the end that HTTP gave it. */
    record Ended() implements Over {}

    /** It was cut off. */
    record Cut(String reason, String message) implements Over {}

    /** There is no answer. */
    record Failed(Refusal refusal, String reason) implements Over {}

    /** The reader fell too far behind the others. */
    record TooSlow() implements Over {}
  }

  // The writer's side.

  /** What is to be done when the last reader has left. */
  public synchronized void whenAbandoned(Runnable action) {
    whenAbandoned = action;
  }

  /** A backend answers; what another one sent before is forgotten. */
  public synchronized void begin(Head from) {
    head = from;
    room.addAndGet(chunks.held());
    chunks.clear();
    unbounded = false;
  }

  /** The bytes are the recording's from now on. */
  public void add(byte... bytes) {
    List<Place> woken;
    synchronized (this) {
      if (freed) {
        return;
      }
      chunks.add(bytes);
      boolean roomLeft = room.addAndGet(-bytes.length) >= 0;
      unbounded |= chunks.end() > maxBytes || !roomLeft;
      if (unbounded && open) {
        giveUpFarBeyond();
        trim();
        spill();
      }
      woken = readersIfOpen();
    }
    wake(woken);
  }

  /** Readers may read from now on, since this answer is going to be theirs. */
  public void open() {
    List<Place> woken;
    synchronized (this) {
      if (open) {
        return;
      }
      if (!abandoned) {
        chunks.merge(); // nobody has read yet: one part serves all
      }
      open = true;
      woken = readersIfOpen();
    }
    wake(woken);
  }

  /** Nothing came for a while. */
  public void quiet() {
    List<Place> woken;
    synchronized (this) {
      open = true;
      places.forEach(place -> place.longSilence = true);
      woken = readersIfOpen();
    }
    wake(woken);
  }

  /** What it cost in the end, and what each follower has saved. */
  public synchronized void costs(long microUsd) {
    bill = microUsd;
  }

  public synchronized long costs() {
    return bill;
  }

  /** Nothing more will come. */
  public void close(Over how) {
    List<Place> woken;
    synchronized (this) {
      if (over != null) {
        return;
      }
      over = how;
      open = true;
      woken = readersIfOpen();
      if (places.isEmpty()) {
        free();
      }
    }
    wake(woken);
  }

  /** Whether the writer should pause; {@code then} is called, on any thread, when it may go on. */
  public synchronized boolean isFarAhead(Runnable then) {
    boolean far = open && (ahead() > AHEAD_BYTES || someoneLags());
    whenCaughtUp = far ? then : null;
    return far;
  }

  /**
   * To be asked again a little later as long as it is true: the writer stands for readers who are a
   * whole bound behind. Who has not read since the last look is given up, and all of them once it
   * has been looked often enough.
   */
  public boolean stillWaits() {
    List<Place> woken = new ArrayList<>();
    Runnable writer;
    boolean waits;
    synchronized (this) {
      if (whenCaughtUp == null || !someoneLags()) {
        return false;
      }
      boolean isFirstNear = ahead() <= AHEAD_BYTES;
      looks += isFirstNear ? 1 : 0;
      for (Place place : places) {
        if (lags(place) && isFirstNear) {
          if (place.at == place.lookedAt || looks > MOST_LOOKS) {
            giveUp(place);
            woken.add(place);
          }
        }
        place.lookedAt = place.at;
      }
      trim();
      writer = caughtUp();
      waits = writer == null;
    }
    wake(woken);
    if (writer != null) {
      writer.run();
    }
    return waits;
  }

  private long ahead() {
    long nearest = Long.MAX_VALUE;
    for (Place place : places) {
      nearest = place.tooSlow ? nearest : Math.min(nearest, chunks.end() - place.at);
    }
    return nearest == Long.MAX_VALUE ? 0 : nearest;
  }

  /** All of it; null where a part is not there any more. */
  synchronized byte @Nullable [] whole() {
    return unbounded || chunks.dropped() > 0 ? null : chunks.all();
  }

  public synchronized @Nullable Head head() {
    return head;
  }

  // The readers' side.

  /** A place from the answer's beginning on; null where that cannot be had any more. */
  synchronized @Nullable Place join(Reader reader) {
    boolean lost = over instanceof Over.Failed || over instanceof Over.Cut;
    if (abandoned || unbounded || lost) {
      return null;
    }
    Place place = new Place(reader);
    places.add(place);
    return place;
  }

  synchronized int readers() {
    return places.size();
  }

  /** One client's place in the answer. */
  public final class Place {
    private final Reader reader;
    private long at;
    private int part;
    private long lookedAt = -1;
    private boolean longSilence;
    private boolean tooSlow;
    private boolean left;
    private boolean loading;
    private byte @Nullable [] loaded;

    private Place(Reader reader) {
      this.reader = reader;
    }

    /** The next thing to be heard. */
    public Heard next() {
      Runnable writer = null;
      try {
        synchronized (Recording.this) {
          if (left || tooSlow) {
            return new Over.TooSlow();
          }
          Heard heard = hear();
          writer = caughtUp();
          return heard;
        }
      } finally {
        if (writer != null) {
          writer.run();
        }
      }
    }

    private Heard hear() {
      if (!open) {
        return Silence.QUIET;
      }
      if (at < chunks.dropped()) {
        return hearFromDisk();
      }
      if (at < chunks.end()) {
        int count = chunks.countWithin(part, MERGED_BYTES);
        byte[] bytes = chunks.read(part, count);
        part += count;
        at += bytes.length;
        trim();
        return new Part(bytes);
      }
      if (over != null) {
        return over;
      }
      boolean wasLong = longSilence;
      longSilence = false;
      return wasLong ? Silence.LONG : Silence.QUIET;
    }

    /** What was read ahead of it, if it was; else that is begun. */
    private Heard hearFromDisk() {
      byte[] bytes = loaded;
      if (bytes == null) {
        if (!loading) {
          loading = true;
          int length = (int) Math.min(MERGED_BYTES, chunks.dropped() - at);
          Objects.requireNonNull(spill).read(at - onDisk, length, this::loaded);
        }
        return Silence.QUIET;
      }
      loaded = null;
      at += bytes.length;
      if (at == chunks.dropped()) {
        part = chunks.first();
        trim();
      }
      return new Part(bytes);
    }

    private void loaded(byte @Nullable [] bytes) {
      synchronized (Recording.this) {
        loading = false;
        loaded = bytes;
        if (bytes == null) {
          giveUp(this);
        }
      }
      reader.wake();
    }

    /** Gives the place up; whether others are still aboard while the call goes on. */
    public boolean leave() {
      Runnable last = null;
      Runnable writer = null;
      boolean othersAboard;
      synchronized (Recording.this) {
        if (left) {
          return false;
        }
        left = true;
        places.remove(this);
        othersAboard = !places.isEmpty() && over == null;
        if (places.isEmpty()) {
          if (over == null) {
            abandoned = true;
            last = whenAbandoned;
          }
          free();
        } else {
          writer = caughtUp();
        }
      }
      if (last != null) {
        last.run();
      }
      if (writer != null) {
        writer.run();
      }
      return othersAboard;
    }
  }

  // Inside, with the lock.

  /** What the writer is to do now that nobody is far behind any more. */
  private @Nullable Runnable caughtUp() {
    if (whenCaughtUp == null || ahead() > AHEAD_BYTES / 2 || someoneLags()) {
      return null;
    }
    Runnable writer = whenCaughtUp;
    whenCaughtUp = null;
    return writer;
  }

  private boolean someoneLags() {
    if (!unbounded) {
      return false;
    }
    for (Place place : places) {
      if (lags(place)) {
        return true;
      }
    }
    return false;
  }

  private boolean lags(Place place) {
    return !place.tooSlow && behindInMemory(place) > most();
  }

  private long behindInMemory(Place place) {
    return chunks.end() - Math.max(place.at, chunks.dropped());
  }

  private long most() {
    return room.get() < 0 ? Math.min(maxBytes, 4L * AHEAD_BYTES) : maxBytes;
  }

  /** A writer that was told to pause may have had something on its way, but not as much again. */
  private void giveUpFarBeyond() {
    for (Place place : places) {
      if (lags(place) && behindInMemory(place) > 2 * most() && ahead() <= AHEAD_BYTES) {
        giveUp(place);
      }
    }
  }

  private void giveUp(Place place) {
    place.tooSlow = true;
    place.at = chunks.end();
    place.part = chunks.next();
  }

  /** Beyond the bound, what everyone has read goes. */
  private void trim() {
    if (!unbounded) {
      return;
    }
    long least = chunks.end();
    for (Place place : places) {
      least = place.tooSlow ? least : Math.min(least, place.at);
    }
    dropTo(least);
    if (least >= chunks.dropped() && spill != null && !spilling) {
      spill.forget();
      onDisk = chunks.dropped();
    }
  }

  private void dropTo(long place) {
    room.addAndGet(chunks.dropTo(place));
  }

  /** Begins to move the oldest half of what the slow have kept in memory to disk. */
  private void spill() {
    if (spill == null || spilling || cannotSpill || freed || chunks.held() <= most() / 2) {
      return;
    }
    List<byte[]> oldest = chunks.oldestBeyond(most() / 4);
    long bytes = oldest.stream().mapToLong(part -> part.length).sum();
    if (spill.reserve(bytes)) {
      spilling = true;
      long to = chunks.dropped() + bytes;
      spill.write(chunks.dropped() - onDisk, oldest, well -> spilled(to, well));
    }
  }

  /** What is on disk, as far as {@code to}, is in memory no more. */
  private void spilled(long to, boolean well) {
    Runnable writer;
    synchronized (this) {
      spilling = false;
      cannotSpill |= !well;
      if (freed) {
        return;
      }
      if (well) {
        dropTo(to);
      }
      trim();
      writer = caughtUp();
    }
    if (writer != null) {
      writer.run();
    }
  }

  /** Nobody will write or read any more, but who joins an answer that is being stored. */
  private void free() {
    if (!freed) {
      freed = true;
      room.addAndGet(chunks.held());
      if (spill != null) {
        spill.close();
      }
    }
  }

  private List<Place> readersIfOpen() {
    return open ? List.copyOf(places) : List.of();
  }

  private static void wake(List<Place> woken) {
    for (Place place : woken) {
      place.reader.wake();
    }
  }
}
