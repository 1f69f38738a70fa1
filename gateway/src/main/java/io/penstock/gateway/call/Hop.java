package io.penstock.gateway.call;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** One request to a backend, in a {@link Trace}. */
public interface Hop {
  /** Of a call that nobody traces: the client's own trace goes on to the backend as it came. */
  Hop NONE =
      new Hop() {
        @Override
        public void mark(BiConsumer<String, String> header) {}

        @Override
        public void answered(int status) {}

        @Override
        public void ended(@Nullable String error) {}
      };

  /** Tells the headers, name and value, by which the backend goes on with the trace. */
  void mark(BiConsumer<String, String> header);

  /** The head of an answer has come. */
  void answered(int status);

  /**
   * Nothing more comes of it. The time that is told first holds, and the first error.
   *
   * @param error a short fixed word; null where it went well
   */
  void ended(@Nullable String error);
}
