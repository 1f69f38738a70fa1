/** An upstream that costs next to nothing, to measure what is in front of it. */
@NullMarked
package io.penstock.loadtest.mock;

import org.jspecify.annotations.NullMarked;
