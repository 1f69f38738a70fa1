package io.penstock.gateway.call;

import org.jspecify.annotations.Nullable;

/**
 * What a client asks of Penstock itself, in headers that no model server sees.
 *
 * @param dryRun decide and price, call nothing
 * @param pool the pool it pins
 * @param noStore keep the answer out of the cache
 * @param noCache take no answer from the cache
 * @param deadlineMillis when an answer is of no more use, from the start; 0: no deadline
 */
public record Directives(
    boolean dryRun, @Nullable String pool, boolean noStore, boolean noCache, long deadlineMillis) {
  public static final Directives NONE = new Directives(false, null, false, false, 0);
}
