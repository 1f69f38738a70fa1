package io.penstock.planner.model;

/**
 * A decoder-only transformer by its dimensions.
 *
 * @param name the catalogue's name
 * @param layers blocks
 * @param hidden width of the residual stream
 * @param heads query heads
 * @param kvHeads key and value heads
 * @param headDim width of a head
 * @param vocabulary rows of the embedding
 * @param parameters of the parts
 * @param experts per mixture layer and how they are used
 * @param attention what a layer keeps of the past
 * @param contextTokens the longest prompt and completion together
 */
public record ModelSpec(
    String name,
    int layers,
    int hidden,
    int heads,
    int kvHeads,
    int headDim,
    int vocabulary,
    Parameters parameters,
    Experts experts,
    Attention attention,
    int contextTokens) {
  public ModelSpec {
    if (layers < 1 || hidden < 1 || heads < 1 || kvHeads < 1 || headDim < 1 || vocabulary < 1) {
      throw new IllegalArgumentException(name + ": every dimension must be 1 or more");
    }
    if (contextTokens < 1) {
      throw new IllegalArgumentException(name + ": context-tokens must be 1 or more");
    }
    if (attention.slidingLayers() > layers) {
      throw new IllegalArgumentException(name + ": more sliding layers than layers");
    }
  }

  /** Parameters that one token passes through, the embedding's row apart. */
  public double activeParameters() {
    return parameters.dense() + parameters.head() + parameters.expert() * experts.activeShare();
  }

  /** All parameters. */
  public double totalParameters() {
    return parameters.total();
  }

  /**
   * Where the parameters are.
   *
   * @param dense attention, norms, routers, shared experts and the feed-forward of dense layers
   * @param expert all routed experts of all layers
   * @param head the output projection: read whole on every step
   * @param embedding the input table where it is not the head's: kept, never read whole
   */
  public record Parameters(double dense, double expert, double head, double embedding) {
    public Parameters {
      if (!(dense > 0) || !(expert >= 0) || !(head >= 0) || !(embedding >= 0)) {
        throw new IllegalArgumentException("parameter counts must be 0 or more, dense above 0");
      }
    }

    /** All of them. */
    public double total() {
      return dense + expert + head + embedding;
    }
  }

  /**
   * The mixture.
   *
   * @param count routed experts in a mixture layer; 0 for a dense model
   * @param active how many of them a token visits
   * @param layers how many layers are mixtures
   */
  public record Experts(int count, int active, int layers) {
    public static final Experts NONE = new Experts(0, 0, 0);

    public Experts {
      if (count < 0 || active < 0 || active > count || layers < 0) {
        throw new IllegalArgumentException(active + " of " + count + " experts cannot be");
      }
    }

    /** The share of the expert parameters that one token visits. */
    public double activeShare() {
      return count == 0 ? 0 : (double) active / count;
    }

    /**
     * The share of the expert parameters that at least one of {@code tokens} tokens visits, when
     * each chooses independently.
     */
    public double touchedShare(double tokens) {
      return count == 0 ? 0 : -Math.expm1(tokens * Math.log1p(-activeShare()));
    }
  }

  /**
   * What a layer keeps of the past.
   *
   * @param slidingWindow tokens that a sliding layer sees; 0 where no layer slides
   * @param slidingLayers how many layers see the window alone
   * @param latentElements elements per token and layer of multi-head latent attention; 0 where keys
   *     and values are kept
   */
  public record Attention(int slidingWindow, int slidingLayers, int latentElements) {
    public static final Attention FULL = new Attention(0, 0, 0);

    public Attention {
      if (slidingWindow < 0 || slidingLayers < 0 || latentElements < 0) {
        throw new IllegalArgumentException("an attention's sizes must be 0 or more");
      }
      if (slidingLayers > 0 && slidingWindow == 0) {
        throw new IllegalArgumentException("sliding layers need a window");
      }
    }
  }
}
