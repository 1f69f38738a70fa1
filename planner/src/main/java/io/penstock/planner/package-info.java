/** The capacity model: what hardware can do, in pure functions. */
@NullMarked
package io.penstock.planner;

import org.jspecify.annotations.NullMarked;
