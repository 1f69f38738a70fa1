package io.penstock.config;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * One API key, known by its hash alone.
 *
 * @param id what logs and metrics may show
 * @param sha256 64 hex digits in lower case: the SHA-256 of the key
 * @param tier the tier's name
 * @param tenant whose money and cache it is; the id where the config names none
 * @param label what people call it
 * @param expires from when on it is refused
 */
public record ApiKey(
    String id,
    String sha256,
    String tier,
    String tenant,
    Optional<String> label,
    Optional<Instant> expires) {
  private static final int MAX_LABEL = 200;

  public ApiKey {
    new Check()
        .name("id", id)
        .that(
            Notation.SHA256.read().apply(sha256).isPresent(),
            "sha256",
            Notation.SHA256.refusal("what stands here"))
        .written("tier", tier)
        .name("tenant", tenant)
        .that(
            label.filter(text -> text.length() > MAX_LABEL).isEmpty(),
            "label",
            "is longer than " + MAX_LABEL + " characters: write a shorter one")
        .orRefuse();
    sha256 = sha256.toLowerCase(Locale.ROOT);
  }

  /** A key that has no label and does not expire. */
  public ApiKey(String id, String sha256, String tier, String tenant) {
    this(id, sha256, tier, tenant, Optional.empty(), Optional.empty());
  }

  /** Whether it is of no use any more. */
  public boolean expired(long epochMillis) {
    return expires.isPresent() && epochMillis >= expires.get().toEpochMilli();
  }

  /** Never the hash: whoever has it can tell whether a guess was right. */
  @Override
  public String toString() {
    return "ApiKey[" + id + ", tier " + tier + ", tenant " + tenant + "]";
  }
}
