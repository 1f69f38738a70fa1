package io.penstock.planner.report;

import java.util.Map;
import java.util.TreeMap;

/** Requests of one kind, counted. */
final class Group {
  private final Map<String, Long> outcomes = new TreeMap<>();
  private final Distribution prompt = new Distribution();
  private final Distribution completion = new Distribution();
  private final Distribution ttft = new Distribution();
  private final Distribution tpot = new Distribution();
  private final Distribution total = new Distribution();
  private final Minutes minutes = new Minutes();
  private long requests;
  private double cachedTokens;
  private double usd;
  private double sparedPromptTokens;
  private double sparedCompletionTokens;

  void add(Entry entry) {
    requests++;
    outcomes.merge(entry.outcome(), 1L, Long::sum);
    minutes.add(entry.epochSeconds());
    usd += entry.usd() > 0 ? entry.usd() : 0;
    if (entry.sparedPromptTokens() > 0) {
      sparedPromptTokens += entry.sparedPromptTokens();
      sparedCompletionTokens += Math.max(0, entry.sparedCompletionTokens());
    }
    if (entry.answered()) {
      prompt.add(entry.promptTokens());
      completion.add(entry.completionTokens());
      cachedTokens += entry.cachedTokens() > 0 ? entry.cachedTokens() : 0;
      total.add(entry.totalSeconds());
      if (entry.stream()) {
        ttft.add(entry.ttftSeconds());
        tpot.add(entry.tpotSeconds());
      }
    }
  }

  long requests() {
    return requests;
  }

  /** Of requests that were answered without a model server. */
  double sparedPromptTokens() {
    return sparedPromptTokens;
  }

  /** Of requests that were answered without a model server. */
  double sparedCompletionTokens() {
    return sparedCompletionTokens;
  }

  Minutes minutes() {
    return minutes;
  }

  Distribution prompt() {
    return prompt;
  }

  Distribution completion() {
    return completion;
  }

  Distribution ttft() {
    return ttft;
  }

  Distribution tpot() {
    return tpot;
  }

  double cachedShare() {
    return prompt.sum() > 0 ? Math.min(0.95, cachedTokens / prompt.sum()) : 0;
  }

  Report.Traffic traffic(String name) {
    return new Report.Traffic(
        name,
        requests,
        Map.copyOf(outcomes),
        lengths(prompt),
        lengths(completion),
        cachedShare(),
        lengths(ttft),
        lengths(tpot),
        lengths(total),
        minutes.peak(),
        usd);
  }

  private static Report.Spread lengths(Distribution of) {
    return new Report.Spread(
        of.count(), of.mean(), of.quantile(0.5), of.quantile(0.95), of.quantile(0.99));
  }
}
