/**
 * Published measurements from CSV files, and the model's error on them. Start at {@link
 * io.penstock.config.measurements.Accuracy}.
 */
@NullMarked
package io.penstock.config.measurements;

import org.jspecify.annotations.NullMarked;
