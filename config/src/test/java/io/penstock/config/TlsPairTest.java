package io.penstock.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys and certificates as openssl writes them, in each form that it has for them. */
class TlsPairTest {
  private static final String REST =
      """
      tiers: {t: {route: {simple: p, medium: p, complex: p}}}
      keys: [{id: k, sha256: "%s", tier: t}]
      pools: {p: {model: m, url: "http://b"}}
      """
          .formatted("a".repeat(64));

  @TempDir private Path directory;

  @BeforeEach
  void makeOne() throws Exception {
    key("a", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    certificate("a", 90);
  }

  private void openssl(String arguments) throws Exception {
    var command = new java.util.ArrayList<>(List.of("openssl"));
    command.addAll(Arrays.asList(arguments.split(" ")));
    Process run =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("openssl.log").toFile())
            .start();
    assertThat(run.waitFor())
        .as("openssl " + arguments + ": " + Files.readString(directory.resolve("openssl.log")))
        .isZero();
  }

  private void key(String name, String how) throws Exception {
    openssl(how + " -out " + name + ".key");
  }

  private void certificate(String name, int days) throws Exception {
    openssl(
        "req -x509 -key %1$s.key -out %1$s.crt -days %2$d -subj /CN=%1$s".formatted(name, days));
  }

  private TlsPair read(String certificate, String key) {
    return TlsPair.read(new Tls(directory.resolve(certificate), directory.resolve(key)));
  }

  @ParameterizedTest
  @CsvSource({
    "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048, PRIVATE KEY",
    "genrsa -traditional, RSA PRIVATE KEY",
    "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384, PRIVATE KEY",
    "ecparam -name prime256v1 -genkey, EC PRIVATE KEY",
    "ecparam -name secp521r1 -genkey -noout, EC PRIVATE KEY",
    "genpkey -algorithm ED25519, PRIVATE KEY",
  })
  void read_everyFormOfAKey_belongsToItsCertificateAlone(String how, String form) throws Exception {
    key("b", how);
    certificate("b", 30);
    assertThat(Files.readString(directory.resolve("b.key"))).contains("BEGIN " + form + "-----");

    assertThat(read("b.crt", "b.key"))
        .isInstanceOfSatisfying(
            TlsPair.Usable.class, pair -> assertThat(pair.subject()).isEqualTo("CN=b"));
    var mismatch =
        new TlsPair.Unusable("key", "does not belong to the first certificate of the other file");
    assertThat(read("b.crt", "a.key")).isEqualTo(mismatch);
    assertThat(read("a.crt", "b.key")).isEqualTo(mismatch);
  }

  @Test
  void read_aChain_takesItWhole_andTheKeyOfItsFirst() throws Exception {
    key("b", "genpkey -algorithm ED25519");
    certificate("b", 30);
    var chain =
        Files.readString(directory.resolve("a.crt")) + Files.readString(directory.resolve("b.crt"));
    Files.writeString(directory.resolve("chain.crt"), chain);

    assertThat(read("chain.crt", "a.key"))
        .isInstanceOfSatisfying(TlsPair.Usable.class, pair -> assertThat(pair.chain()).hasSize(2));
    assertThat(read("chain.crt", "b.key")).isInstanceOf(TlsPair.Unusable.class);
  }

  @Test
  void read_whatIsTornOrElse_saysWhichFileAndNothingOfIt() throws Exception {
    var key = Files.readString(directory.resolve("a.key"));
    Files.writeString(directory.resolve("torn.key"), key.substring(0, key.length() / 2));
    Files.writeString(directory.resolve("odd.key"), key.replace("M", "Q"));
    Files.writeString(directory.resolve("empty"), "");
    openssl("pkcs8 -topk8 -in a.key -out locked.key -passout pass:secret");

    for (var other : List.of("torn.key", "odd.key", "empty", "locked.key", "a.crt")) {
      assertThat(read("a.crt", other))
          .as(other)
          .isInstanceOfSatisfying(
              TlsPair.Unusable.class,
              no -> {
                assertThat(no.key()).isEqualTo("key");
                assertThat(no.message()).startsWith("holds no private key");
              });
    }
    for (var other : List.of("empty", "a.key")) {
      assertThat(read(other, "a.key"))
          .as(other)
          .isEqualTo(
              new TlsPair.Unusable("certificate", "holds no certificates: write a file in PEM"));
    }
    assertThat(read("none", "a.key"))
        .isEqualTo(new TlsPair.Unusable("certificate", "cannot be read (NoSuchFileException)"));
  }

  @Test
  void load_namesLineAndKeyOfWhatDoesNotFit_andWarnsOfAnEndThatIsNear() throws Exception {
    key("b", "genpkey -algorithm ED25519");
    certificate("b", 3);
    var file = directory.resolve("penstock.yaml");
    Files.writeString(
        file,
        "server:\n  tls: {certificate: a.crt, key: b.key}\n"
            + "admin:\n  tls:\n    certificate: b.crt\n    key: b.key\n"
            + REST);

    Loaded loaded = ConfigFile.load(file, _ -> null);
    assertThat(Configs.errors(loaded))
        .singleElement()
        .asString()
        .contains("2:34: server.tls.key: does not belong to the first certificate");
    assertThat(Configs.warnings(loaded))
        .singleElement()
        .asString()
        .contains("5:18: admin.tls.certificate: is good until ", ", 2 days from now");
  }

  @Test
  void admin_reachableFromElsewhere_needsAToken() {
    for (var host : List.of("0.0.0.0", "::", "10.0.0.1", "gateway.example")) {
      assertThat(Configs.errors(Configs.read("admin: {host: \"" + host + "\"}\n" + REST)))
          .singleElement()
          .asString()
          .startsWith(
              "1:8: admin.token: is missing, and \"" + host + "\" can be reached from elsewhere");
    }
    for (var host : List.of("127.0.0.1", "127.1.2.3", "::1", "localhost")) {
      assertThat(Configs.errors(Configs.read("admin: {host: \"" + host + "\"}\n" + REST)))
          .as(host)
          .isEmpty();
    }
    var named = "admin: {host: 0.0.0.0, token: \"${T}\"}\n" + REST;
    assertThat(Configs.errors(Configs.read(named, Map.of("T", "0123456789abcdef")))).isEmpty();
    assertThat(Configs.errors(Configs.read(named, Map.of("T", "0123456789abcde"))))
        .singleElement()
        .asString()
        .contains("admin.token: is not a token")
        .doesNotContain("0123456789abcde");
    assertThat(Configs.errors(Configs.read(named)))
        .singleElement()
        .asString()
        .contains("admin.token: the environment has no T");
  }
}
