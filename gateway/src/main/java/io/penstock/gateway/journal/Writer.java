package io.penstock.gateway.journal;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;

import io.netty.util.internal.PlatformDependent;
import io.penstock.config.Traffic;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that writes a journal. The loops hand it entries through a bounded queue without a
 * lock and never wait for it: where the queue is full an entry is counted as dropped, and the call
 * goes on.
 *
 * <p>It looks into the queue fifty times a second, writes what is there in one piece, and has the
 * disk confirm it once in every commit interval, however many requests there are. What has been
 * written survives the process; what has been confirmed survives the machine.
 *
 * <p>Where the disk takes nothing, it says so once, drops what comes, and tries one record a second
 * in a new file until that is taken.
 */
final class Writer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Writer.class.getName());
  static final int QUEUE = 1 << 16;
  private static final int BATCH_CHARACTERS = 256 << 10;
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final String LOCK = "traffic.lock";

  private final Traffic config;
  private final Segments segments;
  private final Tally tally;
  private final LongSupplier millisClock;
  private final Queue<Entry> queue = PlatformDependent.newFixedMpscQueue(QUEUE);
  private final StringBuilder lines = new StringBuilder(BATCH_CHARACTERS + 1024);
  private final Thread thread;
  private final ExecutorService compressing =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("penstock-journal-gzip").daemon().factory());

  private volatile boolean closed;
  private volatile boolean up;
  private @Nullable FileChannel lockFile;
  private @Nullable FileLock lock;
  private @Nullable Segment segment;
  private long batchEntries;
  private long forcedNanos;
  private long failedNanos;
  private boolean failed;
  private long lost;

  Writer(Traffic config, Tally tally, LongSupplier millisClock) {
    this.config = config;
    this.segments = new Segments(config);
    this.tally = tally;
    this.millisClock = millisClock;
    this.thread = Thread.ofPlatform().name("penstock-journal").daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  Traffic config() {
    return config;
  }

  /** Whether records reach the disk. */
  boolean up() {
    return up;
  }

  int waiting() {
    return queue.size();
  }

  /** Hands over an entry; on any thread. */
  void offer(Entry entry) {
    if (!queue.offer(entry)) {
      tally.overflowed.increment();
    }
  }

  private void run() {
    forcedNanos = System.nanoTime();
    while (!closed) {
      round();
      LockSupport.parkNanos(LOOK_NANOS);
    }
    round();
    end();
  }

  private void round() {
    boolean more = true;
    while (more) {
      more = gather();
      commit();
    }
  }

  /** Adds what has come to the batch; true where there is more than fits. */
  private boolean gather() {
    Entry entry = queue.poll();
    while (entry != null) {
      if (failed && isWaiting()) {
        lost++;
        tally.unwritten.increment();
      } else {
        entry.write(lines);
        batchEntries++;
      }
      if (lines.length() >= BATCH_CHARACTERS) {
        return true;
      }
      entry = queue.poll();
    }
    return false;
  }

  private boolean isWaiting() {
    return System.nanoTime() - failedNanos < RETRY_NANOS;
  }

  private void commit() {
    if (failed && (lines.isEmpty() || isWaiting())) {
      drop();
      return;
    }
    try {
      write();
      rotate();
      if (failed) {
        LOG.log(
            INFO,
            "journal: it writes again to {0}; {1} records were lost",
            config.directory(),
            Long.toString(lost));
        failed = false;
        lost = 0;
      }
      up = true;
    } catch (IOException | OverlappingFileLockException refused) {
      fail(refused);
    }
  }

  private void write() throws IOException {
    Segment into = segment == null ? open() : segment;
    segment = into;
    if (!lines.isEmpty()) {
      byte[] bytes = lines.toString().getBytes(StandardCharsets.UTF_8);
      into.write(ByteBuffer.wrap(bytes));
      tally.written.add(batchEntries);
      tally.bytes.add(bytes.length);
      forget();
    }
    long now = System.nanoTime();
    if (into.dirty() && now - forcedNanos >= config.fsync().toNanos()) {
      into.force();
      forcedNanos = now;
    }
  }

  private Segment open() throws IOException {
    if (lock == null) {
      takeDirectory();
    }
    return segments.open(millisClock.getAsLong());
  }

  private void takeDirectory() throws IOException {
    Path directory = Files.createDirectories(config.directory());
    FileChannel channel =
        FileChannel.open(
            directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock taken = channel.tryLock();
      if (taken == null) {
        throw new IOException("another gateway writes there: each needs a directory of its own");
      }
      lock = taken;
      lockFile = channel;
      segments.recover();
      segments.retain(millisClock.getAsLong());
    } catch (IOException | OverlappingFileLockException refused) {
      lock = null;
      channel.close();
      throw refused;
    }
  }

  private void rotate() throws IOException {
    Segment full = segment;
    if (full != null
        && full.bytes() > 0
        && (full.bytes() >= config.segmentBytes()
            || millisClock.getAsLong() - full.openedMillis() >= config.rotate().toMillis())) {
      segment = null;
      full.force();
      full.close();
      compressing.execute(() -> segments.close(full.path(), millisClock.getAsLong()));
    }
  }

  private void fail(Exception why) {
    if (!failed) {
      LOG.log(
          ERROR,
          "journal: nothing can be written to {0} ({1}); requests are served on without a record",
          config.directory(),
          why instanceof OverlappingFileLockException
              ? "another gateway of this process writes there"
              : why.toString());
    }
    failed = true;
    up = false;
    failedNanos = System.nanoTime();
    drop();
    Segment broken = segment;
    segment = null;
    if (broken != null) {
      try {
        broken.close();
        if (broken.bytes() == 0) {
          Files.delete(broken.path());
        }
      } catch (IOException alsoNot) {
        why.addSuppressed(alsoNot);
      }
    }
  }

  private void drop() {
    lost += batchEntries;
    tally.unwritten.add(batchEntries);
    forget();
  }

  private void forget() {
    lines.setLength(0);
    batchEntries = 0;
  }

  private void end() {
    try {
      Segment last = segment;
      if (last != null) {
        last.force();
        last.close();
        compressing.execute(() -> segments.close(last.path(), millisClock.getAsLong()));
      }
      compressing.shutdown();
      if (!compressing.awaitTermination(30, TimeUnit.SECONDS)) {
        LOG.log(INFO, "journal: the last segment is compressed at the next start");
      }
      FileChannel held = lockFile;
      if (held != null) {
        held.close();
      }
    } catch (IOException unwritten) {
      LOG.log(ERROR, "journal: its last records may be lost", unwritten);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    up = false;
  }

  /** Writes what was handed over, and returns when it is on disk. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** What the metrics show; it outlives a change of the config. */
  static final class Tally {
    final LongAdder written = new LongAdder();
    final LongAdder bytes = new LongAdder();
    final LongAdder overflowed = new LongAdder();
    final LongAdder unwritten = new LongAdder();
  }
}
