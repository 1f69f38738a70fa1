package io.penstock.gateway.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A Lua script, which is sent by its digest; and whole, to a server that does not have it. */
public final class Script {
  private final byte[] text;
  private final String digest;

  public Script(String lua) {
    text = lua.getBytes(StandardCharsets.UTF_8);
    try {
      digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text));
    } catch (NoSuchAlgorithmException absent) {
      throw new IllegalStateException(absent);
    }
  }

  /** Files beside a class, joined in their order. */
  public static Script of(Class<?> beside, String... names) {
    StringBuilder lua = new StringBuilder();
    for (String name : names) {
      try (InputStream file = beside.getResourceAsStream(name)) {
        if (file == null) {
          throw new IllegalArgumentException("there is no " + name + " beside " + beside);
        }
        lua.append(new String(file.readAllBytes(), StandardCharsets.UTF_8)).append('\n');
      } catch (IOException unreadable) {
        throw new UncheckedIOException(unreadable);
      }
    }
    return new Script(lua.toString());
  }

  byte[] text() {
    return text.clone();
  }

  String digest() {
    return digest;
  }
}
