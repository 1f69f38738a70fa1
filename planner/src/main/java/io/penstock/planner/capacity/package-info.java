/**
 * One replica under load: what a step takes, what fits in memory, what a request waits. Start at
 * {@link io.penstock.planner.capacity.ContinuousBatching}.
 */
@NullMarked
package io.penstock.planner.capacity;

import org.jspecify.annotations.NullMarked;
