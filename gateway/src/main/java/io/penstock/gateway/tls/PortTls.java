package io.penstock.gateway.tls;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.penstock.config.Tls;
import io.penstock.config.TlsChecks;
import io.penstock.config.TlsPair;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * A port's certificate and key, read again when one of the files has changed. It asks the file
 * system twice a second: that also sees what no notification tells of, a mounted volume whose link
 * was turned.
 *
 * <p>What is served was read whole, and seen to belong together, before it is handed on; a server
 * never reads the files itself, so that it cannot meet one new and one old. A pair that cannot be
 * used is said once, when it stays so for a second look: whoever exchanges two files exchanges one
 * first. Connections that are open keep what they began with.
 */
public final class PortTls implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(PortTls.class.getName());
  private static final long INTERVAL_MILLIS = 500;
  private static final char[] NO_PASSWORD = {};

  private final String port;
  private final boolean speaksTls;
  private final List<HttpServer> servers = new CopyOnWriteArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private @Nullable Tls files;
  private @Nullable ServerSSLOptions serving;
  private volatile @Nullable Instant until;
  private @Nullable Stamp seen;
  private String suspicion = "";
  private boolean complained;

  /**
   * @param port how messages and the metric call it
   * @param tls absent: this port speaks plain HTTP, for as long as it is open
   * @throws IllegalArgumentException where the pair cannot be served
   */
  public PortTls(String port, Optional<Tls> tls, MeterRegistry meters) {
    this.port = port;
    this.speaksTls = tls.isPresent();
    tls.ifPresent(named -> {
      files = named;
      seen = Stamp.of(named);
      switch (TlsPair.read(named)) {
        case TlsPair.Usable pair -> take(pair);
        case TlsPair.Unusable(var key, var message) ->
            throw new IllegalArgumentException(port + " port: tls." + key + ": " + message);
      }
      Gauge.builder("penstock.tls.certificate.until.seconds", this, PortTls::untilSeconds)
          .description("When the port's certificate ends, in seconds since 1970")
          .tag("port", port)
          .register(meters);
      Thread.ofVirtual().name("penstock-tls-" + port).start(this::watch);
    });
  }

  private double untilSeconds() {
    Instant last = until;
    return last == null ? Double.NaN : last.getEpochSecond();
  }

  /** Has a server that is not open yet speak TLS, where this port does. */
  public synchronized HttpServerOptions secure(HttpServerOptions options) {
    ServerSSLOptions now = serving;
    return now == null
        ? options
        : options
            .setSsl(true)
            .setUseAlpn(true)
            .setKeyCertOptions(Objects.requireNonNull(now.getKeyCertOptions()));
  }

  /** Has an open server told of every pair from now on. */
  public synchronized void keep(HttpServer server) {
    if (speaksTls) {
      servers.add(server);
      tell(server);
    }
  }

  /** Goes over to what a new config names. Whether there is TLS at all is settled at the start. */
  public synchronized void follow(Optional<Tls> tls) {
    if (tls.isPresent() != speaksTls) {
      LOG.log(INFO, "{0} port: that it has TLS, or has not, changes at the next start", port);
    }
    if (speaksTls && tls.isPresent()) {
      files = tls.get();
      seen = null;
      look();
    }
  }

  private void watch() {
    try {
      while (!closed.await(INTERVAL_MILLIS, TimeUnit.MILLISECONDS)) {
        look();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void look() {
    Tls named = Objects.requireNonNull(files);
    Stamp now = Stamp.of(named);
    boolean changed = !now.equals(seen);
    if (!changed && (suspicion.isEmpty() || complained)) {
      return;
    }
    seen = now;
    switch (TlsPair.read(named)) {
      case TlsPair.Usable pair -> {
        suspicion = "";
        complained = false;
        take(pair);
        servers.forEach(this::tell);
      }
      case TlsPair.Unusable(var key, var message) -> suspect("tls." + key + " " + message);
    }
  }

  private void suspect(String why) {
    if (!why.equals(suspicion)) {
      suspicion = why;
      complained = false;
    } else if (!complained) {
      complained = true;
      LOG.log(ERROR, "{0} port: {1}; the certificate from before stays", port, why);
    }
  }

  private void take(TlsPair.Usable pair) {
    serving = new ServerSSLOptions().setKeyCertOptions(options(pair));
    until = pair.until();
    LOG.log(
        INFO,
        "{0} port: the certificate of {1} {2}",
        port,
        pair.subject(),
        TlsChecks.untilWhen(pair));
  }

  private void tell(HttpServer server) {
    server
        .updateSSLOptions(Objects.requireNonNull(serving))
        .onFailure(why -> LOG.log(ERROR, port + " port: the new certificate was not taken", why));
  }

  private static KeyCertOptions options(TlsPair.Usable pair) {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry(
          "port", pair.key(), NO_PASSWORD, pair.chain().toArray(X509Certificate[]::new));
      var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(store, NO_PASSWORD);
      return KeyCertOptions.wrap(managers);
    } catch (GeneralSecurityException | IOException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
