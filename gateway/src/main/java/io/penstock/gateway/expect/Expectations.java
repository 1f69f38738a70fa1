package io.penstock.gateway.expect;

import io.penstock.config.Complexity;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Usage;
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
  private static final String ANYBODY = "";

  private final Map<Kind, AnswerLengths> kinds = new ConcurrentHashMap<>();

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

  /** A call was answered whole, with that many tokens. */
  public void learn(Call call, String tenant, Demand demand, String model, Usage usage) {
    if (usage.completionTokens() <= 0) {
      return;
    }
    double each = usage.completionTokens() / answers(call);
    learn(new Kind(ANYBODY, demand.complexity().level(), model), each);
    learn(new Kind(tenant, demand.complexity().level(), model), each);
  }

  private void learn(Kind kind, double tokens) {
    var lengths = kinds.get(kind);
    if (lengths == null && kinds.size() < MOST_KINDS) {
      lengths = kinds.computeIfAbsent(kind, _ -> new AnswerLengths());
    }
    if (lengths != null) {
      lengths.add(tokens);
    }
  }

  /** How many answers are asked for: each prompt of a batch is answered. */
  private static double answers(Call call) {
    return (double) Math.max(1, call.body().prompts()) * Math.max(1, call.body().choices());
  }
}
