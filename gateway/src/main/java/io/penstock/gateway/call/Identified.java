package io.penstock.gateway.call;

/** The authenticate stage's answer. */
public sealed interface Identified permits Caller, Refusal {}
