/**
 * What an operator writes in YAML, as checked records. Start at {@link
 * io.penstock.config.PenstockConfig}.
 */
@NullMarked
package io.penstock.config;

import org.jspecify.annotations.NullMarked;
