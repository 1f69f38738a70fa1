package io.penstock.gateway;

import io.penstock.config.Pool;
import io.penstock.gateway.anthropic.MessagesRequest;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.upstream.Bodies;
import io.penstock.gateway.upstream.BodyEdits;
import io.vertx.core.buffer.Buffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;

/** Every pool's edits of its requests' bodies. */
final class PoolBodies implements Bodies {
  private final Map<String, BodyEdits> edits = new HashMap<>();

  PoolBodies(Collection<Pool> pools) {
    for (Pool pool : pools) {
      edits.put(pool.name(), new BodyEdits(pool.servedModel(), pool.set(), pool.remove()));
    }
  }

  @Override
  public Buffer body(Call call, Pool pool) {
    if (pool.provider() == Pool.Provider.ANTHROPIC) {
      return MessagesRequest.of(call.body().bytes(), call.body().length(), pool);
    }
    boolean askUsage = call.body().stream() && call.operation() != Operation.EMBEDDINGS;
    return Objects.requireNonNull(edits.get(pool.name()))
        .apply(call.body(), askUsage, OptionalInt.empty())
        .toBuffer();
  }
}
