package io.penstock.gateway.redis;

/** Redis did not answer in time, or is known not to. Expected, so that it has no stack. */
public final class StoreUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1;

  StoreUnavailable(String why) {
    super(why, null, false, false);
  }
}
