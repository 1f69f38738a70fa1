package io.penstock.config;

import java.util.Locale;

/**
 * One API key, known by its hash alone.
 *
 * @param id what logs and metrics may show
 * @param sha256 64 hex digits in lower case: the SHA-256 of the key
 * @param tier the tier's name
 * @param tenant whose money and cache it is; the id where the config names none
 */
public record ApiKey(String id, String sha256, String tier, String tenant) {

  public ApiKey {
    new Check()
        .name("id", id)
        .that(
            Notation.SHA256.read().apply(sha256).isPresent(),
            "sha256",
            Notation.SHA256.refusal("what stands here"))
        .written("tier", tier)
        .name("tenant", tenant)
        .orRefuse();
    sha256 = sha256.toLowerCase(Locale.ROOT);
  }
}
