package io.penstock.gateway.account;

import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Ending;
import io.penstock.gateway.call.Route;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One line per call, {@code name=value} each: who, where, how much, how long, how it ended. It
 * holds no key, no prompt and no answer. A flood of refusals writes some lines a second, and the
 * next line says how many were left out.
 */
final class AccessLog {
  private static final System.Logger LOG = System.getLogger("io.penstock.access");
  private static final int REFUSED_PER_SECOND = 20;
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final System.Logger.Level level;
  private final LongSupplier nanoClock;

  /** The second in the upper bits, the refusals in it in the lower 16. */
  private final AtomicLong refusedThisSecond = new AtomicLong();

  private final LongAdder leftOut = new LongAdder();

  AccessLog(System.Logger.Level level, LongSupplier nanoClock) {
    this.level = level;
    this.nanoClock = nanoClock;
  }

  void write(Ending ending) {
    if (!LOG.isLoggable(level)) {
      return;
    }
    if (ending.outcome() == Ending.Outcome.REFUSED && isFlooded()) {
      leftOut.increment();
      return;
    }
    LOG.log(level, line(ending, leftOut.sumThenReset()));
  }

  private boolean isFlooded() {
    long second = Math.floorDiv(nanoClock.getAsLong(), SECOND_NANOS) << 16;
    long count =
        refusedThisSecond.updateAndGet(old -> {
          boolean sameSecond = (old & ~0xFFFFL) == second;
          return sameSecond ? Math.min(old + 1, second | 0xFFFE) : second | 1;
        });
    return (count & 0xFFFF) > REFUSED_PER_SECOND;
  }

  static String line(Ending ending, long leftOut) {
    Call call = ending.call();
    Caller caller = ending.caller();
    Route route = ending.route();
    Demand demand = ending.demand();
    var line = new StringBuilder(256);
    add(line, "id", call == null ? null : call.id());
    add(line, "operation", call == null ? null : call.operation().path());
    add(line, "tenant", caller == null ? null : caller.tenant());
    add(line, "key", caller == null ? null : caller.keyId());
    add(line, "tier", caller == null ? null : caller.tier().name());
    add(line, "complexity", demand == null ? null : demand.complexity().level().label());
    add(line, "pool", route == null ? null : route.pool().name());
    add(line, "backend", ending.backend());
    add(line, "outcome", ending.outcome().name().toLowerCase(Locale.ROOT));
    add(line, "reason", ending.reason());
    add(line, "status", ending.status());
    add(line, "attempts", ending.attempts());
    add(line, "prompt_tokens", ending.usage().promptTokens());
    add(line, "cached_tokens", ending.usage().cachedTokens());
    add(line, "completion_tokens", ending.usage().completionTokens());
    add(line, "first_byte_us", ending.firstByteNanos() / 1000);
    add(line, "duration_us", ending.endNanos() / 1000);
    add(line, "refused_left_out", leftOut);
    return line.toString();
  }

  private static void add(StringBuilder line, String name, @Nullable String value) {
    if (value != null) {
      start(line, name).append(value);
    }
  }

  /** Zero is what is not known here. */
  private static void add(StringBuilder line, String name, long value) {
    if (value != 0) {
      start(line, name).append(value);
    }
  }

  private static StringBuilder start(StringBuilder line, String name) {
    return (line.isEmpty() ? line : line.append(' ')).append(name).append('=');
  }
}
