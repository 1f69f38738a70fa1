package io.penstock.gateway;

import io.netty.buffer.Unpooled;
import io.penstock.gateway.cache.Recording;
import io.penstock.gateway.cache.Recording.Over;
import io.penstock.gateway.call.Taken;
import io.penstock.gateway.call.Valve;
import io.penstock.gateway.relay.Outgoing;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One client of an answer that may have several: pours it from the recording into the client's
 * response, as fast as that client reads. All on the client's loop but {@link #wake}.
 */
final class Passenger implements Recording.Reader, Valve {
  private final Context context = Objects.requireNonNull(Vertx.currentContext());
  private final AtomicBoolean woken = new AtomicBoolean();

  private @Nullable Ride ride;
  private Recording.@Nullable Place place;
  private boolean begun;
  private boolean paused;
  private boolean pouring;
  private boolean over;

  /** Whose answer it is: how one begins, takes more and ends. */
  interface Ride {
    Taken begin(Valve valve);

    Outgoing outgoing();

    /**
     * Whether what comes is for the client, too; otherwise it wants another try.
     *
     * @param how where it has come to its end already
     */
    boolean takes(@Nullable Over how);

    /** The client has all of it, or as much as it will get. */
    void arrived(Taken taken, String reason);

    /** The client has nothing of it and wants another try. */
    void stranded(Over how);

    void crashed(Throwable bug);
  }

  /** Begins to read. */
  void board(Ride by, Recording.Place at) {
    ride = by;
    place = at;
    pour();
  }

  /** Stops reading; whether others still read while the call goes on. */
  boolean leave() {
    over = true;
    return place != null && place.leave();
  }

  @Override
  public void wake() {
    if (((ContextInternal) context).inThread()) {
      pour();
    } else if (woken.compareAndSet(false, true)) {
      context.runOnContext(_ -> {
        woken.set(false);
        pour();
      });
    }
  }

  @Override
  public void pause() {
    paused = true;
  }

  @Override
  public void resume() {
    paused = false;
    pour();
  }

  private void pour() {
    Recording.Place from = place;
    Ride by = ride;
    if (pouring || from == null || by == null) {
      return;
    }
    pouring = true;
    try {
      while (!over && !paused && took(by, from.next())) {
        // until there is no more for now
      }
    } catch (RuntimeException | LinkageError bug) {
      leave();
      by.crashed(bug);
    } finally {
      pouring = false;
    }
  }

  /** Whether there may be more to read. */
  private boolean took(Ride by, Recording.Heard heard) {
    return switch (heard) {
      case Recording.Silence.QUIET -> false;
      case Recording.Silence.LONG -> {
        if (begin(by, null)) {
          by.outgoing().quiet();
        }
        yield false;
      }
      case Recording.Part(byte[] bytes) -> {
        if (begin(by, null)) {
          settle(
              by,
              by.outgoing().data(BufferInternal.buffer(Unpooled.wrappedBuffer(bytes))),
              "stream_error");
        }
        yield true;
      }
      case Over how -> {
        if (begin(by, how)) {
          settle(
              by,
              end(by.outgoing(), how),
              how instanceof Over.Cut cut ? cut.reason() : "incomplete");
        }
        yield false;
      }
    };
  }

  private static Taken end(Outgoing outgoing, Over how) {
    return switch (how) {
      case Over.Ended _ -> outgoing.end();
      case Over.Cut(var reason, var message) -> outgoing.cut(reason, message);
      case Over.Failed(var _, var reason) -> outgoing.cut(reason, "The model server failed.");
      case Over.TooSlow _ ->
          outgoing.cut("slow_reader", "The answer was read too slowly to be shared.");
    };
  }

  /** Whether the answer is the client's. */
  private boolean begin(Ride by, @Nullable Over how) {
    if (!begun && !by.takes(how)) {
      leave();
      by.stranded(how == null ? new Over.Cut("upstream_error", "The model server failed.") : how);
    } else if (!begun) {
      begun = true;
      settle(by, by.begin(this), "garbage");
    }
    return !over;
  }

  private void settle(Ride by, Taken taken, String reason) {
    switch (taken) {
      case Taken.Progress.WAITING, Taken.Progress.FLOWING -> {}
      case Taken.Progress.DONE, Taken.Progress.BROKEN -> {
        leave();
        by.arrived(taken, reason);
      }
      case Taken.Unusable(var why, var message, var _) -> {
        leave();
        by.stranded(new Over.Cut(why, message));
      }
    }
  }
}
