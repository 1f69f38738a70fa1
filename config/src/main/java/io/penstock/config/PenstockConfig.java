package io.penstock.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that an operator writes, read and checked. Maps keep the order of the file.
 *
 * @param server the data port
 * @param admin the admin port
 * @param tiers by name
 * @param keys API keys, by their hash
 * @param pools by name
 * @param complexity where the classes part
 * @param cache exact answers
 * @param redis the shared store; absent: everything in this process
 * @param traffic the journal; absent: none is kept
 */
public record PenstockConfig(
    Server server,
    Admin admin,
    Map<String, Tier> tiers,
    List<ApiKey> keys,
    Map<String, Pool> pools,
    ComplexityBands complexity,
    Cache cache,
    Optional<Redis> redis,
    Optional<Traffic> traffic) {}
