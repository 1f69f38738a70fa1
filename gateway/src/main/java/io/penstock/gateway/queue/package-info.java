/**
 * The waiting rooms, one a pool, where calls wait for a place that keeps the pool's SLO: start at
 * WaitingRoom, which decides; Rooms has one for each pool.
 */
@NullMarked
package io.penstock.gateway.queue;

import org.jspecify.annotations.NullMarked;
