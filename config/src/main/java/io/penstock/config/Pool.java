package io.penstock.config;

import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Model servers that serve one model.
 *
 * @param name as the config's key
 * @param model the catalogue's name of the model, and what a client may ask for
 * @param servedModel what the model server calls it; the model's name where the config names none
 * @param provider whose dialect it speaks
 * @param backends at least one, unless they are looked up
 * @param keys the credentials of which each request carries one; none: it carries none
 * @param capacity the hardware behind it; absent for a provider that sells tokens
 * @param slo what it promises
 * @param timeouts for one attempt
 * @param balance how its backends share its calls
 * @param resilience how it lives with backends that fail
 * @param fallback pools to try in order when this one cannot
 * @param limits over all callers
 * @param responseModel whose name the answer carries
 * @param contextTokens prompt and completion together; 0: not known
 * @param supports what requests it can take
 * @param price USD per million tokens; absent: the catalogue's
 * @param set request fields to set, each with its JSON text
 * @param remove request fields that its servers refuse
 * @param queue how calls wait for a place there
 * @param batch how its embeddings and completions are collected
 * @param discover where its backends are looked up; {@code backends} are those found so far
 */
public record Pool(
    String name,
    String model,
    String servedModel,
    Provider provider,
    List<Backend> backends,
    List<Secret> keys,
    Optional<Capacity> capacity,
    Slo slo,
    Timeouts timeouts,
    Balance balance,
    Resilience resilience,
    List<String> fallback,
    Limits limits,
    ResponseModel responseModel,
    int contextTokens,
    Supports supports,
    Optional<Price> price,
    Map<String, String> set,
    List<String> remove,
    Waiting queue,
    Batch batch,
    Optional<Discovery> discover) {

  public Pool {
    new Check()
        .name("name", name)
        .written("model", model)
        .written("served-model", servedModel)
        .that(
            !backends.isEmpty() || discover.isPresent(),
            "backends",
            "is empty: write url, or a list of backends")
        .that(
            contextTokens >= 0,
            "context-length",
            contextTokens + " is negative: write tokens, or 0 for the catalogue's figure")
        .orRefuse();
    backends = List.copyOf(backends);
    keys = List.copyOf(keys);
    fallback = List.copyOf(fallback);
    set = Collections.unmodifiableMap(new LinkedHashMap<>(set));
    remove = List.copyOf(remove);
  }

  /** Whether its servers are sent prompts only as they are done with those before. */
  public boolean paced() {
    return queue.pace()
        && queue.maxConcurrency() == 0
        && capacity.isPresent()
        && slo.ttft().isPositive();
  }

  /** The same pool on other hardware, with another promise. */
  public Pool with(Capacity other, Slo promise) {
    return with(backends, Optional.of(other), promise);
  }

  /** The same pool with other servers. */
  public Pool with(List<Backend> servers) {
    return with(servers, capacity, slo);
  }

  private Pool with(List<Backend> servers, Optional<Capacity> hardware, Slo promise) {
    return new Pool(
        name,
        model,
        servedModel,
        provider,
        servers,
        keys,
        hardware,
        promise,
        timeouts,
        balance,
        resilience,
        fallback,
        limits,
        responseModel,
        contextTokens,
        supports,
        price,
        set,
        remove,
        queue,
        batch,
        discover);
  }

  /** Whose HTTP a pool speaks. */
  public enum Provider {
    VLLM,
    SGLANG,
    TGI,
    LLAMA_CPP,
    OPENAI,
    ANTHROPIC
  }

  /** Whose model name an answer carries. */
  public enum ResponseModel {
    UPSTREAM,
    ALIAS
  }

  /**
   * One model server.
   *
   * @param id unique in its pool
   * @param url scheme, host and port, and a path prefix where there is one; without a slash at its
   *     end and without the {@code /v1} that every request's path begins with
   */
  public record Backend(String id, URI url) {

    public Backend {
      new Check()
          .name("id", id)
          .that(url.getHost() != null, "url", "names no host: write http://HOST:PORT")
          .orRefuse();
    }
  }

  /**
   * What requests the pool's model can take.
   *
   * @param chat chat and text completions
   * @param embeddings {@code /v1/embeddings}
   * @param tools tool calls
   * @param vision images in messages
   */
  public record Supports(boolean chat, boolean embeddings, boolean tools, boolean vision) {
    public static final Supports DEFAULT = new Supports(true, false, true, false);
  }

  /**
   * A price list's row, in USD per million tokens.
   *
   * @param input prompt tokens
   * @param cachedInput prompt tokens that the provider had cached
   * @param output completion tokens
   */
  public record Price(double input, double cachedInput, double output) {

    public Price {
      new Check()
          .amount("input", input)
          .amount("cached-input", cachedInput)
          .amount("output", output)
          .orRefuse();
    }
  }
}
