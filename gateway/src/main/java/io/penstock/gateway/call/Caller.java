package io.penstock.gateway.call;

import io.penstock.config.Tier;

/**
 * Who calls.
 *
 * @param keyId the key's id, never the key
 * @param tenant whose money it is
 * @param tier what they are promised
 */
public record Caller(String keyId, String tenant, Tier tier) implements Identified {}
