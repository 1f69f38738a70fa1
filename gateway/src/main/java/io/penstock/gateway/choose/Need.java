package io.penstock.gateway.choose;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Refusal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a pool must be able to do for one call.
 *
 * @param embeddings the call asks for embeddings, else for a completion
 * @param chat it is a chat with one answer, which is all that the Messages API has
 * @param tools it offers tools
 * @param vision it has images
 * @param promptTokens estimated; of one prompt, as those of a batch are served each on its own
 * @param completionTokens of one choice, as each choice has the context to itself; 0 where the
 *     client left it open
 */
record Need(
    boolean embeddings,
    boolean chat,
    boolean tools,
    boolean vision,
    int promptTokens,
    int completionTokens) {

  static Need of(Call call, Demand demand) {
    boolean embeddings = call.operation() == Operation.EMBEDDINGS;
    return new Need(
        embeddings,
        call.operation() == Operation.CHAT_COMPLETIONS && call.body().choices() == 1,
        demand.needsTools(),
        demand.needsVision(),
        demand.promptTokens() / Math.max(1, call.body().prompts()),
        embeddings ? 0 : Math.max(0, call.body().maxTokens()));
  }

  boolean metBy(Pool pool) {
    return understoodBy(pool) && fits(pool);
  }

  /** Why a pool cannot take the call, in words; null where it can. */
  @Nullable String missingIn(Pool pool) {
    String missing = capabilityMissingIn(pool);
    if (missing != null) {
      return missing;
    }
    return fits(pool)
        ? null
        : "its context of " + pool.contextTokens() + " tokens is too small for " + tokens();
  }

  /**
   * Why none of some pools can take the call.
   *
   * @param pools not empty, none of them able
   * @param whose in words, for the message: {@code "of tier 'free'"}
   */
  Refusal refusal(List<Pool> pools, String whose) {
    int context = 0;
    for (Pool pool : pools) {
      if (understoodBy(pool)) {
        context = Math.max(context, pool.contextTokens());
      }
    }
    if (context > 0) {
      return new Refusal.ContextExceeded(context, promptTokens, completionTokens);
    }
    return pools.stream().anyMatch(this::serves) ? featureRefusal(whose) : operationRefusal(whose);
  }

  private Refusal featureRefusal(String whose) {
    return vision
        ? unsupported("messages", "No pool " + whose + " takes " + features() + '.')
        : unsupported("tools", "No pool " + whose + " takes tool calls.");
  }

  private Refusal operationRefusal(String whose) {
    return new Refusal.NotServed(
        "model", "No pool " + whose + " serves " + (embeddings ? "embeddings." : "completions."));
  }

  private static Refusal unsupported(String param, String message) {
    return new Refusal.BadRequest("unsupported_feature", param, message);
  }

  private String features() {
    return tools ? "images together with tool calls" : "images";
  }

  private @Nullable String capabilityMissingIn(Pool pool) {
    if (!chat && pool.provider() == Pool.Provider.ANTHROPIC) {
      return "it serves chats with one answer alone";
    }
    if (!serves(pool)) {
      return embeddings ? "it serves no embeddings" : "it serves embeddings alone";
    }
    if (tools && !pool.supports().tools()) {
      return "it takes no tool calls";
    }
    return vision && !pool.supports().vision() ? "it takes no images" : null;
  }

  private boolean understoodBy(Pool pool) {
    Pool.Supports supports = pool.supports();
    return serves(pool) && (!tools || supports.tools()) && (!vision || supports.vision());
  }

  private boolean serves(Pool pool) {
    if (!chat && pool.provider() == Pool.Provider.ANTHROPIC) {
      return false;
    }
    return embeddings ? pool.supports().embeddings() : pool.supports().chat();
  }

  private boolean fits(Pool pool) {
    return pool.contextTokens() <= 0 || tokens() <= pool.contextTokens();
  }

  private long tokens() {
    return (long) promptTokens + completionTokens;
  }
}
