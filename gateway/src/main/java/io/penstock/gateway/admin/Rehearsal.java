package io.penstock.gateway.admin;

import io.penstock.gateway.call.Operation;
import org.jspecify.annotations.Nullable;

/**
 * A request to decide on, and to send nowhere.
 *
 * @param keyId in whose name; the key's id, for an operator knows no key
 * @param operation what is asked
 * @param pool that it pins, or null
 * @param body as a client would send it
 */
public record Rehearsal(String keyId, Operation operation, @Nullable String pool, byte[] body) {
  /**
   * What a client that asked for a dry run would have been answered.
   *
   * @param status the HTTP status
   * @param json the body
   */
  public record Answer(int status, String json) {}
}
