/** What real model servers do on the wire, through the whole gateway. */
@NullMarked
package io.penstock.gateway.quirks;

import org.jspecify.annotations.NullMarked;
