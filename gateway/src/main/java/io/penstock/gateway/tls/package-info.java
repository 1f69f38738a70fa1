/** What the ports prove themselves with, read again while they serve: start at {@code PortTls}. */
@NullMarked
package io.penstock.gateway.tls;

import org.jspecify.annotations.NullMarked;
