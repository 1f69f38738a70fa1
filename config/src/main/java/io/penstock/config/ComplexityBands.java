package io.penstock.config;

/**
 * Where a score in [0,1] becomes a class.
 *
 * @param medium the score from which a request is medium
 * @param complex the score from which it is complex
 * @param abstain the width of the band below each border in which the classifier is not sure and
 *     takes the safer, harder class
 */
public record ComplexityBands(double medium, double complex, double abstain) {
  public static final ComplexityBands DEFAULT = new ComplexityBands(0.35, 0.65, 0.03);

  public ComplexityBands {
    new Check()
        .within("medium", medium, 0, 1)
        .within("complex", complex, 0, 1)
        .within("abstain", abstain, 0, 0.5)
        .that(
            medium <= complex,
            "complex",
            Notation.plain(complex) + " is below medium, which is " + Notation.plain(medium))
        .orRefuse();
  }
}
