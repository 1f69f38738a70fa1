package io.penstock.config;

/**
 * How a pool's backends share its calls.
 *
 * @param by whose turn it is
 * @param loadFactor how many times the mean of the calls in flight at the pool's backends one of
 *     them may have for the sake of a prompt that it knows; 1 is no more than the others
 */
public record Balance(By by, double loadFactor) {
  public static final Balance DEFAULT = new Balance(By.PREFIX, 1);

  private static final double MOST = 10;

  public Balance {
    new Check().within("load-factor", loadFactor, 1, MOST).orRefuse();
  }

  /** Whose turn it is. */
  public enum By {
    /** Of the backend that knows the prompt's beginning, within the load factor. */
    PREFIX,
    /** Of the one with the least to do: the fewest calls, and by its speed where that is known. */
    LEAST_LOADED,
    /** Of each after the other. */
    ROUND_ROBIN
  }
}
