/**
 * The model beside measurements: what it predicts for each, how far off it is, and the fit of
 * engine parameters. Start at {@link io.penstock.planner.accuracy.Fit}.
 */
@NullMarked
package io.penstock.planner.accuracy;

import org.jspecify.annotations.NullMarked;
