/** What live traffic says about a pool's hardware: start at Calibration. */
@NullMarked
package io.penstock.planner.calibrate;

import org.jspecify.annotations.NullMarked;
