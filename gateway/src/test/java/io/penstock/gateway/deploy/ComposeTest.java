package io.penstock.gateway.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.ConfigFile;
import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The compose file, as far as it can be told without a container engine. */
final class ComposeTest {
  private static final String HASH = "0".repeat(63) + "1";

  @Test
  void config_isOneThatServes_withoutAWarning() {
    assertThat(config().pools()).containsOnlyKeys("small", "medium");
  }

  @Test
  void services_areThoseThatTheConfigNames() throws Exception {
    var services = services();
    for (var pool : config().pools().values()) {
      for (var backend : pool.backends()) {
        assertThat(services).containsKey(backend.url().getHost());
      }
    }
    assertThat(services).containsKeys("redis", "prometheus", "grafana");
    var scrapes = Files.readString(Deploy.DIRECTORY.resolve("prometheus/prometheus.yaml"));
    assertThat(scrapes).contains("\"penstock:" + config().admin().port() + '"');
  }

  @Test
  void volumes_areFilesOfTheProject_andPortsStayOnThisMachine() throws Exception {
    for (var service : services().values()) {
      for (String volume : texts(service, "volumes")) {
        assertThat(Deploy.DIRECTORY.resolve(volume.substring(0, volume.indexOf(':')))).exists();
      }
      assertThat(texts(service, "ports")).allMatch(port -> port.startsWith("127.0.0.1:"));
    }
  }

  private static PenstockConfig config() {
    var loaded =
        ConfigFile.load(
            Deploy.DIRECTORY.resolve("penstock.yaml"),
            name ->
                Map.of("PENSTOCK_KEY_SHA256", HASH, "PENSTOCK_ADMIN_TOKEN", "0123456789abcdef")
                    .get(name));
    assertThat(loaded).isInstanceOf(Loaded.Ok.class);
    assertThat(((Loaded.Ok) loaded).warnings()).isEmpty();
    return ((Loaded.Ok) loaded).config();
  }

  private static Map<String, Map<String, Object>> services() throws Exception {
    var file = Deploy.documents(Deploy.DIRECTORY.resolve("compose.yaml")).getFirst();
    @SuppressWarnings("unchecked")
    var services = (Map<String, Map<String, Object>>) file.get("services");
    return services;
  }

  private static List<String> texts(Map<String, Object> service, String name) {
    @SuppressWarnings("unchecked")
    var texts = (List<String>) service.getOrDefault(name, List.of());
    return texts;
  }
}
