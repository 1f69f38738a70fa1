/**
 * Named faults against real processes, and what came of each; start at {@link
 * io.penstock.loadtest.chaos.Trouble} for what goes wrong and at {@link
 * io.penstock.loadtest.chaos.Chaos} for how one is run.
 */
@NullMarked
package io.penstock.loadtest.chaos;

import org.jspecify.annotations.NullMarked;
