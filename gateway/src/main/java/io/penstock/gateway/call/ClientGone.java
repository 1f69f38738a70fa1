package io.penstock.gateway.call;

/** The client went away before it had its answer: nobody is left to tell, only to account for. */
public final class ClientGone extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Without a stack: it is an ending, not a bug. */
  public ClientGone() {
    super("The client went away", null, false, false);
  }
}
