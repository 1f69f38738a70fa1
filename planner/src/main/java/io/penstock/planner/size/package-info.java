/**
 * From what is asked to how many replicas: which constraint binds, what it costs, and why others
 * lost. Start at {@link io.penstock.planner.size.Sizing}.
 */
@NullMarked
package io.penstock.planner.size;

import org.jspecify.annotations.NullMarked;
