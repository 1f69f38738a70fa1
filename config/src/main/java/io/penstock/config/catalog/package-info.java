/**
 * The catalogue: GPUs, models, engines and prices by the names that operators write. Start at
 * {@link io.penstock.config.catalog.Catalog}.
 */
@NullMarked
package io.penstock.config.catalog;

import org.jspecify.annotations.NullMarked;
