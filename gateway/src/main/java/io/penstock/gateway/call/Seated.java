package io.penstock.gateway.call;

/** The choose stage's second answer: a turn at a backend, or why there is none. */
public sealed interface Seated permits Turn, Refusal {}
