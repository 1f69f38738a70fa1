package io.penstock.gateway.call;

import io.penstock.config.Complexity;
import io.penstock.config.ConfigFile;
import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Tier;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** Configs for tests, from YAML as an operator writes it. */
public final class Configs {
  /** A 7B and a 13B on GPUs, a provider with tools and vision, and one pool of embeddings. */
  public static final String FLEET =
      """
      tiers:
        free:
          route: {simple: small, medium: small, complex: medium}
        paid:
          route: {simple: small, medium: medium, complex: large}
        wide:
          route: {simple: small, medium: medium, complex: large}
          pools: [twin, vectors]
      keys: []
      pools:
        small:
          model: llama-2-7b
          served-model: meta-llama/Llama-2-7b-chat-hf
          backends: [{id: small-1, url: "http://127.0.0.1:1001"}, {id: small-2, url: "http://127.0.0.1:1002"}]
          capacity: {gpu: l4, gpus-per-replica: 1, engine: vllm, weights: fp16, kv: fp16, usd-per-gpu-hour: 0.80, min: 1, max: 8}
          context-length: 4096
          supports: {chat: true, embeddings: false, tools: false, vision: false}
          fallback: [medium]
        medium:
          model: llama-2-13b
          backends: [{id: medium-1, url: "http://127.0.0.1:1003"}]
          capacity: {gpu: a100-80, gpus-per-replica: 1, engine: vllm, weights: fp16, kv: fp16, usd-per-gpu-hour: 2.45, min: 1, max: 4}
          context-length: 8192
          supports: {chat: true, embeddings: false, tools: true, vision: false}
        large:
          provider: openai
          model: gpt-4
          url: http://127.0.0.1:1004
          context-length: 32768
          supports: {chat: true, embeddings: false, tools: true, vision: true}
          price: {input: 30, cached-input: 15, output: 60}
        twin:
          model: llama-2-7b
          url: http://127.0.0.1:1005
          context-length: 16384
        vectors:
          model: some-embedder
          url: http://127.0.0.1:1006
          context-length: 512
          supports: {chat: false, embeddings: true, tools: false, vision: false}
      """;

  private Configs() {}

  public static PenstockConfig fleet() {
    return of(FLEET);
  }

  public static PenstockConfig of(String yaml) {
    return switch (ConfigFile.parse("test.yaml", yaml, Path.of("."), _ -> null)) {
      case Loaded.Ok(var config, var _) -> config;
      case Loaded.Invalid(var problems, var _) ->
          throw new IllegalArgumentException(problems.toString());
    };
  }

  public static Caller caller(PenstockConfig config, String tier) {
    Tier found = Objects.requireNonNull(config.tiers().get(tier));
    return new Caller(tier + "-key", tier + "-tenant", found);
  }

  /** A demand of so many tokens at most, of that complexity. */
  public static Demand demand(Complexity level, int prompt, int completionMax) {
    int expected = completionMax == Demand.OPEN ? 100 : Math.min(100, completionMax);
    var assessment = new Assessment(level, 0.5, false, List.of());
    return new Demand(prompt, expected, completionMax, assessment, false, false);
  }
}
