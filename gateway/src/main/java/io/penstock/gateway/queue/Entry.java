package io.penstock.gateway.queue;

/** What a room says to who asks for a place. */
public sealed interface Entry permits Place, Waiter, Full {}
