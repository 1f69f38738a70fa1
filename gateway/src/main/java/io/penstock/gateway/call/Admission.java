package io.penstock.gateway.call;

/** The admit stage's answer: a reservation, or why there is none. */
public sealed interface Admission permits Reservation, Refusal {}
