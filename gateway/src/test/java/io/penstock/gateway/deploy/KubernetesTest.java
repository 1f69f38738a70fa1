package io.penstock.gateway.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBehavior;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.penstock.config.ConfigFile;
import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The manifests, strictly by Kubernetes' own types, and what one says of another. */
final class KubernetesTest {
  private static final Path DIRECTORY = Deploy.DIRECTORY.resolve("kubernetes");
  private static final Path BASE = DIRECTORY.resolve("base");

  /** A member that a type does not have is an error, not something to keep. */
  private static final ObjectMapper STRICT =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .annotationIntrospector(
              new JacksonAnnotationIntrospector() {
                private static final long serialVersionUID = 1;

                @Override
                public Boolean hasAnySetter(Annotated annotated) {
                  return false;
                }
              })
          .build();

  private static final Map<String, Class<?>> TYPES =
      Map.ofEntries(
          Map.entry("v1 Namespace", Namespace.class),
          Map.entry("v1 ServiceAccount", ServiceAccount.class),
          Map.entry("v1 Service", Service.class),
          Map.entry("apps/v1 Deployment", Deployment.class),
          Map.entry("policy/v1 PodDisruptionBudget", PodDisruptionBudget.class),
          Map.entry("networking.k8s.io/v1 NetworkPolicy", NetworkPolicy.class),
          Map.entry("autoscaling/v2 HorizontalPodAutoscaler", HorizontalPodAutoscaler.class),
          Map.entry("keda.sh/v1alpha1 ScaledObject", ScaledObject.class),
          Map.entry("keda.sh/v1alpha1 TriggerAuthentication", TriggerAuthentication.class),
          Map.entry("monitoring.coreos.com/v1 ServiceMonitor", ServiceMonitor.class),
          Map.entry("kustomize.config.k8s.io/v1beta1 Kustomization", Kustomization.class),
          Map.entry("rbac.authorization.k8s.io/v1 Role", Role.class),
          Map.entry("rbac.authorization.k8s.io/v1 RoleBinding", RoleBinding.class));

  static Stream<Path> files() throws IOException {
    try (var files = Files.walk(DIRECTORY)) {
      return files
          .filter(file -> file.toString().endsWith(".yaml"))
          .filter(file -> !file.endsWith("base/penstock.yaml"))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void manifest_isOfItsType(Path file) throws Exception {
    assertThat(read(file)).isNotEmpty().doesNotContainNull();
  }

  @Test
  void reader_refusesWhatNoTypeHas() throws Exception {
    var wrong =
        new LinkedHashMap<>(Deploy.documents(BASE.resolve("poddisruptionbudget.yaml")).getFirst());
    wrong.put("spec", Map.of("maxUnavailabel", 1));
    assertThatThrownBy(() -> typed(wrong)).hasMessageContaining("maxUnavailabel");
  }

  @ParameterizedTest
  @MethodSource("files")
  void kustomization_namesFilesThatAreThere(Path file) throws Exception {
    for (Object each : read(file)) {
      if (each instanceof Kustomization it) {
        assertThat(it.named()).allSatisfy(name -> assertThat(file.resolveSibling(name)).exists());
        var beside = Objects.requireNonNull(file.getParent()).toFile().list();
        assertThat(it.named()).contains(others(beside));
      }
    }
  }

  private static String[] others(String... files) {
    return Stream.of(files)
        .filter(name -> !name.equals("kustomization.yaml"))
        .toArray(String[]::new);
  }

  @Test
  void selectors_findThePods_andPortsAreThoseOfTheConfig() throws Exception {
    var deployment = only(BASE.resolve("deployment.yaml"), Deployment.class);
    var labels = deployment.getSpec().getTemplate().getMetadata().getLabels();
    var container = deployment.getSpec().getTemplate().getSpec().getContainers().getFirst();
    var ports = new LinkedHashMap<String, Integer>();
    container.getPorts().forEach(port -> ports.put(port.getName(), port.getContainerPort()));
    assertThat(ports).containsEntry("http", config().server().port());
    assertThat(ports).containsEntry("admin", config().admin().port());
    assertThat(labels).containsAllEntriesOf(deployment.getSpec().getSelector().getMatchLabels());
    for (Object each : read(BASE.resolve("service.yaml"))) {
      var service = (Service) each;
      assertThat(labels).containsAllEntriesOf(service.getSpec().getSelector());
      service
          .getSpec()
          .getPorts()
          .forEach(port -> assertThat(ports).containsKey(port.getTargetPort().getStrVal()));
    }
    assertThat(labels)
        .containsAllEntriesOf(
            only(BASE.resolve("poddisruptionbudget.yaml"), PodDisruptionBudget.class)
                .getSpec()
                .getSelector()
                .getMatchLabels())
        .containsAllEntriesOf(
            only(BASE.resolve("networkpolicy.yaml"), NetworkPolicy.class)
                .getSpec()
                .getPodSelector()
                .getMatchLabels());
    assertThat(container.getReadinessProbe().getHttpGet().getPath()).isEqualTo("/ready");
    assertThat(container.getLivenessProbe().getHttpGet().getPath()).isEqualTo("/health");
  }

  @Test
  void pod_mayDoNothingThatItNeedNot_andHasTimeToDrain() throws Exception {
    var pod =
        only(BASE.resolve("deployment.yaml"), Deployment.class).getSpec().getTemplate().getSpec();
    var container = pod.getContainers().getFirst();
    assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
    assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
    assertThat(container.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
    long pause = container.getLifecycle().getPreStop().getSleep().getSeconds();
    assertThat(pod.getTerminationGracePeriodSeconds())
        .isGreaterThan(pause + config().server().drainTimeout().toSeconds());
  }

  @Test
  void controller_mayScaleTheModelServersOfThePools_andNothingElse() throws Exception {
    Path overlay = DIRECTORY.resolve("overlays/controller");
    var role = only(overlay.resolve("role.yaml"), Role.class);
    var binding = only(overlay.resolve("rolebinding.yaml"), RoleBinding.class);
    var rule = role.getRules().getFirst();
    assertThat(role.getRules()).hasSize(1);
    assertThat(rule.getApiGroups()).containsExactly("apps");
    assertThat(rule.getResources()).containsExactly("deployments/scale");
    assertThat(rule.getVerbs()).containsExactly("patch");
    assertThat(rule.getResourceNames())
        .containsExactlyElementsOf(
            config().pools().values().stream()
                .map(pool -> pool.backends().getFirst().url().getHost())
                .toList());
    assertThat(binding.getRoleRef().getName()).isEqualTo(role.getMetadata().getName());
    assertThat(binding.getSubjects().getFirst().getName())
        .isEqualTo(
            only(BASE.resolve("serviceaccount.yaml"), ServiceAccount.class)
                .getMetadata()
                .getName());
    var pod =
        only(overlay.resolve("deployment.yaml"), Deployment.class)
            .getSpec()
            .getTemplate()
            .getSpec();
    assertThat(pod.getAutomountServiceAccountToken()).isTrue();
  }

  @Test
  void autoscalers_followEveryPoolOnHardware_withinItsBounds() throws Exception {
    var pools = config().pools();
    var polled = new ArrayList<String>();
    for (Object each : read(DIRECTORY.resolve("overlays/keda/scaledobjects.yaml"))) {
      if (!(each instanceof ScaledObject(var _, var _, var _, var spec))) {
        continue;
      }
      var trigger = spec.triggers().getFirst();
      assertThat(trigger.authenticationRef()).containsEntry("name", "penstock-admin");
      var asked = trigger.metadata();
      assertThat(asked).containsEntry("authMode", "bearer");
      var pool = asked.get("url").substring(asked.get("url").lastIndexOf('/') + 1);
      assertThat(asked.get("url")).contains(":9090/api/capacity/targets/");
      assertThat(asked).containsEntry("valueLocation", "desired_replicas");
      var bounds = Objects.requireNonNull(pools.get(pool)).capacity().orElseThrow();
      assertThat(spec.minReplicaCount()).isEqualTo(bounds.min());
      assertThat(spec.maxReplicaCount()).isEqualTo(bounds.max());
      polled.add(pool);
    }
    assertThat(polled).containsExactlyInAnyOrderElementsOf(pools.keySet());
    var external = new ArrayList<String>();
    for (Object each : read(DIRECTORY.resolve("overlays/hpa/horizontalpodautoscalers.yaml"))) {
      var metric = ((HorizontalPodAutoscaler) each).getSpec().getMetrics().getFirst().getExternal();
      assertThat(metric.getMetric().getName()).isEqualTo("penstock_capacity_desired_replicas");
      external.add(metric.getMetric().getSelector().getMatchLabels().get("pool"));
    }
    assertThat(external).containsExactlyInAnyOrderElementsOf(pools.keySet());
  }

  @Test
  void monitor_findsTheAdminService() throws Exception {
    var monitor =
        only(
            DIRECTORY.resolve("overlays/prometheus-operator/servicemonitor.yaml"),
            ServiceMonitor.class);
    assertThat(read(BASE.resolve("service.yaml")))
        .anySatisfy(each -> {
          var service = (Service) each;
          assertThat(service.getMetadata().getLabels())
              .containsAllEntriesOf(monitor.spec().selector().matchLabels());
          assertThat(service.getSpec().getPorts().getFirst().getName())
              .isEqualTo(monitor.spec().endpoints().getFirst().port());
        });
  }

  private static PenstockConfig config() {
    var loaded = ConfigFile.load(BASE.resolve("penstock.yaml"), _ -> "0".repeat(63) + "1");
    assertThat(loaded).isInstanceOf(Loaded.Ok.class);
    return ((Loaded.Ok) loaded).config();
  }

  private static <T> T only(Path file, Class<T> type) throws IOException {
    return type.cast(read(file).getFirst());
  }

  private static List<Object> read(Path file) throws IOException {
    var all = new ArrayList<Object>();
    for (var document : Deploy.documents(file)) {
      all.add(typed(document));
    }
    return all;
  }

  private static Object typed(Map<String, Object> document) {
    var name = document.get("apiVersion") + " " + document.get("kind");
    assertThat(TYPES).containsKey(name);
    return STRICT.convertValue(document, Objects.requireNonNull(TYPES.get(name)));
  }

  // What Kubernetes' own model lacks, as far as it is used here.

  record Kustomization(
      String apiVersion,
      String kind,
      String namespace,
      List<String> resources,
      List<Labels> labels,
      List<Generator> configMapGenerator,
      List<Patch> patches) {
    record Labels(Map<String, String> pairs) {}

    record Generator(String name, List<String> files) {}

    record Patch(String path) {}

    List<String> named() {
      var named = new ArrayList<>(resources);
      if (configMapGenerator != null) {
        configMapGenerator.forEach(each -> named.addAll(each.files()));
      }
      if (patches != null) {
        patches.forEach(each -> named.add(each.path()));
      }
      return named;
    }
  }

  record ScaledObject(String apiVersion, String kind, ObjectMeta metadata, Spec spec) {
    record Spec(
        Target scaleTargetRef,
        int pollingInterval,
        int minReplicaCount,
        int maxReplicaCount,
        Advanced advanced,
        Fallback fallback,
        List<Trigger> triggers) {}

    record Target(String apiVersion, String kind, String name) {}

    record Advanced(Hpa horizontalPodAutoscalerConfig) {}

    record Hpa(HorizontalPodAutoscalerBehavior behavior) {}

    record Fallback(int failureThreshold, int replicas, String behavior) {}

    record Trigger(
        String type,
        String metricType,
        Map<String, String> metadata,
        Map<String, String> authenticationRef) {}
  }

  record TriggerAuthentication(String apiVersion, String kind, ObjectMeta metadata, Spec spec) {
    record Spec(List<Map<String, String>> secretTargetRef) {}
  }

  record ServiceMonitor(String apiVersion, String kind, ObjectMeta metadata, Spec spec) {
    record Spec(String jobLabel, Selector selector, List<Endpoint> endpoints) {}

    record Selector(Map<String, String> matchLabels) {}

    record Endpoint(
        String port,
        String path,
        String interval,
        String scrapeTimeout,
        Authorization authorization) {}

    record Authorization(String type, Map<String, String> credentials) {}
  }
}
