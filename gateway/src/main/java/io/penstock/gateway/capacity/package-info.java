/**
 * The capacity model at work on live traffic, and the replicas that each pool should have: start at
 * Capacities.
 */
@NullMarked
package io.penstock.gateway.capacity;

import org.jspecify.annotations.NullMarked;
