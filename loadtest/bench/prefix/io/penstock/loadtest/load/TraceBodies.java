package io.penstock.loadtest.load;

import java.net.URI;

/** The bodies that the load generator sends for a trace, for who sends none. */
public final class TraceBodies {
  private final Trace trace;
  private final Bodies bodies;

  public TraceBodies(Trace trace, String model) {
    var ask =
        new LoadGenerator.Ask(URI.create("http://localhost"), "", model, 1, 1, true, true);
    this.trace = trace;
    this.bodies = new Bodies(ask, 1);
  }

  public byte[] body(int request) {
    return bodies.body(request, trace).getBytes();
  }
}
