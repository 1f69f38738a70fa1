/**
 * Load for any OpenAI-compatible endpoint and what came of it; start at {@link
 * io.penstock.loadtest.load.LoadGenerator}.
 */
@NullMarked
package io.penstock.loadtest.load;

import org.jspecify.annotations.NullMarked;
