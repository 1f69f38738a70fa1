package io.penstock.gateway.authenticate;

import io.penstock.config.ApiKey;
import java.util.List;
import java.util.Optional;

/**
 * Where keys are added and revoked while gateways run. Its methods wait for disk or network, and
 * throw {@link Unavailable} where there is none.
 */
public interface KeyStore extends AutoCloseable {
  /** What it is, for messages: {@code the file keys.jsonl}. */
  String name();

  /** All keys in it, by id. */
  List<ApiKey> list();

  Optional<ApiKey> find(String id);

  /** Adds a key; false where its id is taken, and then nothing has changed. */
  boolean add(ApiKey key);

  /** Changes the key of this id; false where there is none. */
  boolean change(ApiKey key);

  /** Takes a key away for good; false where there was none. */
  boolean revoke(String id);

  @Override
  default void close() {}

  /** The store cannot be read or written. */
  final class Unavailable extends RuntimeException {
    private static final long serialVersionUID = 1;

    public Unavailable(String message) {
      super(message, null, false, false);
    }
  }
}
