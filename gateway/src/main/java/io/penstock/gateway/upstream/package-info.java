/** A call sent to a backend, and to another while the client has nothing yet. */
@NullMarked
package io.penstock.gateway.upstream;

import org.jspecify.annotations.NullMarked;
