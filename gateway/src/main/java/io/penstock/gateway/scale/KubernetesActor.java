package io.penstock.gateway.scale;

import io.penstock.config.Controller.Kubernetes;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A Deployment's scale subresource, patched as the service account. Its token and the cluster's
 * certificates are read for each call, since Kubernetes renews both. Why without a client library:
 * docs/decisions/0003-kubernetes-client.md.
 */
record KubernetesActor(Kubernetes to, Duration timeout) implements Actor {

  @Override
  public void scale(int replicas) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(to.url() + path()))
            .header("Content-Type", "application/merge-patch+json")
            .header("Accept", "application/json")
            .timeout(timeout)
            .method("PATCH", BodyPublishers.ofString("{\"spec\":{\"replicas\":" + replicas + "}}"));
    if (Files.exists(file("token"))) {
      request.header("Authorization", "Bearer " + Files.readString(file("token")).strip());
    }
    var client = client();
    try {
      var answer = client.send(request.build(), BodyHandlers.discarding());
      if (answer.statusCode() / 100 != 2) {
        throw new IOException(refusal(answer.statusCode()));
      }
    } finally {
      client.shutdownNow();
    }
  }

  private String refusal(int status) {
    return switch (status) {
      case 401 -> "the API does not know the service account (401)";
      case 403 -> "the service account may not patch deployments/scale there (403)";
      case 404 -> "there is no deployment " + to.deployment() + " (404)";
      default -> "the API answered " + status;
    };
  }

  private String path() throws IOException {
    String namespace =
        to.namespace().isEmpty() ? Files.readString(file("namespace")).strip() : to.namespace();
    return "/apis/apps/v1/namespaces/" + namespace + "/deployments/" + to.deployment() + "/scale";
  }

  private Path file(String name) {
    return Path.of(to.serviceAccount(), name);
  }

  private HttpClient client() throws IOException {
    var client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(timeout)
            .followRedirects(HttpClient.Redirect.NEVER);
    if (Files.exists(file("ca.crt"))) {
      client.sslContext(trusting(file("ca.crt")));
    }
    return client.build();
  }

  private static SSLContext trusting(Path certificates) throws IOException {
    try (InputStream pem = Files.newInputStream(certificates)) {
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int next = 0;
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        store.setCertificateEntry("ca-" + next++, each);
      }
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      var context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException unusable) {
      throw new IOException("no certificates in " + certificates, unusable);
    }
  }
}
