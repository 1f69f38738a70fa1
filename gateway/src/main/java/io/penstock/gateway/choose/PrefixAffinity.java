package io.penstock.gateway.choose;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The backend that knows the longest part of a prompt, unless it is too busy.
 *
 * <p>Bounded loads (Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded Loads",
 * 2016): no backend is given a call that makes it hold more than
 *
 * <pre>
 *   bound = ceil(loadFactor x (calls in flight at those that are open, this one included) / how many they are)
 * </pre>
 *
 * so that at least one always has room. Within the bound the choice is, in this order:
 *
 * <ol>
 *   <li>of those that saw the deepest block of the prompt that anyone saw ({@link PrefixIndex}),
 *       the one that the prompt's opening weighs most; that block must lie behind the opening,
 *       since a system prompt that all share tells nothing of where this conversation was. Where
 *       all saw the whole prompt, nothing is gained by any choice, and the least loaded is taken;
 *   <li>of all, the one that the opening weighs most: rendezvous hashing, on which gateways agree
 *       that never spoke, and of which a backend that leaves or comes moves only its own share.
 * </ol>
 *
 * <p>Where nobody is to be preferred for what it knows, a paced pool passes over those that have a
 * prompt at work ({@link LeastLoaded}).
 */
final class PrefixAffinity implements Selector {
  private final double loadFactor;
  private final LeastLoaded otherwise;
  private final PrefixIndex index;

  PrefixAffinity(double loadFactor, LeastLoaded otherwise, PrefixIndex index) {
    this.loadFactor = loadFactor;
    this.otherwise = otherwise;
    this.index = index;
  }

  @Override
  public Choice choose(List<SharedBackend> open, int turn, Prefix prefix) {
    long[] blocks = open.size() == 1 ? PrefixChain.NO_BLOCKS : prefix.blocks();
    if (blocks.length == 0) {
      return otherwise.choose(open, turn, prefix);
    }
    long all = slots(open);
    long knowing = 0;
    int known = 0;
    for (; known < blocks.length; known++) {
      long who = index.who(blocks[known]) & all;
      if (who == 0) {
        break;
      }
      knowing = who;
    }
    if (knowing == all && known == blocks.length) {
      return otherwise.choose(open, turn, prefix);
    }
    boolean tells = known > prefix.openingBlocks() && knowing != all;
    return among(open, prefix.opening(), tells ? knowing : 0, known, turn);
  }

  private Choice among(List<SharedBackend> open, long opening, long knowing, int known, int turn) {
    int bound = bound(open);
    Choice first = heaviest(open, opening, knowing, bound, Ground.KNOWS_PREFIX, known);
    if (first != null) {
      return first;
    }
    Ground ground = knowing == 0 ? Ground.OPENING : Ground.OTHERS_FULL;
    Choice next = heaviest(otherwise.quiet(open), opening, -1, bound, ground, known);
    return next != null ? next : otherwise.choose(open, turn, Prefix.NONE);
  }

  private static @Nullable Choice heaviest(
      List<SharedBackend> open, long opening, long slots, int bound, Ground ground, int known) {
    SharedBackend best = null;
    int load = 0;
    long most = Long.MIN_VALUE;
    for (SharedBackend backend : open) {
      int inFlight = backend.inFlight();
      long weight = PrefixChain.weight(opening, backend.number());
      if (inFlight < bound && weight >= most && (slots == -1 || (slots & backend.bit()) != 0)) {
        best = backend;
        load = inFlight;
        most = weight;
      }
    }
    return best == null ? null : new Choice(best, load, ground, known);
  }

  private int bound(List<SharedBackend> open) {
    long calls = 1;
    for (SharedBackend backend : open) {
      calls += backend.inFlight();
    }
    return (int) Math.ceil(loadFactor * calls / open.size());
  }

  private static long slots(List<SharedBackend> open) {
    long slots = 0;
    for (SharedBackend backend : open) {
      slots |= backend.bit();
    }
    return slots;
  }

  @Override
  public void seated(SharedBackend at, Prefix prefix) {
    if (at.slot() >= 0) {
      index.note(prefix.blocks(), at.slot());
    }
  }

  @Override
  public void gone(SharedBackend backend) {
    if (backend.slot() >= 0) {
      index.forget(backend.slot());
    }
  }
}
