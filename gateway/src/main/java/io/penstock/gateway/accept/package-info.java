/**
 * Stage 1: bounds and reads a request, scans its body for the few fields that matter, stamps the id
 * and the time. Start at {@link io.penstock.gateway.accept.Accept}; nowhere else are a client's
 * headers read.
 *
 * <p>{@code accept.read(request)} reads head and body. {@code accept.read(request,
 * authenticator::identify)} asks first whether the head's key is known, so that nobody without one
 * makes Penstock buffer a body. Either way the future ends with a call or a {@code Refusal}, and
 * fails only with {@code ClientGone}, when the client left before its body had arrived. The
 * response then already carries {@code x-request-id}; what a refused client still sends is thrown
 * away here, within bounds.
 */
@NullMarked
package io.penstock.gateway.accept;

import org.jspecify.annotations.NullMarked;
