/** Spans for OpenTelemetry: one for each request, one for each attempt; start at Tracing. */
@NullMarked
package io.penstock.gateway.trace;

import org.jspecify.annotations.NullMarked;
