package io.penstock.gateway;

import io.penstock.gateway.cache.Recording;
import io.penstock.gateway.cache.Recording.Over;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Taken;
import io.penstock.gateway.call.Valve;
import io.penstock.gateway.relay.Outgoing;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A client that is given the answer to an equal call of another's. What goes wrong there is not
 * this client's fault: it has one try more, as the leader or behind a new one.
 */
final class Follower implements Passenger.Ride {
  private final Visit visit;
  private final Recording recording;
  private final Outgoing outgoing;
  private final @Nullable Runnable again;

  /**
   * @param again asks anew; null: that was done once
   */
  Follower(Visit visit, Recording recording, Outgoing outgoing, @Nullable Runnable again) {
    this.visit = visit;
    this.recording = recording;
    this.outgoing = outgoing;
    this.again = again;
  }

  @Override
  public Taken begin(Valve valve) {
    Recording.Head head = head();
    return outgoing.head(head.pool(), head.backend(), head.status(), head.headers(), valve);
  }

  private Recording.Head head() {
    return Objects.requireNonNull(recording.head());
  }

  @Override
  public Outgoing outgoing() {
    return outgoing;
  }

  @Override
  public boolean takes(@Nullable Over how) {
    if (how instanceof Over.Failed || recording.head() == null) {
      return false;
    }
    return again == null || (head().status() == 200 && !(how instanceof Over.Cut));
  }

  @Override
  public void arrived(Taken taken, String reason) {
    visit.shared(head().pool(), head().backend(), taken, reason, recording.costs());
  }

  @Override
  public void stranded(Over how) {
    if (again != null) {
      again.run();
    } else {
      Recording.Head head = recording.head();
      visit.failed(refusal(how, head == null ? "none" : head.pool().name()), reason(how));
    }
  }

  @Override
  public void crashed(Throwable bug) {
    visit.crashed(bug);
  }

  static Refusal refusal(Over how, String pool) {
    return switch (how) {
      case Over.Failed(var refusal, var _) -> refusal;
      case Over.Cut(var _, var message) -> new Refusal.UpstreamFailed(pool, message);
      case Over.Ended _, Over.TooSlow _ ->
          new Refusal.UpstreamFailed(pool, "The model server failed.");
    };
  }

  static String reason(Over how) {
    return switch (how) {
      case Over.Failed(var _, var reason) -> reason;
      case Over.Cut(var reason, var _) -> reason;
      case Over.Ended _ -> "incomplete";
      case Over.TooSlow _ -> "slow_reader";
    };
  }
}
