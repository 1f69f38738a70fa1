/**
 * From what is asked of a pool to how many replicas serve it, what binds, what it costs and what
 * else was looked at. Start at {@link io.penstock.planner.size.Sizer}.
 */
@NullMarked
package io.penstock.planner.size;

import org.jspecify.annotations.NullMarked;
