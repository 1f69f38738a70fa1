package io.penstock.gateway;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Usage;
import java.util.function.ToLongBiFunction;

/** What a usage costs by the pool's price list: USD per million tokens is micro-USD per token. */
final class Prices implements ToLongBiFunction<Pool, Usage> {
  @Override
  public long applyAsLong(Pool pool, Usage usage) {
    return pool.price()
        .map(price ->
            Math.round(
                (usage.promptTokens() - usage.cachedTokens()) * price.input()
                    + usage.cachedTokens() * price.cachedInput()
                    + usage.completionTokens() * price.output()))
        .orElse(0L);
  }
}
