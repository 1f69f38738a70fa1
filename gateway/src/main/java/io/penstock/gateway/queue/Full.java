package io.penstock.gateway.queue;

/**
 * No place, and none within the time that was given.
 *
 * @param waitNanos how long the wait would have been
 * @param retryNanos after which who comes back is let in to wait
 */
public record Full(long waitNanos, long retryNanos) implements Entry {}
