/**
 * Anthropic's Messages API as a dialect of chat completions: a request there, its answer back.
 * Start at {@link io.penstock.gateway.anthropic.MessagesRequest}.
 */
@org.jspecify.annotations.NullMarked
package io.penstock.gateway.anthropic;
