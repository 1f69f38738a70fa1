package io.penstock.gateway.cache;

import io.penstock.config.Cache;
import io.penstock.config.Pool;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Operation;

/** A call that may be answered from the cache, or whose answer may be kept there. */
public final class Question implements Asked {
  final Call call;
  final Caller caller;
  final Pool pool;
  final Cache config;
  final Entry.Kind kind;

  /** Which clearing of the cache was the last one when it was asked. */
  final long cleared;

  Question(Call call, Caller caller, Pool pool, Cache config, long cleared) {
    this.call = call;
    this.caller = caller;
    this.pool = pool;
    this.config = config;
    this.kind = kindOf(call);
    this.cleared = cleared;
  }

  private static Entry.Kind kindOf(Call call) {
    boolean stream = call.body().stream() && call.operation() != Operation.EMBEDDINGS;
    return stream ? Entry.Kind.STREAM : Entry.Kind.WHOLE;
  }

  /** Whether an answer that is there may be given. */
  boolean mayRead() {
    return !call.directives().noCache();
  }

  boolean mayStore() {
    return !call.directives().noStore();
  }

  /** A call with a deadline of its own must not decide when others' answer ends. */
  boolean mayShare() {
    return mayRead() && mayStore() && call.directives().deadlineMillis() == 0;
  }

  /** How many choices a complete answer has. */
  int choices() {
    return Math.max(1, call.body().choices()) * Math.max(1, call.body().prompts());
  }

  CacheKey key() {
    return CacheKey.of(call, caller, pool, config);
  }
}
