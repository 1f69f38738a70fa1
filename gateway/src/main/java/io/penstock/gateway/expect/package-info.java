/** How long answers will be, learned from those that were given: start at Expectations. */
@NullMarked
package io.penstock.gateway.expect;

import org.jspecify.annotations.NullMarked;
