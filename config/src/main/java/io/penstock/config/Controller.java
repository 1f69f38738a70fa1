package io.penstock.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Who is told how many replicas a pool should have, and sees to it; both, where both are written.
 *
 * @param command a program and its arguments, run with the number in its environment
 * @param kubernetes a Deployment to scale
 * @param timeout how long it may take to be told
 */
public record Controller(List<String> command, Optional<Kubernetes> kubernetes, Duration timeout) {
  public static final Duration TIMEOUT = Duration.ofSeconds(10);

  public Controller {
    new Check()
        .that(
            !command.isEmpty() || kubernetes.isPresent(),
            "command",
            "is empty: write [PROGRAM, ARGUMENT], or kubernetes")
        .that(
            command.stream().noneMatch(word -> word.indexOf(0) >= 0),
            "command",
            "has a zero byte: leave it out")
        .positive("timeout", timeout)
        .orRefuse();
    command = List.copyOf(command);
  }

  /**
   * A Deployment.
   *
   * @param namespace empty: the gateway's own
   * @param deployment its name
   * @param url the API server
   * @param serviceAccount the directory with {@code token}, {@code ca.crt} and {@code namespace}
   */
  public record Kubernetes(String namespace, String deployment, String url, String serviceAccount) {
    static final String URL = "https://kubernetes.default.svc";
    static final String SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

    public Kubernetes {
      new Check()
          .that(
              namespace.isEmpty() || Check.isName(namespace), "namespace", Check.notName(namespace))
          .name("deployment", deployment)
          .that(
              url.startsWith("https://") || url.startsWith("http://127.0.0.1:"),
              "url",
              "is not one that a token may be sent to: write https://HOST:PORT, or"
                  + " http://127.0.0.1:PORT of a proxy")
          .written("service-account", serviceAccount)
          .orRefuse();
    }
  }
}
