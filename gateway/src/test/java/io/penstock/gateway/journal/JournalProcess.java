package io.penstock.gateway.journal;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** Records without end, and says how many are recorded and how many written; until it is killed. */
public final class JournalProcess {
  private JournalProcess() {}

  /**
   * @param arguments the directory
   */
  public static void main(String[] arguments) {
    var meters = new SimpleMeterRegistry();
    var journal = new Journal(meters);
    journal.follow(Optional.of(Lines.config(Path.of(arguments[0]))));
    for (int i = 1; ; i++) {
      journal.record(Lines.ending(i), 0);
      long written = (long) meters.get("penstock.journal.records").functionCounter().count();
      System.out.println(written + " " + i);
      LockSupport.parkNanos(200_000);
    }
  }
}
