package io.penstock.gateway.call;

/** What is noted of one call's way, for whoever traces it. All on the call's loop. */
public interface Trace {
  /** Of a call that nobody traces. */
  Trace NONE =
      new Trace() {
        @Override
        public Hop hop(Turn turn) {
          return Hop.NONE;
        }

        @Override
        public void ended(Ending ending, long microUsd) {}
      };

  /** A request to a backend begins. */
  Hop hop(Turn turn);

  /** The call has ended; told once, and nothing after it. */
  void ended(Ending ending, long microUsd);
}
