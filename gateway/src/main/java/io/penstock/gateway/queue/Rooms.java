package io.penstock.gateway.queue;

import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The waiting room of every pool, shared by all loops. Outlives reloads: a pool that stays keeps
 * its room and who waits there, one that goes sends them away.
 */
public final class Rooms {
  private final LongSupplier nanos;
  private volatile Map<String, WaitingRoom> rooms = Map.of();

  public Rooms(PenstockConfig config, LongSupplier nanos) {
    this.nanos = nanos;
    reload(config);
  }

  /**
   * What a pool bears.
   *
   * @param places calls at once
   * @param kvTokens of all of them together
   * @param seconds that one stays
   * @param prefill how one server takes prompts in; null: not known
   */
  public record Bearing(double places, double kvTokens, double seconds, @Nullable Prefill prefill) {
    /** Of a pool of which nobody says. */
    public static final Bearing ANY =
        new Bearing(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, 0, null);
  }

  /**
   * How one server takes prompts in: as {@link Pace} has it.
   *
   * @param tokens of prompts at once
   * @param secondsPerToken of a prompt
   * @param stepSeconds of what is generated beside
   */
  public record Prefill(double tokens, double secondsPerToken, double stepSeconds) {}

  /** Takes the pools of a new config; not to be called by two threads at once. */
  public void reload(PenstockConfig config) {
    Map<String, WaitingRoom> before = rooms;
    var next = new LinkedHashMap<String, WaitingRoom>();
    for (Pool pool : config.pools().values()) {
      WaitingRoom known = before.get(pool.name());
      if (known == null) {
        known = new WaitingRoom(pool.name(), pool.queue(), config.tiers().values(), nanos);
      } else {
        known.reload(pool.queue(), config.tiers().values());
      }
      known.promises(pool.slo().tpot());
      next.put(pool.name(), known);
    }
    rooms = next;
    before.forEach((name, room) -> {
      if (!next.containsKey(name)) {
        room.close();
      }
    });
  }

  /** An answer of a pool came at so many seconds a token; NaN: nobody knows. */
  public void answered(String pool, double tpotSeconds) {
    WaitingRoom room = rooms.get(pool);
    if (room != null) {
      room.answered(tpotSeconds);
    }
  }

  /** A pool's room; null of a pool that is gone. */
  public @Nullable WaitingRoom of(String pool) {
    return rooms.get(pool);
  }

  /**
   * Several times a second: how much a pool bears is told to its room, and who waited too long
   * goes.
   *
   * @param up backends that take calls
   * @param each what one of them bears
   * @param lost places there that are not this gateway's to give
   */
  public void look(String pool, int up, Bearing each, double lost) {
    WaitingRoom room = rooms.get(pool);
    if (room == null) {
      return;
    }
    // Where no backend is up nobody has a reason to wait for one: the chooser says what is next.
    int most = room.terms().maxConcurrency();
    double places =
        most > 0 ? most : Math.floor(Math.max(1, each.places() * Math.max(1, up) - lost));
    room.bears(
        up == 0 ? Integer.MAX_VALUE : (int) Math.min(Integer.MAX_VALUE, places),
        up == 0 ? Long.MAX_VALUE : (long) Math.min(Long.MAX_VALUE, each.kvTokens() * up),
        each.seconds());
    Prefill prefill = most > 0 || up == 0 || !room.terms().pace() ? null : each.prefill();
    room.paces(
        prefill == null
            ? null
            : new Pace(up, prefill.tokens(), prefill.secondsPerToken(), prefill.stepSeconds()));
    room.look();
  }

  /** Nobody waits any more. */
  public void close() {
    rooms.values().forEach(WaitingRoom::close);
  }
}
