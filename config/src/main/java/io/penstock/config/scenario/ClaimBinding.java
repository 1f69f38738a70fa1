package io.penstock.config.scenario;

import io.penstock.config.Nearest;
import io.penstock.config.Notation;
import io.penstock.config.Section;
import io.penstock.config.scenario.Scenario.Printed;
import io.penstock.planner.scenario.Arithmetic;
import io.penstock.planner.scenario.Claim;
import io.penstock.planner.scenario.KvBudget;
import io.penstock.planner.scenario.SimpleLatency;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The keys of one claim. */
final class ClaimBinding {
  /** A figure of which the model knows nothing, but whose arithmetic can be checked. */
  static final String ARITHMETIC_ALONE = "figure";

  private final Section section;

  ClaimBinding(Section section) {
    this.section = section;
  }

  Optional<Printed> claim(
      List<String> pools, Optional<KvBudget> kv, Optional<SimpleLatency> simple) {
    String what = section.text("what");
    double value = section.number("value");
    double upTo = section.number("up-to", value);
    double tolerance = section.read("tolerance", Notation.SHARE, Claim.USUAL_TOLERANCE);
    var from = section.optionalText("from").flatMap(this::arithmetic);
    String because = section.text("because", "");
    String text = section.text("text", "");
    String method = section.text("method", "");
    String beside = section.text("beside", "");
    var at = new LinkedHashMap<String, Double>();
    String pool = section.section("at").map(inner -> at(inner, at)).orElse("");
    section.done();
    known("what", what);
    if (!beside.isEmpty()) {
      known("beside", beside);
    }
    if (what.equals(ARITHMETIC_ALONE) && from.isEmpty()) {
      section.complain(section.below("what"), "needs from: the arithmetic that gives it");
    }
    if (!pool.isEmpty() && !pools.contains(pool)) {
      section.complain(
          section.below("at.pool"),
          Notation.quote(pool) + " is no pool of this scenario: " + Nearest.hint(pool, pools));
    }
    checkMethod(method, kv, simple);
    return ScenarioBinding.made(
            section, "", () -> new Claim(what, pool, value, upTo, tolerance, from, because))
        .map(claim -> new Printed(claim, text, method, beside, at));
  }

  private void checkMethod(String method, Optional<KvBudget> kv, Optional<SimpleLatency> simple) {
    switch (method) {
      case "" -> {}
      case "kv-budget" -> needs(method, kv.isPresent());
      case "simple-latency" -> needs(method, simple.isPresent());
      default ->
          section.complain(
              section.below("method"),
              Notation.quote(method) + " is none of kv-budget, simple-latency");
    }
  }

  private void needs(String method, boolean there) {
    if (!there) {
      section.complain(section.below("method"), "needs methods." + method + " to work with");
    }
  }

  private void known(String key, String what) {
    if (!what.equals(ARITHMETIC_ALONE) && !Figures.NAMES.contains(what)) {
      section.complain(
          section.below(key),
          Notation.quote(what) + " is no figure: " + Nearest.hint(what, Figures.NAMES));
    }
  }

  private static String at(Section inner, Map<String, Double> at) {
    String pool = inner.text("pool", "");
    for (String key :
        List.of(
            "n",
            "prompt-tokens",
            "completion-tokens",
            "gpus",
            "usd-per-gpu-hour",
            "context-tokens")) {
      if (inner.has(key)) {
        at.put(key, inner.number(key));
      } else {
        inner.number(key, 0);
      }
    }
    inner.done();
    return pool;
  }

  private Optional<Arithmetic> arithmetic(String text) {
    return ScenarioBinding.made(section, "from", () -> Arithmetic.of(text));
  }
}
