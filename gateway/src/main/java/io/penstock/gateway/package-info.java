/** The gateway. Start at {@code Pipeline}, the request path read top to bottom. */
@NullMarked
package io.penstock.gateway;

import org.jspecify.annotations.NullMarked;
