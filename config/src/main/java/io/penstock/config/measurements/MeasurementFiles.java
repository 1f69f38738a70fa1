package io.penstock.config.measurements;

import io.penstock.config.catalog.Catalog;
import io.penstock.planner.accuracy.Expectation;
import io.penstock.planner.accuracy.Load;
import io.penstock.planner.accuracy.Measurement;
import io.penstock.planner.accuracy.Metric;
import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.model.ModelSpec;
import io.penstock.planner.model.ModelSpec.Attention;
import io.penstock.planner.model.ModelSpec.Experts;
import io.penstock.planner.model.ModelSpec.Parameters;
import io.penstock.planner.model.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads measurement files. A row becomes a {@link Measurement}, or it is left out for a reason that
 * is counted.
 */
public final class MeasurementFiles {
  /** InferenceX draws lengths from 0.8 to 1.0 of the nominal ones. */
  private static final double INFERENCEX_LENGTHS = 0.9;

  /** Standard deviation over mean of ShareGPT's prompts and answers. */
  private static final double SHAREGPT_VARIATION = 1.1;

  /** The same where lengths are means of prompts that nobody names. */
  private static final double OTHER_VARIATION = 0.8;

  private static final double HUNDREDS = 100;
  private static final double FIFTIES = 50;

  /** What is shorter than this is made up, whatever its length. */
  private static final double SHORT = 64;

  /** A replica's sequences need about this share of its memory. */
  private static final double ROOM = 0.25;

  private static final double LONG_RUN = 100_000;
  private static final int DEFAULT_VOCABULARY = 128_000;

  /** A dense layer's parameters over its width squared are fewer than this. */
  private static final double WIDEST_LAYER = 32;

  private static final Pattern REQUESTS = Pattern.compile("(\\d+) (?:requests|prompts)");
  private static final Pattern MOST_OPEN = Pattern.compile("max concurrency (\\d+)");
  private static final Pattern STEP_TOKENS =
      Pattern.compile("max[-_]num[-_](?:batched[-_])?tokens[= ](\\d+)");
  private static final Pattern DATA_PARALLEL = Pattern.compile("attention_dp=(\\d+)");

  private final Catalog catalog;
  private final List<Measurement> rows = new ArrayList<>();
  private final Map<String, Integer> leftOut = new TreeMap<>();

  private MeasurementFiles(Catalog catalog) {
    this.catalog = catalog;
  }

  /** Reads every CSV file under {@code directory}; those without a metric column are skipped. */
  public static MeasurementFiles read(Path directory, Catalog catalog) throws IOException {
    var files = new MeasurementFiles(catalog);
    try (var paths = Files.walk(directory)) {
      for (var path : paths.filter(p -> p.toString().endsWith(".csv")).sorted().toList()) {
        files.readFile(path);
      }
    }
    return files;
  }

  /** What can be predicted. */
  public List<Measurement> rows() {
    return List.copyOf(rows);
  }

  /** What cannot: the reason and how many rows. */
  public Map<String, Integer> leftOut() {
    return leftOut;
  }

  private void readFile(Path path) throws IOException {
    for (var row : Csv.rows(Files.readString(path))) {
      if (!row.containsKey("metric") || !row.containsKey("load_mode")) {
        return;
      }
      try {
        rows.add(measurement(row));
      } catch (IllegalArgumentException reason) {
        leftOut.merge(String.valueOf(reason.getMessage()), 1, Integer::sum);
      }
    }
  }

  private Measurement measurement(Map<String, String> row) {
    String notes = row.getOrDefault("notes", "");
    refuseWhatIsNotReplicas(row, notes);
    double lengths = notes.contains("InferenceX") ? INFERENCEX_LENGTHS : 1;
    String id = text(row, "id");
    var setup = setup(row);
    double replicas = replicas(row, setup);
    var metric =
        Metric.named(text(row, "metric"))
            .orElseThrow(() -> no("metric unknown: " + text(row, "metric")));
    var measurement =
        new Measurement(
            id,
            id.replaceAll("-\\d+$", ""),
            setup,
            number(row, "isl") * lengths,
            number(row, "osl") * lengths,
            variation(row, notes),
            load(row, notes, replicas),
            metric,
            number(row, "value") / (metric.isRate() ? replicas : 1));
    refuseWhatIsNotPredicted(measurement);
    return measurement;
  }

  private static double variation(Map<String, String> row, String notes) {
    if (notes.contains("ShareGPT") || text(row, "load_mode").endsWith("sharegpt")) {
      return SHAREGPT_VARIATION;
    }
    return isMean(number(row, "isl"), HUNDREDS, 0.01) && isMean(number(row, "osl"), FIFTIES, 0)
        ? OTHER_VARIATION
        : 0;
  }

  /**
   * Whether nobody would ask for just this length, so that it is the mean of real ones: it is
   * neither a round number nor a power of two, nor as near to one as {@code tolerance} says.
   */
  private static boolean isMean(double length, double round, double tolerance) {
    double rounded = round * Math.max(1, Math.rint(length / round));
    double power = Math.pow(2, Math.rint(Math.log(length) / Math.log(2)));
    double off = tolerance * length;
    return length > SHORT && Math.abs(length - rounded) > off && Math.abs(length - power) > off;
  }

  private static void refuseWhatIsNotReplicas(Map<String, String> row, String notes) {
    if (notes.contains("SUSPECT")) {
      throw no("marked suspect by who collected it");
    }
    if (text(row, "load_mode").endsWith("_spec")) {
      throw no("speculative decoding");
    }
    boolean splitsLayers = text(row, "engine").equals("llama.cpp");
    if (!splitsLayers && numberOr(row, "pp", 1) > 1) {
      throw no("pipeline parallel");
    }
    var dataParallel = DATA_PARALLEL.matcher(notes);
    if (dataParallel.find() && Integer.parseInt(dataParallel.group(1)) > 1) {
      throw no("attention data-parallel");
    }
    if (text(row, "engine").equals("llama.cpp") && !text(row, "batch_or_concurrency").equals("1")) {
      throw no("llama.cpp with more than one sequence");
    }
  }

  private Measurement.Setup setup(Map<String, String> row) {
    var weights = precision(text(row, "weight_dtype"));
    var whole =
        new Measurement.Setup(
            model(row),
            gpu(text(row, "gpu")),
            Math.max(1, (int) gpus(row)),
            weights,
            kv(text(row, "kv_dtype")),
            engine(text(row, "engine")),
            row.getOrDefault("engine_version", ""),
            (int) found(STEP_TOKENS, row.getOrDefault("notes", ""), 0));
    if (text(row, "engine").equals("llama.cpp")) {
      return whole;
    }
    return text(row, "tp").isEmpty()
        ? smallest(whole)
        : whole.over(Math.max(1, (int) number(row, "tp")));
  }

  /** Where nobody says how many GPUs a replica has: the fewest that leave room to work in. */
  private Measurement.Setup smallest(Measurement.Setup whole) {
    for (int gpus = 1; gpus < whole.tensorParallel(); gpus *= 2) {
      var split = whole.over(gpus);
      if (Expectation.freeShare(split, catalog.engineOr(whole.engine(), whole.gpu())) >= ROOM) {
        return split;
      }
    }
    return whole;
  }

  private static double replicas(Map<String, String> row, Measurement.Setup setup) {
    double replicas = Math.max(1, gpus(row)) / setup.tensorParallel();
    if (replicas != Math.rint(replicas)) {
      throw no("GPUs are not those of whole replicas");
    }
    return replicas;
  }

  /** A row that does not say how many has those of one replica. */
  private static double gpus(Map<String, String> row) {
    return numberOr(row, "num_gpus", numberOr(row, "tp", 1));
  }

  private static Precision precision(String word) {
    return Precision.named(word).orElseThrow(() -> no("precision unknown: " + word));
  }

  private static Precision kv(String word) {
    return word.isEmpty() || word.equals("auto") ? Precision.FP16 : precision(word);
  }

  private Gpu gpu(String name) {
    return Spellings.gpu(name, catalog.gpus()::find).orElseThrow(() -> no("GPU unknown: " + name));
  }

  private String engine(String name) {
    return catalog.engineNamed(name).orElse(name.toLowerCase(Locale.ROOT).replace(' ', '-'));
  }

  private ModelSpec model(Map<String, String> row) {
    String name = text(row, "model");
    return Spellings.model(name, catalog.models()::find).orElseGet(() -> byDimensions(name, row));
  }

  /** A model that the catalogue does not know: dense, by the row's own dimensions. */
  private static ModelSpec byDimensions(String name, Map<String, String> row) {
    if (text(row, "layers").isEmpty() || text(row, "params_b").isEmpty()) {
      throw no("model unknown: " + name);
    }
    int hidden = (int) number(row, "hidden");
    int heads = (int) number(row, "heads");
    double head = (double) DEFAULT_VOCABULARY * hidden;
    double total = number(row, "params_b") * 1e9;
    double untied = Math.min(head, total / 4);
    double layers = number(row, "layers");
    if (total - 2 * untied > layers * hidden * hidden * WIDEST_LAYER) {
      throw no("a mixture that the catalogue does not know: " + name);
    }
    return new ModelSpec(
        name,
        (int) layers,
        hidden,
        heads,
        (int) number(row, "kv_heads"),
        (int) number(row, "head_dim"),
        DEFAULT_VOCABULARY,
        new Parameters(total - 2 * untied, 0, untied, untied),
        Experts.NONE,
        Attention.FULL,
        131_072);
  }

  private static Load load(Map<String, String> row, String notes, double replicas) {
    String mode = text(row, "load_mode");
    String amount = text(row, "batch_or_concurrency");
    return switch (mode) {
      case "single_stream" -> new Load.SingleStream();
      case "static_batch" -> new Load.StaticBatch(each(amount, replicas));
      case "closed_loop", "closed_loop_sharegpt" ->
          amount.equals("max") ? new Load.Maximum() : new Load.ClosedLoop(each(amount, replicas));
      case "offline_max" -> new Load.Maximum();
      case "offline_burst" -> burst(amount, notes, replicas);
      case "open_loop_poisson" ->
          amount.equals("max")
              ? new Load.Maximum()
              : amount.startsWith("inf")
                  ? burst(amount.replace("qps", ""), notes, replicas)
                  : new Load.OpenLoop(
                      count(amount.replaceAll("(?i)\\s*(qps|rps|req/s)$", "")) / replicas,
                      found(REQUESTS, notes, LONG_RUN) / replicas);
      default -> throw no("load mode unknown: " + mode);
    };
  }

  /** What one of the replicas gets; a request is not split. */
  private static double each(String amount, double replicas) {
    return Math.max(Math.min(1, count(amount)), count(amount) / replicas);
  }

  private static Load burst(String amount, String notes, double replicas) {
    String inside = amount.replaceAll("^inf\\((\\d+)\\)$", "$1");
    double all = inside.equals("inf") ? found(REQUESTS, notes, LONG_RUN) : count(inside);
    double requests = Math.max(1, all / replicas);
    return new Load.Burst(requests, Math.min(requests, found(MOST_OPEN, notes, all) / replicas));
  }

  private static double found(Pattern pattern, String notes, double otherwise) {
    Matcher matcher = pattern.matcher(notes);
    return matcher.find() ? Double.parseDouble(matcher.group(1)) : otherwise;
  }

  private static double count(String text) {
    try {
      double count = Double.parseDouble(text);
      if (count > 0) {
        return count;
      }
    } catch (NumberFormatException _) {
      throw no("load is not a number: " + text);
    }
    throw no("load is not above 0: " + text);
  }

  private void refuseWhatIsNotPredicted(Measurement measurement) {
    var setup = measurement.setup();
    var engine = catalog.engineOr(setup.engine(), setup.gpu());
    if (!Expectation.fits(measurement, engine)) {
      throw no("does not fit in memory by the model");
    }
    double predicted = Expectation.of(measurement, engine);
    if (!(predicted > 0 && predicted < Double.POSITIVE_INFINITY)) {
      throw no("nothing to predict: " + measurement.metric().label() + " of this load");
    }
  }

  private static String text(Map<String, String> row, String column) {
    return row.getOrDefault(column, "");
  }

  private static double numberOr(Map<String, String> row, String column, double otherwise) {
    return text(row, column).isEmpty() ? otherwise : number(row, column);
  }

  private static double number(Map<String, String> row, String column) {
    try {
      double number = Double.parseDouble(text(row, column));
      if (Double.isFinite(number)) {
        return number;
      }
    } catch (NumberFormatException _) {
      throw no(column + " is not a number");
    }
    throw no(column + " is not finite");
  }

  private static IllegalArgumentException no(String reason) {
    return new IllegalArgumentException(reason);
  }
}
