package io.penstock.gateway.accept;

import io.penstock.gateway.call.Directives;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Refusal;
import org.jspecify.annotations.Nullable;

/** What a request's head says. */
sealed interface Head {

  /** Its body may come. */
  record Good(Operation operation, @Nullable String authorization, Directives directives)
      implements Head {}

  /** No body could make it right. */
  record Bad(Refusal refusal) implements Head {}
}
