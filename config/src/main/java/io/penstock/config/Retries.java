package io.penstock.config;

/**
 * How many attempts more than calls a pool may make in any minute, so that a pool that fails is not
 * asked several times as much as before.
 *
 * @param share of the pool's calls
 * @param least attempts besides, so that a quiet pool may retry too
 */
public record Retries(double share, int least) {
  public static final Retries DEFAULT = new Retries(0.1, 10);

  private static final int MOST = 10_000;

  public Retries {
    new Check().within("least", least, 0, MOST).orRefuse();
  }
}
