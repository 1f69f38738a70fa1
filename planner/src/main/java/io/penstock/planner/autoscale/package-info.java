/** How many replicas a pool should have now, and why: start at Scaler. */
@NullMarked
package io.penstock.planner.autoscale;

import org.jspecify.annotations.NullMarked;
