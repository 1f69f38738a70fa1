package io.penstock.gateway.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The first level: answers in this process, within a bound in bytes. What goes when it is full is
 * Caffeine's choice by how often and how lately each was asked for. Safe on any thread.
 */
final class Memory {
  private final Cache<Slot, Entry> entries;

  /** Where an answer in one of its two forms is kept. */
  record Slot(CacheKey key, Entry.Kind kind) {}

  Memory(long bytes) {
    entries =
        Caffeine.newBuilder()
            .maximumWeight(bytes)
            .weigher((Slot _, Entry entry) -> entry.weight())
            .expireAfter(Expiry.creating((Slot _, Entry entry) -> left(entry)))
            .build();
  }

  private static Duration left(Entry entry) {
    return Duration.ofMillis(Math.max(0, entry.expiresMillis() - System.currentTimeMillis()));
  }

  @Nullable Entry get(CacheKey key, Entry.Kind kind) {
    return entries.getIfPresent(new Slot(key, kind));
  }

  void put(CacheKey key, Entry entry) {
    entries.put(new Slot(key, entry.kind()), entry);
  }

  void remove(CacheKey key, Entry.Kind kind) {
    entries.invalidate(new Slot(key, kind));
  }

  /** Another bound; what is over it goes. */
  void bound(long bytes) {
    entries.policy().eviction().ifPresent(bound -> bound.setMaximum(bytes));
  }

  /** How many were removed. */
  long removeIf(Predicate<Entry> which) {
    long before = count();
    entries.asMap().values().removeIf(which);
    return Math.max(0, before - count());
  }

  long count() {
    entries.cleanUp();
    return entries.estimatedSize();
  }

  long bytes() {
    entries.cleanUp();
    return entries.policy().eviction().stream()
        .mapToLong(bound -> bound.weightedSize().orElse(0))
        .sum();
  }
}
