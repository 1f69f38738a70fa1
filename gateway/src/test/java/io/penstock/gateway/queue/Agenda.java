package io.penstock.gateway.queue;

import java.util.Comparator;
import java.util.PriorityQueue;

/** A clock that goes from one thing to do to the next. */
final class Agenda {
  private final PriorityQueue<Item> items =
      new PriorityQueue<>(Comparator.comparingLong(Item::nanos).thenComparingLong(Item::number));
  private long now = 1;
  private long numbers;

  private record Item(long nanos, long number, Runnable what) {}

  long nanos() {
    return now;
  }

  double seconds() {
    return now / 1e9;
  }

  void in(double seconds, Runnable what) {
    items.add(new Item(now + (long) (seconds * 1e9), numbers++, what));
  }

  void runTo(double seconds) {
    while (!items.isEmpty() && items.peek().nanos() <= seconds * 1e9) {
      Item next = items.remove();
      now = Math.max(now, next.nanos());
      next.what().run();
    }
  }
}
