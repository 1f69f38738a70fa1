package io.penstock.config;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A private key in PEM: PKCS#8 ({@code PRIVATE KEY}, RFC 5958), and the older forms that tools
 * still write, PKCS#1 for RSA (RFC 8017) and SEC 1 for elliptic curves (RFC 5915). The JDK reads
 * the first alone, so the others are wrapped into it.
 */
final class PrivateKeyPem {
  private static final Pattern BLOCK =
      Pattern.compile(
          "-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----\\s([A-Za-z0-9+/=\\s]+)-----END \\1-----");
  private static final byte[] VERSION_0 = HexFormat.of().parseHex("020100");
  private static final byte[] RSA = HexFormat.of().parseHex("300d06092a864886f70d0101010500");
  private static final byte[] EC = HexFormat.of().parseHex("06072a8648ce3d0201");

  private PrivateKeyPem() {}

  /** The first key of a file; empty where it has none, or none that is understood. */
  static Optional<PrivateKey> read(byte[] file) {
    Matcher block = BLOCK.matcher(new String(file, StandardCharsets.ISO_8859_1));
    if (!block.find()) {
      return Optional.empty();
    }
    try {
      byte[] der = Base64.getMimeDecoder().decode(block.group(2));
      return switch (block.group(1)) {
        case "RSA PRIVATE KEY" -> key(wrapped(RSA, der), "RSA");
        case "EC PRIVATE KEY" ->
            curve(der).flatMap(named -> key(wrapped(tagged(0x30, EC, named), der), "EC"));
        default ->
            List.of("RSA", "EC", "EdDSA").stream()
                .flatMap(algorithm -> key(der, algorithm).stream())
                .findFirst();
      };
    } catch (IllegalArgumentException noBase64) {
      return Optional.empty();
    }
  }

  private static Optional<PrivateKey> key(byte[] pkcs8, String algorithm) {
    try {
      return Optional.of(
          KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8)));
    } catch (GeneralSecurityException ofAnotherKind) {
      return Optional.empty();
    }
  }

  private static byte[] wrapped(byte[] algorithm, byte[] key) {
    return tagged(0x30, VERSION_0, algorithm, tagged(0x04, key));
  }

  /** The curve's name, which SEC 1 has under the tag [0] behind the 32 to 66 bytes of the key. */
  private static Optional<byte[]> curve(byte[] der) {
    for (int at = 0; at + 4 < der.length; at++) {
      boolean tagged = (der[at] & 0xff) == 0xa0 && der[at + 2] == 0x06;
      int length = der[at + 1];
      if (tagged && length > 2 && at + 2 + length <= der.length && der[at + 3] == length - 2) {
        return Optional.of(Arrays.copyOfRange(der, at + 2, at + 2 + length));
      }
    }
    return Optional.empty();
  }

  /** DER's tag, length and contents. */
  private static byte[] tagged(int tag, byte[]... contents) {
    var inner = new ByteArrayOutputStream();
    for (byte[] part : contents) {
      inner.writeBytes(part);
    }
    var outer = new ByteArrayOutputStream();
    outer.write(tag);
    int length = inner.size();
    if (length < 0x80) {
      outer.write(length);
    } else if (length < 0x100) {
      outer.write(0x81);
      outer.write(length);
    } else {
      outer.write(0x82);
      outer.write(length >> 8);
      outer.write(length);
    }
    outer.writeBytes(inner.toByteArray());
    return outer.toByteArray();
  }
}
