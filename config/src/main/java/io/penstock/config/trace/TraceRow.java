package io.penstock.config.trace;

/**
 * One recorded request. Words that the trace does not have are empty.
 *
 * @param atNanos after the first of the trace
 * @param promptTokens that came in
 * @param completionTokens that went out
 * @param pool that served it
 * @param tier of its caller
 * @param complexity simple, medium or complex
 * @param priority high, normal or low
 * @param blocks the hashes of its prompt's blocks, each of which stands for all before it, too;
 *     empty where they are not known
 */
public record TraceRow(
    long atNanos,
    int promptTokens,
    int completionTokens,
    String pool,
    String tier,
    String complexity,
    String priority,
    int[] blocks) {}
