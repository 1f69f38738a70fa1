package io.penstock.gateway.admin;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The dashboard's files: read once, found by their exact names. */
final class Assets {
  static final String PAGE = "index.html";
  private static final Map<String, String> TYPES =
      Map.of(
          PAGE,
          "text/html; charset=utf-8",
          "style.css",
          "text/css; charset=utf-8",
          "icon.svg",
          "image/svg+xml",
          "app.js",
          "text/javascript; charset=utf-8",
          "draw.js",
          "text/javascript; charset=utf-8",
          "live.js",
          "text/javascript; charset=utf-8",
          "say.js",
          "text/javascript; charset=utf-8",
          "try.js",
          "text/javascript; charset=utf-8",
          "whatif.js",
          "text/javascript; charset=utf-8");

  private final Map<String, Asset> files = new HashMap<>();

  /**
   * A file.
   *
   * @param type its media type
   * @param bytes what is in it
   */
  record Asset(String type, Buffer bytes) {}

  Assets() {
    TYPES.forEach((name, type) -> files.put(name, new Asset(type, read(name))));
  }

  Optional<Asset> find(String name) {
    return Optional.ofNullable(files.get(name));
  }

  private static Buffer read(String name) {
    try (var in = Assets.class.getResourceAsStream("ui/" + name)) {
      return Buffer.buffer(Objects.requireNonNull(in, name).readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
