package io.penstock.config;

import java.nio.file.Path;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What every part of one reading shares.
 *
 * @param problems what was found so far
 * @param environment the value of a variable; null where it is not set
 * @param base the directory that {@code file:} paths start from
 * @param keysSeen told the keys that a kind of section knows; a kind is a path with {@code *} for
 *     names and {@code []} for list entries
 */
public record Reading(
    Problems problems,
    Function<String, @Nullable String> environment,
    Path base,
    BiConsumer<String, Set<String>> keysSeen) {}
