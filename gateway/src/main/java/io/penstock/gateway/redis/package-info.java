/**
 * The connection to the store that a fleet shares: whoever needs Redis asks {@code Redis}, within
 * the config's time-out and behind one breaker.
 */
@NullMarked
package io.penstock.gateway.redis;

import org.jspecify.annotations.NullMarked;
