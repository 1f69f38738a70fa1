package io.penstock.gateway.journal;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.penstock.config.Traffic;
import io.penstock.gateway.call.Ending;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a record of every request, without its texts, where the config says so. Whoever records
 * never waits and never fails: what the disk cannot take is counted and dropped.
 */
public final class Journal implements AutoCloseable {
  private final Writer.Tally tally = new Writer.Tally();
  private volatile @Nullable Writer writer;
  private volatile @Nullable MonthCost month;

  public Journal(MeterRegistry meters) {
    Gauge.builder("penstock.store.up", this, Journal::up)
        .description("Whether a store answers")
        .tag("store", "journal")
        .register(meters);
    Gauge.builder("penstock.journal.queue", this, Journal::waiting)
        .description("Records that wait to be written")
        .register(meters);
    Gauge.builder("penstock.cost.month.usd", this, Journal::monthUsd)
        .description("What the calls of this month, in UTC, have cost by this gateway's journal")
        .register(meters);
    count(meters, "penstock.journal.records", tally.written, "Records written");
    count(meters, "penstock.journal.bytes", tally.bytes, "Bytes written");
    dropped(meters, "overflow", tally.overflowed);
    dropped(meters, "disk", tally.unwritten);
  }

  private static void count(MeterRegistry meters, String name, LongAdder sum, String what) {
    FunctionCounter.builder(name, sum, LongAdder::sum).description(what).register(meters);
  }

  private static void dropped(MeterRegistry meters, String reason, LongAdder sum) {
    FunctionCounter.builder("penstock.journal.dropped", sum, LongAdder::sum)
        .description("Requests that have no record: the disk was too slow, or took nothing")
        .tag("reason", reason)
        .register(meters);
  }

  /** Takes up what a config says; where that has not changed, nothing happens. */
  public synchronized void follow(Optional<Traffic> config) {
    Writer before = writer;
    if (before != null && config.filter(before.config()::equals).isPresent()) {
      return;
    }
    if (before != null) {
      writer = null;
      before.close();
    }
    MonthCost counted = month;
    if (counted != null) {
      counted.close();
    }
    month = config.map(Journal::counting).orElse(null);
    writer = config.map(this::open).orElse(null);
  }

  private static MonthCost counting(Traffic traffic) {
    var counting = new MonthCost(traffic.directory(), System.currentTimeMillis());
    counting.start();
    return counting;
  }

  private Writer open(Traffic traffic) {
    var opened = new Writer(traffic, tally, System::currentTimeMillis);
    opened.start();
    return opened;
  }

  /** A request has ended; on any loop. */
  public void record(Ending ending, long microUsd) {
    Writer into = writer;
    MonthCost cost = month;
    if (into != null && cost != null) {
      long now = System.currentTimeMillis();
      into.offer(Entry.of(ending, microUsd, now));
      cost.add(microUsd, now);
    }
  }

  private double monthUsd() {
    MonthCost cost = month;
    return cost == null ? Double.NaN : cost.usd(System.currentTimeMillis());
  }

  private double up() {
    Writer now = writer;
    return now == null || now.up() ? 1 : 0;
  }

  private double waiting() {
    Writer now = writer;
    return now == null ? 0 : now.waiting();
  }

  /** Returns when all that was recorded is on disk. */
  @Override
  public synchronized void close() {
    follow(Optional.empty());
  }
}
