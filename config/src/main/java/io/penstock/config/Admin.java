package io.penstock.config;

/**
 * The admin port.
 *
 * @param host the address it binds, {@code 127.0.0.1} by default
 * @param port 9090 by default; 0 picks a free one
 */
public record Admin(String host, int port) {
  public static final Admin DEFAULT = new Admin("127.0.0.1", 9090);

  public Admin {
    new Check().written("host", host).within("port", port, 0, 65_535).orRefuse();
  }
}
