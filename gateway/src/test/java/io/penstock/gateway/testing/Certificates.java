package io.penstock.gateway.testing;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** Certificates as {@code openssl} makes them, and clients that take any. */
public final class Certificates {
  private Certificates() {}

  /** Writes {@code NAME.crt} and {@code NAME.key}, for this machine, good for two days. */
  public static void make(Path directory, String name) throws Exception {
    openssl(
        directory,
        ("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "
                + name
                + ".key -out "
                + name
                + ".crt -days 2 -subj /CN="
                + name
                + " -addext subjectAltName=DNS:localhost,IP:127.0.0.1")
            .split(" "));
  }

  private static void openssl(Path directory, String... arguments) throws Exception {
    var command = new java.util.ArrayList<>(java.util.List.of("openssl"));
    command.addAll(java.util.List.of(arguments));
    Process run =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (run.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + " failed");
    }
  }

  /** Whom the certificate names that a port shows to a new connection. */
  public static String shown(int port) throws Exception {
    try (var socket = connect(port)) {
      return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
          .getSubjectX500Principal()
          .getName();
    }
  }

  /** A connection after its handshake. */
  public static SSLSocket connect(int port) throws Exception {
    var socket =
        (SSLSocket)
            trustingAll()
                .getSocketFactory()
                .createSocket(new Socket("127.0.0.1", port), "localhost", port, true);
    socket.setSoTimeout(60_000);
    socket.startHandshake();
    return socket;
  }

  /** For tests that look at the certificate themselves. */
  public static SSLContext trustingAll() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new TrustAll()}, new SecureRandom());
      return context;
    } catch (GeneralSecurityException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }

  private static final class TrustAll extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
