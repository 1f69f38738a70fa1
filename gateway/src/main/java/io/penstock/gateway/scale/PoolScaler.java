package io.penstock.gateway.scale;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.util.function.Consumer;

/**
 * One pool's actor, told a number when it changes and once a minute, since what it scales may have
 * been changed by others; after a failure again, at growing intervals. One thing at a time, on a
 * thread of its own. The clock is the caller's.
 */
final class PoolScaler {
  private static final System.Logger LOG = System.getLogger(PoolScaler.class.getName());
  private static final double AGAIN_SECONDS = 60;
  private static final double FIRST_RETRY_SECONDS = 2;
  private static final double LAST_RETRY_SECONDS = 60;

  private final String pool;
  private final Actor actor;
  private final Consumer<Boolean> ended;
  private boolean busy;
  private int told = -1;
  private double nextSeconds = Double.NEGATIVE_INFINITY;
  private double retrySeconds = FIRST_RETRY_SECONDS;
  private boolean failing;

  /**
   * @param ended hears of each time whether it went well
   */
  PoolScaler(String pool, Actor actor, Consumer<Boolean> ended) {
    this.pool = pool;
    this.actor = actor;
    this.ended = ended;
  }

  /** What the actor was last told and did; -1 before. */
  synchronized int told() {
    return told;
  }

  /** Another gateway acts meanwhile: what this one told does not stand. */
  synchronized void rest() {
    told = -1;
  }

  /** So many should there be, now. */
  synchronized void want(int replicas, double nowSeconds) {
    boolean changed = replicas != told && !failing;
    if (busy || (!changed && nowSeconds < nextSeconds)) {
      return;
    }
    busy = true;
    var _ = Thread.ofVirtual().name("scale-" + pool).start(() -> act(replicas, nowSeconds));
  }

  private void act(int replicas, double nowSeconds) {
    String failure = "it was interrupted";
    try {
      actor.scale(replicas);
      failure = "";
    } catch (IOException | RuntimeException no) {
      failure = no.getMessage() == null ? no.getClass().getSimpleName() : no.getMessage();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      done(replicas, nowSeconds, failure);
    }
  }

  private void done(int replicas, double nowSeconds, String failure) {
    boolean well = failure.isEmpty();
    synchronized (this) {
      busy = false;
      failing = !well;
      if (well) {
        if (told != replicas) {
          LOG.log(INFO, "scale: pool " + pool + ": " + replicas + " replicas");
        }
        told = replicas;
        retrySeconds = FIRST_RETRY_SECONDS;
        nextSeconds = nowSeconds + AGAIN_SECONDS;
      } else {
        nextSeconds = nowSeconds + retrySeconds;
        retrySeconds = Math.min(LAST_RETRY_SECONDS, 2 * retrySeconds);
      }
    }
    if (!well) {
      LOG.log(WARNING, "scale: pool " + pool + ": not scaled to " + replicas + ": " + failure);
    }
    ended.accept(well);
  }
}
