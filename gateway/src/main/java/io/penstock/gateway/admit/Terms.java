package io.penstock.gateway.admit;

import io.penstock.config.Redis.OnFailure;
import io.penstock.config.Redis.PerLimit;

/**
 * On what terms this process decides by itself.
 *
 * @param alone whether there is no store, so that all limits are this process's own
 * @param sharers how many gateways do so at once, unseen of each other: each then counts what it
 *     grants that often, and so grants its fair share
 * @param each what becomes of each kind of limit
 */
record Terms(boolean alone, int sharers, PerLimit each) {
  static final Terms ALONE =
      new Terms(
          true,
          1,
          new PerLimit(OnFailure.LOCAL, OnFailure.LOCAL, OnFailure.LOCAL, OnFailure.LOCAL));

  boolean countsRequests() {
    return each.requests() == OnFailure.LOCAL;
  }

  boolean countsTokens() {
    return each.tokens() == OnFailure.LOCAL;
  }

  boolean countsSlots() {
    return each.concurrency() == OnFailure.LOCAL;
  }

  boolean countsMoney() {
    return each.budget() == OnFailure.LOCAL;
  }
}
