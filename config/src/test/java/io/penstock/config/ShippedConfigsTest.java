package io.penstock.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShippedConfigsTest {

  @Test
  void demo_withItsVariables_loadsWithoutAWarning() {
    Loaded loaded = Configs.read(Configs.shipped("demo.yaml"), Configs.DEMO_ENVIRONMENT);

    assertThat(loaded.warnings()).isEmpty();
    PenstockConfig config = Configs.config(loaded);
    assertThat(config.pools().keySet()).containsExactly("small", "medium", "large");
    assertThat(config.tiers().keySet()).containsExactly("free", "paid", "enterprise");
    assertThat(config.keys())
        .extracting(ApiKey::tenant)
        .containsExactly("hobby", "startup", "acme");
  }

  @Test
  void demo_withoutOneOfItsVariables_namesIt() {
    var environment = new HashMap<>(Configs.DEMO_ENVIRONMENT);
    environment.remove("PENSTOCK_DEMO_SMALL_2");

    Loaded loaded = Configs.read(Configs.shipped("demo.yaml"), environment);

    assertThat(Configs.errors(loaded))
        .singleElement()
        .asString()
        .contains("pools.small.backends[1].url")
        .contains("the environment has no PENSTOCK_DEMO_SMALL_2");
  }

  @Test
  void default_inABareEnvironment_loadsAndSaysWhatIsLeftOut() {
    Loaded loaded = ConfigFile.load(Path.of("penstock.yaml"), _ -> null);

    PenstockConfig config = Configs.config(loaded);
    assertThat(config.keys()).isEmpty();
    assertThat(Configs.warnings(loaded))
        .anyMatch(line -> line.contains("keys[2].sha256: is not set"))
        .anyMatch(line -> line.contains("pools.large.key: is not set"))
        .anyMatch(line -> line.contains("every request will be answered 401"));
    assertThat(config.server()).isEqualTo(Server.DEFAULT);
    assertThat(config.admin()).isEqualTo(Admin.DEFAULT);
    assertThat(config.complexity()).isEqualTo(ComplexityBands.DEFAULT);
  }

  @Test
  void default_withItsVariables_usesThem() {
    var environment =
        Map.of(
            "PENSTOCK_KEY_SHA256", "D".repeat(64),
            "PENSTOCK_SMALL_URL", "http://10.0.0.11:8000/v1/",
            "OPENAI_API_KEY", "a credential");

    PenstockConfig config =
        Configs.config(ConfigFile.load(Path.of("penstock.yaml"), environment::get));

    assertThat(config.keys())
        .containsExactly(new ApiKey("local", "d".repeat(64), "enterprise", "local"));
    assertThat(config.pools().get("small").backends().getFirst().url())
        .hasToString("http://10.0.0.11:8000");
    assertThat(config.pools().get("large").keys()).contains(new Secret("a credential"));
    assertThat(config.toString()).doesNotContain("a credential");
  }
}
