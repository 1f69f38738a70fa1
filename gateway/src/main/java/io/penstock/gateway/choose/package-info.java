/** Which pool serves a call, and which of its backends: start at Router, then Backends. */
@NullMarked
package io.penstock.gateway.choose;

import org.jspecify.annotations.NullMarked;
