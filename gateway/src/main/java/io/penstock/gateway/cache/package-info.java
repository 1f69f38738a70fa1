/**
 * Stage 5: exact answers given again, from memory and then from the fleet's store, and one call to
 * a model server for equal requests in flight. Start at {@link
 * io.penstock.gateway.cache.AnswerCache}.
 */
@NullMarked
package io.penstock.gateway.cache;

import org.jspecify.annotations.NullMarked;
