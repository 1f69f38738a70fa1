package io.penstock.gateway.admin;

/**
 * What the cache of this process holds.
 *
 * @param entries answers
 * @param bytes that they take
 * @param boundBytes that they may take; 0: nothing is kept
 */
public record CacheView(long entries, long bytes, long boundBytes) {}
