package io.penstock.gateway.upstream;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Call;
import io.vertx.core.buffer.Buffer;

/** The body that a pool's backends are sent for a call. */
@FunctionalInterface
public interface Bodies {
  Buffer body(Call call, Pool pool);
}
