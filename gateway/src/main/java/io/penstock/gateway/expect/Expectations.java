package io.penstock.gateway.expect;

import io.penstock.config.Complexity;
import io.penstock.config.Pool;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Usage;
import io.penstock.planner.calibrate.FirstToken;
import io.penstock.planner.calibrate.RecentSpread;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many tokens a call's answer will have. What the request's words suggest is where it starts;
 * what answers of this complexity from this model really had corrects it, and what this tenant's
 * had corrects that. Each step is believed as much as doubted after {@value #DOUBT} answers.
 *
 * <p>Shared by all loops, and outlives reloads. Tenants beyond the first {@value #MOST_KINDS} kinds
 * share what their model's answers had.
 */
public final class Expectations {
  private static final int DOUBT = 20;
  private static final int MOST_KINDS = 4000;

  /** First tokens of a pool. */
  private static final int REMEMBERED = 100;

  private static final String ANYBODY = "";

  private final Map<Kind, AnswerLengths> kinds = new ConcurrentHashMap<>();

  private final Map<String, RecentSpread> firstTokens = new ConcurrentHashMap<>();
  private final Map<Prompting, PromptCounts> prompts = new ConcurrentHashMap<>();

  private record Prompting(String tenant, String pool) {}

  private record Kind(String tenant, Complexity complexity, String model) {}

  /** The demand of a call with what is expected of its answer, never over its maximum. */
  public Demand refine(Call call, String tenant, Demand demand, String model) {
    if (demand.completionExpected() == 0) {
      return demand;
    }
    double answers = answers(call);
    double most =
        demand.completionMax() == Demand.OPEN
            ? Double.POSITIVE_INFINITY
            : demand.completionMax() / answers;
    double suggested = demand.completionExpected() / answers;
    double general = corrected(suggested, ANYBODY, demand, model, most);
    double own = corrected(general, tenant, demand, model, most);
    return demand.expecting(Math.clamp(Math.round(own * answers), 1, Integer.MAX_VALUE));
  }

  private double corrected(double before, String tenant, Demand demand, String model, double most) {
    var seen = kinds.get(new Kind(tenant, demand.complexity().level(), model));
    if (seen == null) {
      return before;
    }
    double count = seen.count();
    return (DOUBT * before + count * seen.mean(most)) / (DOUBT + count);
  }

  /**
   * A call was answered whole, with that many tokens.
   *
   * @param ttftSeconds from its dispatch to its first token; NaN where it was not seen
   */
  public void learn(
      Call call, String tenant, Demand demand, Pool pool, Usage usage, double ttftSeconds) {
    if (ttftSeconds > 0) {
      firstTokens.computeIfAbsent(pool.name(), _ -> new RecentSpread(REMEMBERED)).add(ttftSeconds);
    }
    learnPrompt(new Prompting(ANYBODY, pool.name()), demand, usage);
    learnPrompt(new Prompting(tenant, pool.name()), demand, usage);
    if (usage.completionTokens() <= 0) {
      return;
    }
    double each = usage.completionTokens() / answers(call);
    boolean cut =
        demand.completionMax() != Demand.OPEN && usage.completionTokens() >= demand.completionMax();
    learn(new Kind(ANYBODY, demand.complexity().level(), pool.model()), each, cut);
    learn(new Kind(tenant, demand.complexity().level(), pool.model()), each, cut);
  }

  private void learnPrompt(Prompting who, Demand demand, Usage usage) {
    var counts = prompts.get(who);
    if (counts == null && prompts.size() < MOST_KINDS) {
      counts = prompts.computeIfAbsent(who, _ -> new PromptCounts());
    }
    if (counts != null && usage.reported()) {
      counts.add(demand.promptTokens(), usage.promptTokens(), usage.cachedTokens());
    }
  }

  /** The share of a tenant's prompt tokens that a pool's servers will probably have cached. */
  public double cachedShare(String tenant, String pool) {
    var anybody = prompts.get(new Prompting(ANYBODY, pool));
    var own = prompts.get(new Prompting(tenant, pool));
    double general = anybody == null ? 0 : anybody.cachedShare(0, DOUBT);
    return own == null ? general : own.cachedShare(general, DOUBT);
  }

  /** Tokens that a pool's model counts for each that is estimated of a tenant's prompt. */
  public double tokensPerEstimated(String tenant, String pool) {
    var anybody = prompts.get(new Prompting(ANYBODY, pool));
    var own = prompts.get(new Prompting(tenant, pool));
    double general = anybody == null ? 1 : anybody.perEstimated(1, DOUBT);
    return own == null ? general : own.perEstimated(general, DOUBT);
  }

  /** How many seconds a pool's first tokens take of late. */
  public FirstToken firstToken(String pool) {
    var seen = firstTokens.get(pool);
    return seen == null ? FirstToken.UNKNOWN : FirstToken.of(seen);
  }

  private void learn(Kind kind, double tokens, boolean cut) {
    var lengths = kinds.get(kind);
    if (lengths == null && kinds.size() < MOST_KINDS) {
      lengths = kinds.computeIfAbsent(kind, _ -> new AnswerLengths());
    }
    if (lengths != null) {
      lengths.add(tokens, cut);
    }
  }

  /** How many answers are asked for: each prompt of a batch is answered. */
  private static double answers(Call call) {
    return (double) Math.max(1, call.body().prompts()) * Math.max(1, call.body().choices());
  }
}
