package io.penstock.gateway.cache;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.LongAdder;

/** {@code penstock_cache_*}. */
final class CacheMeters {
  final Counter memoryHit;
  final Counter memoryMiss;
  final Counter redisHit;
  final Counter redisMiss;
  final Counter redisError;
  final Counter coalesced;
  final Counter stored;
  final LongAdder savedMicroUsd = new LongAdder();

  CacheMeters(MeterRegistry meters) {
    memoryHit = lookups(meters, "memory", "hit");
    memoryMiss = lookups(meters, "memory", "miss");
    redisHit = lookups(meters, "redis", "hit");
    redisMiss = lookups(meters, "redis", "miss");
    redisError = lookups(meters, "redis", "error");
    coalesced = lookups(meters, "flight", "coalesced");
    stored =
        Counter.builder("penstock.cache.stored")
            .description("Answers that were kept")
            .register(meters);
    FunctionCounter.builder("penstock.cache.saved.usd", savedMicroUsd, saved -> saved.sum() / 1e6)
        .description("What the answers given again had cost, in USD")
        .register(meters);
  }

  private static Counter lookups(MeterRegistry meters, String level, String result) {
    return Counter.builder("penstock.cache.lookups")
        .description("Questions to a level of the cache")
        .tags("level", level, "result", result)
        .register(meters);
  }
}
