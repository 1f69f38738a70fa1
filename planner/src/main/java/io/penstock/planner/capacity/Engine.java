package io.penstock.planner.capacity;

/**
 * A serving engine as it is started.
 *
 * @param name the catalogue's name
 * @param parameters how far it stays behind the datasheet on this GPU
 * @param maxSequences the most that it decodes at once
 * @param stepTokens the most tokens, prompt and completion, that one step takes
 * @param memory how it shares a GPU's memory out
 * @param splitsLayers whether it gives each GPU of a replica some layers, one after the other,
 *     where others split every layer over all GPUs
 */
public record Engine(
    String name,
    EngineParameters parameters,
    int maxSequences,
    int stepTokens,
    Claim memory,
    boolean splitsLayers) {
  public Engine {
    if (maxSequences < 1 || stepTokens < 1) {
      throw new IllegalArgumentException(
          name + ": sequences and tokens of a step must be 1 or more");
    }
  }

  /**
   * How an engine shares a GPU's memory out.
   *
   * @param fraction the share that it claims
   * @param of of what it claims that share
   * @param reserve the share of a completion for which there must be room before a request is taken
   *     in; an engine that rather evicts keeps less than the whole
   */
  public record Claim(double fraction, Of of, double reserve) {
    public Claim {
      if (!(fraction > 0 && fraction <= 1)) {
        throw new IllegalArgumentException("memory-fraction must be in (0, 1], not " + fraction);
      }
      if (!(reserve >= 0 && reserve <= 1)) {
        throw new IllegalArgumentException("reserve must be in [0, 1], not " + reserve);
      }
    }

    /** What a claimed share is a share of. */
    public enum Of {
      TOTAL,
      FREE
    }
  }

  /** The same engine with other parameters. */
  public Engine with(EngineParameters other) {
    return new Engine(name, other, maxSequences, stepTokens, memory, splitsLayers);
  }

  /** The same engine with another bound on the batch. */
  public Engine withMaxSequences(int sequences) {
    return new Engine(name, parameters, sequences, stepTokens, memory, splitsLayers);
  }

  /** The same engine with another bound on the tokens of a step. */
  public Engine withStepTokens(int tokens) {
    return new Engine(name, parameters, maxSequences, tokens, memory, splitsLayers);
  }
}
