/** Load, and something to send it to. */
@NullMarked
package io.penstock.loadtest;

import org.jspecify.annotations.NullMarked;
