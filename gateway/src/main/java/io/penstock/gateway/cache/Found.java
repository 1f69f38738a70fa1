package io.penstock.gateway.cache;

import java.util.Optional;

/**
 * What was found.
 *
 * @param key where it was looked for
 * @param entry in the form that was asked for
 */
public record Found(CacheKey key, Optional<Entry> entry) {}
