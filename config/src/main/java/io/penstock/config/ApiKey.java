package io.penstock.config;

/**
 * One API key, known by its hash alone.
 *
 * @param id what logs and metrics may show
 * @param sha256 64 hex digits: the SHA-256 of the key
 * @param tier the tier's name
 * @param tenant whose money and cache it is; the id where the config names none
 */
public record ApiKey(String id, String sha256, String tier, String tenant) {}
