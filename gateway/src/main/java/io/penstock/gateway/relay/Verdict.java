package io.penstock.gateway.relay;

import io.penstock.gateway.call.Taken;

/**
 * What a model server's error means. A fault of the client's is the client's answer; a fault of the
 * server's, or of how Penstock is set up, is not the client's business and may be mended elsewhere.
 *
 * <ul>
 *   <li>401, 403: the pool's key is wrong, not the client's. 404: the server does not serve what
 *       the config says. 402, 405, 407: the same kind.
 *   <li>500 is the client's where the text says so: llama.cpp answers it to broken JSON and to what
 *       a model cannot take; 501 is its word for an operation that was not switched on.
 *   <li>429 is the client's answer: to ask elsewhere at once is how retry storms begin.
 * </ul>
 */
sealed interface Verdict {

  /**
   * The client is told.
   *
   * @param status the status that it is told
   * @param renamed whether the server called it a fault of its own
   */
  record Tell(int status, boolean renamed) implements Verdict {}

  /** The client is not told. */
  record Hide(Taken.Unusable why) implements Verdict {}

  static Verdict of(int status, ReadError error) {
    return switch (status) {
      case 401, 402, 403, 404, 405, 407, 408, 424 -> hide(status);
      case 500 -> isClientsFault(error) ? new Tell(400, true) : hide(status);
      case 501 -> new Tell(400, true);
      default -> status >= 400 && status < 500 ? new Tell(status, false) : hide(status);
    };
  }

  private static Verdict hide(int status) {
    return new Hide(
        new Taken.Unusable(
            "status_" + status, "The model server failed with status " + status + '.', true));
  }

  private static boolean isClientsFault(ReadError error) {
    String message = error.message();
    return message != null
        && (message.startsWith("[json.exception") || message.contains("is not supported"));
  }
}
