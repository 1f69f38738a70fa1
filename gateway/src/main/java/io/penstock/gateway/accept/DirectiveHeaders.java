package io.penstock.gateway.accept;

import io.netty.util.AsciiString;
import io.penstock.gateway.call.Directives;
import io.penstock.gateway.call.Refusal.BadRequest;
import io.vertx.core.MultiMap;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The headers by which a client asks something of Penstock itself. */
final class DirectiveHeaders {
  static final long MAX_DEADLINE_MILLIS = 86_400_000;

  private static final AsciiString DRY_RUN = AsciiString.cached("x-penstock-dry-run");
  private static final AsciiString POOL = AsciiString.cached("x-penstock-pool");
  private static final AsciiString CACHE = AsciiString.cached("x-penstock-cache");
  private static final AsciiString DEADLINE = AsciiString.cached("x-penstock-deadline-ms");
  private static final int MAX_POOL = 128;

  private final MultiMap headers;
  private @Nullable BadRequest fault;

  DirectiveHeaders(MultiMap headers) {
    this.headers = headers;
  }

  Directives read() {
    String dryRun = headers.get(DRY_RUN);
    String pool = headers.get(POOL);
    String cache = headers.get(CACHE);
    String deadline = headers.get(DEADLINE);
    if (dryRun == null && pool == null && cache == null && deadline == null) {
      return Directives.NONE;
    }
    var asked = cache == null ? new CacheUse(false, false) : cacheUse(cache);
    return new Directives(
        dryRun != null && dryRun(dryRun),
        pool == null ? null : pool(pool),
        asked.noStore(),
        asked.noCache(),
        deadline == null ? 0 : deadline(deadline));
  }

  /** The first header that says what cannot be. */
  @Nullable BadRequest fault() {
    return fault;
  }

  private boolean dryRun(String value) {
    return switch (value.strip().toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> {
        refuse(DRY_RUN, "true or false");
        yield false;
      }
    };
  }

  private String pool(String value) {
    String name = value.strip();
    if (name.isEmpty() || name.length() > MAX_POOL) {
      refuse(POOL, "a pool's name");
    }
    return name;
  }

  private CacheUse cacheUse(String value) {
    boolean noStore = false;
    boolean noCache = false;
    for (String word : value.split(",", -1)) {
      switch (word.strip().toLowerCase(Locale.ROOT)) {
        case "no-store" -> noStore = true;
        case "no-cache" -> noCache = true;
        default -> refuse(CACHE, "no-store, no-cache or both");
      }
    }
    return new CacheUse(noStore, noCache);
  }

  private long deadline(String value) {
    String digits = value.strip();
    boolean number =
        !digits.isEmpty()
            && digits.length() <= 18
            && digits.chars().allMatch(c -> c >= '0' && c <= '9');
    long millis = number ? Long.parseLong(digits) : 0;
    if (millis < 1 || millis > MAX_DEADLINE_MILLIS) {
      refuse(DEADLINE, "a number of milliseconds from 1 to " + MAX_DEADLINE_MILLIS);
    }
    return millis;
  }

  private void refuse(AsciiString header, String expected) {
    if (fault == null) {
      fault = Fault.header(header.toString(), expected);
    }
  }

  private record CacheUse(boolean noStore, boolean noCache) {}
}
