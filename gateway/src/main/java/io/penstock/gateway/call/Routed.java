package io.penstock.gateway.call;

/** The choose stage's first answer: a pool, or why there is none. */
public sealed interface Routed permits Route, Refusal {}
