package io.penstock.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What the two files of a {@link Tls} hold, once it was seen that they belong together. */
public sealed interface TlsPair {
  long MAX_FILE_BYTES = 1 << 20;

  /**
   * They do.
   *
   * @param chain the port's own certificate first
   * @param key the private key of that one
   */
  record Usable(List<X509Certificate> chain, PrivateKey key) implements TlsPair {
    /** Until when clients take it: the first end of validity of the chain. */
    public Instant until() {
      return chain.stream()
          .map(certificate -> certificate.getNotAfter().toInstant())
          .min(Instant::compareTo)
          .orElseThrow();
    }

    /** Whom it names. */
    public String subject() {
      return chain.getFirst().getSubjectX500Principal().getName();
    }
  }

  /**
   * They do not, or one cannot be read.
   *
   * @param key which of the two: {@code certificate} or {@code key}
   * @param message what is wrong with it; nothing of a key's contents
   */
  record Unusable(String key, String message) implements TlsPair {}

  /** Reads both files. Between two reads they may be exchanged: what does not fit is refused. */
  static TlsPair read(Tls files) {
    List<X509Certificate> chain;
    try {
      chain = chain(bytes(files.certificate()));
    } catch (IOException unreadable) {
      return unreadable("certificate", unreadable);
    } catch (CertificateException torn) {
      return new Unusable("certificate", "holds no certificates: write a file in PEM");
    }
    try {
      Optional<PrivateKey> key = PrivateKeyPem.read(bytes(files.key()));
      if (key.isEmpty()) {
        return new Unusable(
            "key", "holds no private key: write a file in PEM, RSA, EC or EdDSA, not encrypted");
      }
      return belongTogether(chain.getFirst().getPublicKey(), key.get())
          ? new Usable(chain, key.get())
          : new Unusable("key", "does not belong to the first certificate of the other file");
    } catch (IOException unreadable) {
      return unreadable("key", unreadable);
    }
  }

  private static Unusable unreadable(String key, IOException why) {
    return new Unusable(key, "cannot be read (" + why.getClass().getSimpleName() + ")");
  }

  private static byte[] bytes(Path file) throws IOException {
    if (Files.size(file) > MAX_FILE_BYTES) {
      throw new IOException("over 1 MiB");
    }
    return Files.readAllBytes(file);
  }

  private static List<X509Certificate> chain(byte[] pem) throws CertificateException {
    var chain =
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(pem))
            .stream()
            .map(X509Certificate.class::cast)
            .toList();
    if (chain.isEmpty()) {
      throw new CertificateException("none");
    }
    return chain;
  }

  /** What one of them signs, the other must verify. */
  private static boolean belongTogether(PublicKey certified, PrivateKey key) {
    byte[] text = {'p', 'e', 'n', 's', 't', 'o', 'c', 'k'};
    try {
      Signature signing = Signature.getInstance(signature(key));
      signing.initSign(key);
      signing.update(text);
      byte[] signed = signing.sign();
      Signature verifying = Signature.getInstance(signature(key));
      verifying.initVerify(certified);
      verifying.update(text);
      return verifying.verify(signed);
    } catch (GeneralSecurityException ofAnotherKind) {
      return false;
    }
  }

  private static String signature(PrivateKey key) {
    return switch (key.getAlgorithm()) {
      case "RSA" -> "SHA256withRSA";
      case "EC" -> "SHA256withECDSA";
      default -> "EdDSA";
    };
  }
}
