package io.penstock.planner.capacity;

/**
 * A serving engine as it is started.
 *
 * @param name the catalogue's name
 * @param parameters how far it stays behind the datasheet on this GPU
 * @param maxSequences the most that it decodes at once
 * @param stepTokens the most tokens, prompt and completion, that one step takes
 * @param memoryFraction the share of a GPU's memory that it claims
 */
public record Engine(
    String name,
    EngineParameters parameters,
    int maxSequences,
    int stepTokens,
    double memoryFraction) {
  public Engine {
    if (maxSequences < 1 || stepTokens < 1) {
      throw new IllegalArgumentException(
          name + ": sequences and tokens of a step must be 1 or more");
    }
    if (!(memoryFraction > 0 && memoryFraction <= 1)) {
      throw new IllegalArgumentException(
          name + ": memory-fraction must be in (0, 1], not " + memoryFraction);
    }
  }

  /** The same engine with other parameters. */
  public Engine with(EngineParameters other) {
    return new Engine(name, other, maxSequences, stepTokens, memoryFraction);
  }

  /** The same engine with another bound on the batch. */
  public Engine withMaxSequences(int sequences) {
    return new Engine(name, parameters, sequences, stepTokens, memoryFraction);
  }
}
