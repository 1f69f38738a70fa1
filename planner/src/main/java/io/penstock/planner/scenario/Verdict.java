package io.penstock.planner.scenario;

import java.util.Optional;

/** What a claim turned out to be. */
public sealed interface Verdict {

  /** In words, as the interface has them. */
  String word();

  /** The model's figure, where the model has one. */
  Optional<Figure> own();

  /**
   * The model agrees within the tolerance, or the document's arithmetic does where the model has
   * nothing to say.
   *
   * @param arithmetic the document's own, where it shows some
   * @param own the model's figure
   */
  record Holds(Optional<String> arithmetic, Optional<Figure> own) implements Verdict {
    @Override
    public String word() {
      return "holds";
    }
  }

  /**
   * The model has another figure.
   *
   * @param arithmetic the document's own, which does give the claim
   * @param figure the model's
   * @param because why; may be empty
   */
  record Differs(Optional<String> arithmetic, Figure figure, String because) implements Verdict {
    @Override
    public String word() {
      return "differs";
    }

    @Override
    public Optional<Figure> own() {
      return Optional.of(figure);
    }
  }

  /**
   * The document's own figures give another value.
   *
   * @param arithmetic what they give
   * @param own the model's figure beside it
   * @param because what went wrong; may be empty
   */
  record ContradictsItself(String arithmetic, Optional<Figure> own, String because)
      implements Verdict {
    @Override
    public String word() {
      return "contradicts itself";
    }
  }
}
