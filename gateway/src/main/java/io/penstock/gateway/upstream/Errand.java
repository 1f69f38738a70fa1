package io.penstock.gateway.upstream;

import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Trace;
import io.vertx.core.MultiMap;

/**
 * What is to be sent.
 *
 * @param call the call
 * @param clientHeaders the client's own, of which few pass
 * @param trace what is noted of its way
 * @param bodies makes the body for whichever pool it is sent to
 * @param hedging whether its first token may be asked for twice
 */
public record Errand(
    Call call, MultiMap clientHeaders, Trace trace, Bodies bodies, Hedging hedging) {}
