/**
 * A pool of replicas under a stream of requests, step by step; the same seed gives the same result.
 * Start at {@link io.penstock.planner.simulate.Simulation}.
 */
@NullMarked
package io.penstock.planner.simulate;

import org.jspecify.annotations.NullMarked;
