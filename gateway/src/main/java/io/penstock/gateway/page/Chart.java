package io.penstock.gateway.page;

import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/** One drawing as SVG text: a plot with two axes from 0, or free boxes and words. */
public final class Chart {
  public static final int WIDTH = 460;
  public static final List<String> COLOURS =
      List.of("#2f5d8c", "#d98a29", "#4f9a6b", "#c9d6e3", "#8b8f96", "#a3455b");
  public static final String LIMIT = "#a3231b";

  private static final int HEIGHT = 220;
  private static final int LEFT = 66;
  private static final int RIGHT = 16;
  private static final int TOP = 28;
  private static final int BOTTOM = 38;
  private static final int STEPS = 4;

  private final StringBuilder svg = new StringBuilder();
  private double right = 1;
  private double top = 1;

  private Chart(int height, String name) {
    add(
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">"
            .formatted(WIDTH, height, escape(name)));
  }

  /** Boxes and words at places of their own. */
  public static Chart free(int height, String name) {
    return new Chart(height, name);
  }

  /** A plot whose axes reach to at least {@code right} and {@code top}, at round figures. */
  public static Chart plot(
      String name,
      double right,
      DoubleFunction<String> across,
      String below,
      double top,
      DoubleFunction<String> up) {
    var chart = new Chart(HEIGHT, name);
    chart.right = rounded(right);
    chart.top = rounded(top);
    chart.axes(across, below, up);
    return chart;
  }

  /**
   * The least multiple of a round step that {@code value} does not pass in {@link #STEPS} steps.
   */
  public static double rounded(double value) {
    double raw = value / STEPS;
    double power = Math.pow(10, Math.floor(Math.log10(raw)));
    for (double digit : new double[] {1, 1.5, 2, 2.5, 3, 4, 5, 6, 8}) {
      if (raw <= digit * power * (1 + 1e-9)) {
        return digit * power * STEPS;
      }
    }
    return 10 * power * STEPS;
  }

  public String end() {
    return svg.append("</svg>").toString();
  }

  public static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private void axes(DoubleFunction<String> across, String below, DoubleFunction<String> up) {
    for (int i = 0; i <= STEPS; i++) {
      double part = (double) i / STEPS;
      level(top * part, "#e3e8ee", "none");
      text(LEFT - 6, y(top * part) + 4, "end", up.apply(top * part));
      text(x(right * part), HEIGHT - BOTTOM + 15, "middle", across.apply(right * part));
    }
    text(WIDTH - RIGHT, HEIGHT - 6, "end", below);
  }

  public double right() {
    return right;
  }

  public double top() {
    return top;
  }

  private double x(double value) {
    return LEFT + (WIDTH - LEFT - RIGHT) * Math.min(1, value / right);
  }

  private double y(double value) {
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * Math.min(1, value / top);
  }

  // ---- in the plot's own units

  /** A line through points, up to the first that is over the top. */
  public void line(double[] across, double[] up, String colour, String dashes) {
    var path = new StringBuilder();
    for (int i = 0; i < across.length; i++) {
      path.append(path.isEmpty() ? 'M' : 'L')
          .append(round(x(across[i])))
          .append(' ')
          .append(round(y(up[i])));
      if (!(up[i] < top)) {
        break;
      }
    }
    add(
        "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-dasharray=\"%s\"/>"
            .formatted(path, colour, dashes));
  }

  /** A line across the plot. */
  public void level(double value, String colour, String dashes) {
    stroke(LEFT, y(value), WIDTH - RIGHT, y(value), colour, dashes);
  }

  /** A line up the plot with a word at its top, on the side where there is room. */
  public void mark(double value, String word) {
    double x = x(value);
    stroke(x, TOP, x, HEIGHT - BOTTOM, "#5b6675", "2 3");
    boolean leftOf = x > WIDTH / 2.0;
    text(leftOf ? x - 4 : x + 4, TOP + 10, leftOf ? "end" : "start", word);
  }

  public void dot(double across, double up, double radius, String colour) {
    add(
        "<circle cx=\"%s\" cy=\"%s\" r=\"%s\" fill=\"%s\"/>"
            .formatted(round(x(across)), round(y(up)), round(radius), colour));
  }

  /** A word beside a point, on the side where there is room. */
  public void label(double across, double up, String word) {
    double x = x(across);
    boolean leftOf = x > WIDTH - 90;
    text(leftOf ? x - 4 : x + 4, y(up) - 7, leftOf ? "end" : "start", word);
  }

  /** What each line is, above the plot; a word that begins with a dash is drawn dashed. */
  public void legend(String... colourAndWord) {
    double x = LEFT;
    for (int i = 0; i < colourAndWord.length; i += 2) {
      boolean dashed = colourAndWord[i + 1].startsWith("-");
      String word = dashed ? colourAndWord[i + 1].substring(1) : colourAndWord[i + 1];
      stroke(x, 10, x + 18, 10, colourAndWord[i], dashed ? "5 4" : "none");
      text(x + 23, 14, "start", word);
      x += 23 + 6.2 * word.length() + 14;
    }
  }

  // ---- in pixels

  public void box(double x, double y, double width, double height, String colour) {
    add(
        "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" fill=\"%s\"/>"
            .formatted(round(x), round(y), round(width), round(height), colour));
  }

  public void text(double x, double y, String anchor, String text) {
    add(
        "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\">%s</text>"
            .formatted(round(x), round(y), anchor, escape(text)));
  }

  private void stroke(double x, double y, double toX, double toY, String colour, String dashes) {
    add(
        "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" stroke=\"%s\" stroke-width=\"1.5\" stroke-dasharray=\"%s\"/>"
            .formatted(round(x), round(y), round(toX), round(toY), colour, dashes));
  }

  private void add(String element) {
    svg.append(element);
  }

  private static String round(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
