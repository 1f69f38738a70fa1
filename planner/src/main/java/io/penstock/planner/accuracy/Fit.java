package io.penstock.planner.accuracy;

import io.penstock.planner.accuracy.Factor.Subject;
import io.penstock.planner.capacity.Engine;
import io.penstock.planner.capacity.EngineParameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Engine parameters from measurements: the effects of {@link Factor} that explain them best, all at
 * once.
 *
 * <p>It minimises {@code Σ w·ρ(log(predicted/measured)/σ) + Σ(effect/s)²} by Levenberg and
 * Marquardt, where {@code ρ} is Cauchy's loss, since some published rows are wrong; {@code s} is
 * how far an effect is believed to go, so that few rows move little; {@code w} gives the thousandth
 * row of a kind less weight than the first; and {@code σ} is the noise of rows that share all
 * factors, so that those that contradict each other teach others little.
 */
public final class Fit {
  private static final int COUNT = EngineParameters.COUNT;

  /** The least noise, from coarse, which finds far minima, to fine, which ignores wrong rows. */
  private static final double[] NOISES = {0.5, 0.15, 0.07};

  private static final int ITERATIONS = 15;
  private static final double SETTLED = 3e-4;
  private static final double LONGEST_STEP = 0.7;
  private static final double MOST_DAMPING = 1e5;

  private final Function<Measurement.Setup, Engine> engines;

  /** Fits the parameters of engines that are started as {@code engines} says. */
  public Fit(Function<Measurement.Setup, Engine> engines) {
    this.engines = engines;
  }

  /** The parameters that explain {@code rows} best. */
  public Fitted of(List<Measurement> rows) {
    Map<String, Integer> index = new LinkedHashMap<>();
    List<Factor> factors = new ArrayList<>();
    Map<Subject, List<Measurement>> bySubject = new LinkedHashMap<>();
    rows.forEach(
        row -> bySubject.computeIfAbsent(subject(row.setup()), _ -> new ArrayList<>()).add(row));
    List<Cell> cells = new ArrayList<>();
    bySubject.forEach(
        (subject, own) -> cells.add(new Cell(effects(subject, index, factors), own, engines)));
    var equations = new NormalEquations(cells, pulls(factors));
    double[] effects = new double[index.size() * COUNT];
    for (double noise : NOISES) {
      effects = descend(cells, equations, effects, noise);
    }
    return fitted(index, effects);
  }

  private static Subject subject(Measurement.Setup setup) {
    return new Subject(setup.engine(), setup.weights(), setup.gpu(), setup.version());
  }

  private static int[] effects(Subject subject, Map<String, Integer> index, List<Factor> factors) {
    return Arrays.stream(Factor.values())
        .filter(factor -> !factor.of(subject).isEmpty())
        .mapToInt(factor ->
            index.computeIfAbsent(
                factor.of(subject),
                _ -> {
                  factors.add(factor);
                  return index.size();
                }))
        .toArray();
  }

  private static double[] pulls(List<Factor> factors) {
    double[] pulls = new double[factors.size() * COUNT];
    for (int i = 0; i < pulls.length; i++) {
      double belief = factors.get(i / COUNT).belief(i % COUNT);
      pulls[i] = 1 / (belief * belief);
    }
    return pulls;
  }

  private static Fitted fitted(Map<String, Integer> index, double[] effects) {
    Map<String, List<Double>> found = new TreeMap<>();
    index.forEach((name, i) ->
        found.put(name, Arrays.stream(effects, i * COUNT, (i + 1) * COUNT).boxed().toList()));
    return new Fitted(found);
  }

  private static double[] descend(
      List<Cell> cells, NormalEquations equations, double[] from, double noise) {
    double[] effects = from;
    cells.parallelStream().forEach(cell -> cell.start(from, noise));
    double cost = equations.cost(effects);
    double damping = 1e-2;
    boolean settled = false;
    for (int i = 0; i < ITERATIONS && !settled && damping < MOST_DAMPING; i++) {
      double[] at = effects;
      cells.parallelStream().forEach(cell -> cell.linearise(at));
      boolean nearer = false;
      while (!nearer && damping < MOST_DAMPING) {
        double[] next = moved(effects, equations.solve(effects, damping));
        cells.parallelStream().forEach(cell -> cell.tryOut(next));
        double nextCost = equations.cost(next);
        nearer = nextCost < cost;
        if (nearer) {
          settled = cost - nextCost < SETTLED * cost;
          effects = next;
          cost = nextCost;
        }
        damping = nearer ? damping / 5 : Math.max(damping * 8, 1e-3);
      }
    }
    return effects;
  }

  private static double[] moved(double[] effects, double[] change) {
    double[] next = new double[effects.length];
    Arrays.setAll(next, i -> effects[i] + Math.clamp(change[i], -LONGEST_STEP, LONGEST_STEP));
    return next;
  }
}
