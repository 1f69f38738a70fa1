/**
 * Recorded requests in files: Azure's CSV, Mooncake's JSON lines and a plain form of both. Start at
 * {@link io.penstock.config.trace.TraceFile}.
 */
@NullMarked
package io.penstock.config.trace;

import org.jspecify.annotations.NullMarked;
