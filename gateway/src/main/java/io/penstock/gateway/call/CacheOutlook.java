package io.penstock.gateway.call;

/**
 * What the cache would do for a call.
 *
 * @param cacheable whether its answer may be kept, or one that is there be given
 * @param wouldHit whether one is there
 */
public record CacheOutlook(boolean cacheable, boolean wouldHit) {
  public static final CacheOutlook NONE = new CacheOutlook(false, false);
}
