/**
 * A simulated model server that speaks vLLM's HTTP; start at {@link
 * io.penstock.loadtest.modelserver.ModelServer}, then {@link
 * io.penstock.loadtest.modelserver.Engine}.
 */
@NullMarked
package io.penstock.loadtest.modelserver;

import org.jspecify.annotations.NullMarked;
