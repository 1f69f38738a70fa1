/** The values that flow between the stages; it knows none of them. */
@NullMarked
package io.penstock.gateway.call;

import org.jspecify.annotations.NullMarked;
