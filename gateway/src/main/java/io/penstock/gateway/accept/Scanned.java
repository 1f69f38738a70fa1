package io.penstock.gateway.accept;

import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.ScannedBody;

/** What came of scanning a body. */
sealed interface Scanned {

  /** It is what the API takes. */
  record Good(ScannedBody body) implements Scanned {}

  /** It is not. */
  record Bad(Refusal refusal) implements Scanned {}
}
