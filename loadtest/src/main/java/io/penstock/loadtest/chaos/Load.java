package io.penstock.loadtest.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A few clients who ask again and again, until they are told to stop. */
final class Load {
  private static final int CLIENTS = 6;
  private static final int TOKENS = 16;
  private static final long PAUSE_MILLIS = 25;

  private final Client client;
  private final List<Sample> samples = new CopyOnWriteArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final AtomicLong next = new AtomicLong();

  Load(Client client) {
    this.client = client;
  }

  void start() {
    for (int i = 0; i < CLIENTS; i++) {
      threads.add(Thread.ofVirtual().start(this::ask));
    }
  }

  private void ask() {
    try {
      do {
        samples.add(client.chat(next.incrementAndGet(), TOKENS));
      } while (!stop.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** All calls that have ended. */
  List<Sample> samples() {
    return List.copyOf(samples);
  }

  /** Begins no more calls and waits for those that are under way. */
  void stop() throws InterruptedException {
    stop.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
  }
}
