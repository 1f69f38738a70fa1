/** Closed forms of waiting lines, each with its formula and source. */
@NullMarked
package io.penstock.planner.queueing;

import org.jspecify.annotations.NullMarked;
