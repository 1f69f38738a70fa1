package io.penstock.planner.size;

import io.penstock.planner.capacity.Prediction;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What one replica's latency is at each load.
 *
 * @param points by rising rate
 */
public record LoadCurve(List<Point> points) {
  private static final double HIGHEST = 0.97;

  /** A rate and what it gives. */
  public record Point(double requestsPerSecond, Prediction prediction) {}

  /** The curve of one replica of {@code sized}, in so many points. */
  public static LoadCurve of(Sized sized, int points) {
    var load = sized.demand().load();
    return new LoadCurve(
        IntStream.rangeClosed(1, points)
            .mapToObj(i -> {
              double rate = sized.saturationPerSecond() * HIGHEST * i / points;
              return new Point(rate, sized.replica().openLoop(load, rate));
            })
            .toList());
  }
}
