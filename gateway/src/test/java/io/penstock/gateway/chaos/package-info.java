/** Faults against real processes; the whole suite is {@code penstock chaos}. */
@NullMarked
package io.penstock.gateway.chaos;

import org.jspecify.annotations.NullMarked;
