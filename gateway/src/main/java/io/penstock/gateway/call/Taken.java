package io.penstock.gateway.call;

/** What the relay made of the part of an answer that it was just given. */
public sealed interface Taken {

  /** The answer goes on, or is over. */
  enum Progress implements Taken {
    /** Nothing of worth has come yet: the time-out for the first token runs. */
    WAITING,
    /** Content comes: the time-out between tokens runs. */
    FLOWING,
    /** The client has the whole answer. */
    DONE,
    /** The client has a part of the answer, and has been told that there will be no more. */
    BROKEN
  }

  /**
   * The answer is of no use, and the client has none of it.
   *
   * @param reason a short fixed word for metrics and logs
   * @param message for the client, should nothing else be left
   * @param elsewhere whether another backend might do better
   */
  record Unusable(String reason, String message, boolean elsewhere) implements Taken {}
}
