package io.penstock.gateway.choose;

import io.penstock.config.Balance;
import java.util.List;

/** Which of the backends that may take a call gets it. Shared by all loops. */
sealed interface Selector permits LeastLoaded, RoundRobin, PrefixAffinity {

  /**
   * @param open who may take it, one at least
   * @param turn counts the pool's calls
   * @param prefix what the call's prompt begins with
   */
  Choice choose(List<SharedBackend> open, int turn, Prefix prefix);

  /** The call has gone there. */
  default void seated(SharedBackend at, Prefix prefix) {}

  /** A backend is the pool's no more. */
  default void gone(SharedBackend backend) {}

  /**
   * What a pool's config names.
   *
   * @param paced whether its servers are sent prompts only as they are done with those before
   */
  static Selector of(Balance balance, boolean paced, List<SharedBackend> backends) {
    if (backends.size() < 2) {
      return new LeastLoaded(false);
    }
    return switch (balance.by()) {
      case LEAST_LOADED -> new LeastLoaded(paced);
      case ROUND_ROBIN -> new RoundRobin();
      case PREFIX ->
          new PrefixAffinity(balance.loadFactor(), new LeastLoaded(paced), new PrefixIndex());
    };
  }

  /**
   * A choice, and why.
   *
   * @param backend the one
   * @param inFlight how many calls it had when it was chosen
   * @param ground why this one
   * @param knownBlocks how much of the prompt some backend was found to know
   */
  record Choice(SharedBackend backend, int inFlight, Ground ground, int knownBlocks) {
    Choice(SharedBackend backend, int inFlight, Ground ground) {
      this(backend, inFlight, ground, 0);
    }

    /** In words, for the dry run. */
    String why() {
      return ground.words.formatted(knownBlocks * (PrefixChain.BLOCK_BYTES / 1024.0), inFlight);
    }
  }

  /** Why a backend was chosen. */
  enum Ground {
    ONLY_ONE("it is the only one that is up"),
    LEAST_LOADED("it has the fewest calls in flight: %2$d"),
    SOONEST("it would give the tokens soonest, by its speed and its calls in flight: %2$d"),
    QUIET("it has no prompt at work, and of those the fewest calls in flight: %2$d"),
    ITS_TURN("it is its turn"),
    KNOWS_PREFIX("it was given the first %1$.1f KiB of this prompt before"),
    OPENING("the opening of this prompt falls to it; backends know its first %1$.1f KiB"),
    OTHERS_FULL("who knows the first %1$.1f KiB of this prompt is too busy; it is the next");

    private final String words;

    Ground(String words) {
      this.words = words;
    }
  }
}
