package io.penstock.gateway.classify;

import io.penstock.config.Complexity;
import io.penstock.config.ComplexityBands;
import io.penstock.gateway.call.Assessment;
import io.penstock.gateway.call.Calls;
import io.penstock.gateway.call.Demand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the score is worth on public labels: CSV files of {@code prompt,weak model right,strong
 * model right}. Not a test; run by hand with the directory, and the figures go into
 * docs/decisions/0002-complexity.md.
 */
public final class PublicLabels {
  private static final Classifier CLASSIFIER = new Classifier(ComplexityBands.DEFAULT);

  private static final List<Complexity> CLASSES = List.of(Complexity.values());

  private record Row(String group, double score, int level, boolean weak, boolean strong) {}

  private PublicLabels() {}

  public static void main(String[] args) throws IOException {
    List<Row> all = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Path.of(args[0]))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".csv")).sorted().toList()) {
        List<Row> rows = rows(file);
        print(file.getFileName().toString(), rows);
        all.addAll(rows);
      }
    }
    print("mmlu", all.stream().filter(row -> row.group.startsWith("mmlu")).toList());
    print("all", all);
  }

  private static List<Row> rows(Path file) throws IOException {
    List<Row> rows = new ArrayList<>();
    for (List<String> cells : cells(Files.readString(file)).stream().skip(1).toList()) {
      if (cells.size() >= 3) {
        Demand demand = CLASSIFIER.measure(Calls.chat(cells.get(0)));
        Assessment complexity = demand.complexity();
        rows.add(
            new Row(
                file.getFileName().toString(),
                complexity.score(),
                CLASSES.indexOf(complexity.level()),
                Boolean.parseBoolean(cells.get(1)),
                Boolean.parseBoolean(cells.get(2))));
      }
    }
    return rows;
  }

  private static void print(String name, List<Row> rows) {
    int[] classes = new int[3];
    int[] weakRight = new int[3];
    for (Row row : rows) {
      classes[row.level]++;
      weakRight[row.level] += row.weak ? 1 : 0;
    }
    double mean = rows.stream().mapToDouble(Row::score).average().orElse(0);
    System.out.printf(
        "%-45s n %5d  score %.2f  auc weak wrong %.3f  auc strong alone right %.3f  s/m/c %s  weak"
            + " right in each %s%n",
        name,
        rows.size(),
        mean,
        auc(
            rows.stream().filter(row -> !row.weak).toList(),
            rows.stream().filter(Row::weak).toList()),
        auc(
            rows.stream().filter(row -> !row.weak && row.strong).toList(),
            rows.stream().filter(row -> row.weak || !row.strong).toList()),
        Arrays.toString(classes),
        shares(weakRight, classes));
  }

  private static String shares(int[] parts, int[] wholes) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < parts.length; i++) {
      text.append(wholes[i] == 0 ? " -" : " %.2f".formatted(parts[i] / (double) wholes[i]));
    }
    return text.toString();
  }

  /** The chance that a row of the first kind has the higher score, ties counting half. */
  private static double auc(List<Row> positive, List<Row> negative) {
    record Marked(double score, boolean positive) {}
    List<Marked> marked = new ArrayList<>();
    positive.forEach(row -> marked.add(new Marked(row.score, true)));
    negative.forEach(row -> marked.add(new Marked(row.score, false)));
    marked.sort(Comparator.comparingDouble(Marked::score));
    double ranks = 0;
    for (int i = 0; i < marked.size(); ) {
      int end = i;
      while (end < marked.size() && marked.get(end).score == marked.get(i).score) {
        end++;
      }
      double rank = (i + 1 + end) / 2.0;
      for (; i < end; i++) {
        ranks += marked.get(i).positive ? rank : 0;
      }
    }
    double p = positive.size();
    return (ranks - p * (p + 1) / 2) / (p * negative.size());
  }

  /** Reads CSV with quoted cells. */
  private static List<List<String>> cells(String csv) {
    List<List<String>> rows = new ArrayList<>();
    List<String> row = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < csv.length(); i++) {
      char c = csv.charAt(i);
      if (c == '"') {
        boolean doubled = quoted && i + 1 < csv.length() && csv.charAt(i + 1) == '"';
        if (doubled) {
          cell.append(c);
          i++;
        } else {
          quoted = !quoted;
        }
      } else if (!quoted && (c == ',' || c == '\n')) {
        row.add(cell.toString());
        cell.setLength(0);
        if (c == '\n') {
          rows.add(row);
          row = new ArrayList<>();
        }
      } else {
        cell.append(c);
      }
    }
    return rows;
  }
}
