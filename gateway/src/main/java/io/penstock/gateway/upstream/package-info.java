/**
 * Stage 7: a call sent to a backend, and to another while the client has nothing yet. Start at
 * {@link io.penstock.gateway.upstream.Flight}.
 */
@NullMarked
package io.penstock.gateway.upstream;

import org.jspecify.annotations.NullMarked;
