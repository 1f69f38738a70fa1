package io.penstock.gateway.authenticate;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLConnection;
import java.time.Duration;

/** A small document by its URL, within bounds of time and size. Not for a loop: it waits. */
final class Download {
  private static final int CONNECT_MILLIS = 2_000;
  private static final int READ_MILLIS = 3_000;
  private static final int MAX_BYTES = 1 << 20;

  /** The longest that one can take, where the server sends a byte in every read. */
  static final Duration PATIENCE = Duration.ofMillis(CONNECT_MILLIS + READ_MILLIS);

  private Download() {}

  static String text(URI url) throws IOException {
    URLConnection connection = url.toURL().openConnection();
    connection.setConnectTimeout(CONNECT_MILLIS);
    connection.setReadTimeout(READ_MILLIS);
    connection.setUseCaches(false);
    if (connection instanceof HttpURLConnection http) {
      http.setInstanceFollowRedirects(false);
      http.setRequestProperty("accept", "application/json");
      if (http.getResponseCode() != HttpURLConnection.HTTP_OK) {
        throw new IOException("answers " + http.getResponseCode());
      }
    }
    try (var in = connection.getInputStream()) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new IOException("is over 1 MiB");
      }
      return new String(bytes, UTF_8);
    }
  }
}
