/**
 * What the client is sent: a backend's answer, byte for byte as it comes, or a refusal. Start at
 * {@link io.penstock.gateway.relay.Outgoing}.
 */
@NullMarked
package io.penstock.gateway.relay;

import org.jspecify.annotations.NullMarked;
