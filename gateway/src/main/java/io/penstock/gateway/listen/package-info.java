/** From the accept of a connection to its requests' heads: start at {@code Heads}. */
@NullMarked
package io.penstock.gateway.listen;

import org.jspecify.annotations.NullMarked;
