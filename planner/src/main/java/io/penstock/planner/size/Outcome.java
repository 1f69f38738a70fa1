package io.penstock.planner.size;

import java.util.List;

/** What became of one way to serve a pool. */
public sealed interface Outcome permits Sized, Outcome.Refused {

  /** The hardware in a few words: {@code llama-2-7b fp16 on 1 t4, vllm}. */
  String label();

  /**
   * It cannot be done.
   *
   * @param label the hardware in a few words
   * @param constraint what stands in the way
   * @param why in one line
   * @param relax what would help, a line each; empty where nothing but other hardware does
   */
  record Refused(String label, Constraint constraint, String why, List<String> relax)
      implements Outcome {
    public Refused {
      relax = List.copyOf(relax);
    }
  }
}
