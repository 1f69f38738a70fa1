/** The load some minutes ahead, from the load so far: start at Forecast. */
@NullMarked
package io.penstock.planner.forecast;

import org.jspecify.annotations.NullMarked;
