package io.penstock.gateway.upstream;

import io.penstock.gateway.call.Refusal;

/** How a {@link Flight} ends: one of these is called, once, unless the flight was cancelled. */
public interface Landing {

  /** The sink has given the client a whole answer. */
  void answered();

  /** The sink has told the client, after a part of an answer, that no more will come. */
  void broken(String reason);

  /**
   * The client has nothing, and no backend is left.
   *
   * @param reason a short fixed word
   */
  void failed(Refusal refusal, String reason);

  /** A bug. */
  void crashed(Throwable bug);
}
