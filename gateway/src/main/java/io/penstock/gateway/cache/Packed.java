package io.penstock.gateway.cache;

import io.penstock.gateway.call.Usage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * An answer as Redis keeps it: what is known of it, and its bytes, deflated where that saves a
 * tenth or more.
 *
 * @param allGeneration how often the whole cache had been cleared
 * @param tenantGeneration how often its tenant's answers had been
 */
record Packed(Entry entry, long allGeneration, long tenantGeneration) {
  private static final int FORM = 1;
  private static final int LEAST_BYTES = 1 << 10;
  private static final int MOST_BYTES = 64 << 20;

  byte[] bytes() {
    byte[] plain = entry.bytes();
    byte[] deflated = plain.length < LEAST_BYTES ? plain : deflated(plain);
    boolean pays = deflated.length < plain.length * 9L / 10;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(deflated.length + 256);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(FORM);
      out.writeBoolean(entry.kind() == Entry.Kind.STREAM);
      out.writeBoolean(pays);
      out.writeLong(allGeneration);
      out.writeLong(tenantGeneration);
      out.writeLong(entry.expiresMillis());
      out.writeLong(entry.microUsd());
      out.writeInt(entry.usage().promptTokens());
      out.writeInt(entry.usage().cachedTokens());
      out.writeInt(entry.usage().completionTokens());
      out.writeBoolean(entry.usage().reported());
      out.writeUTF(entry.contentType());
      out.writeUTF(entry.pool());
      out.writeUTF(entry.tenant());
      out.writeInt(plain.length);
      out.write(pays ? deflated : plain);
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory", e);
    }
    return bytes.toByteArray();
  }

  private static byte[] deflated(byte[] plain) {
    Deflater deflater = new Deflater(Deflater.BEST_SPEED);
    try {
      deflater.setInput(plain);
      deflater.finish();
      byte[] out = new byte[plain.length];
      int length = deflater.deflate(out);
      return deflater.finished() ? Arrays.copyOf(out, length) : plain;
    } finally {
      deflater.end();
    }
  }

  /** Null for what another version wrote, or what is torn. */
  static @Nullable Packed read(byte[] value) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(value))) {
      return in.readByte() == FORM ? read(in) : null;
    } catch (IOException | DataFormatException _) {
      return null;
    }
  }

  private static @Nullable Packed read(DataInputStream in) throws IOException, DataFormatException {
    Entry.Kind kind = in.readBoolean() ? Entry.Kind.STREAM : Entry.Kind.WHOLE;
    boolean deflated = in.readBoolean();
    long all = in.readLong();
    long ofTenant = in.readLong();
    long expires = in.readLong();
    long microUsd = in.readLong();
    Usage usage = new Usage(in.readInt(), in.readInt(), in.readInt(), in.readBoolean());
    String contentType = in.readUTF();
    String pool = in.readUTF();
    String tenant = in.readUTF();
    int length = in.readInt();
    if (length < 0 || length > MOST_BYTES) {
      return null;
    }
    byte[] rest = in.readAllBytes();
    byte[] plain = deflated ? inflated(rest, length) : rest;
    return plain.length != length
        ? null
        : new Packed(
            new Entry(kind, plain, contentType, pool, tenant, usage, microUsd, expires),
            all,
            ofTenant);
  }

  private static byte[] inflated(byte[] deflated, int length) throws DataFormatException {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(deflated);
      byte[] out = new byte[length];
      int inflated = inflater.inflate(out);
      return inflater.finished() || inflated == length ? out : new byte[0];
    } finally {
      inflater.end();
    }
  }
}
