package io.penstock.loadtest.modelserver;

import io.penstock.planner.capacity.StepBatch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Continuous batching as vLLM does it, without a clock of its own: who drives it says what time it
 * is.
 *
 * <p>Work goes in steps. A step gives every running sequence its next token or the next chunk of
 * its prompt, within a budget of tokens, then lets in waiting sequences while there are places,
 * budget and KV blocks. How long it takes is the {@link StepClock}'s; everything that it produced
 * happens at its end. A sequence takes KV blocks as it grows; when none is left the last that came
 * in loses its blocks and waits again, to be computed anew. What is in memory of a prompt's
 * beginning is not computed again ({@link KvBlocks}).
 *
 * <p>A step begins where the one before ended, whenever the driver looks, so a late driver makes
 * tokens late but never stretches the schedule. Not safe for threads: the driver's loop owns it.
 */
final class Engine {
  /**
   * @param kvTokens tokens that the KV memory holds
   * @param maxSequences sequences that run at once
   * @param stepTokens tokens that one step computes at most
   * @param blockTokens KV memory is given out in blocks of so many tokens
   */
  record Limits(long kvTokens, int maxSequences, int stepTokens, int blockTokens) {}

  /** No step is going on. */
  static final long IDLE = Long.MAX_VALUE;

  private static final Comparator<Sequence> ORDER =
      Comparator.<Sequence>comparingInt(sequence -> sequence.priority)
          .thenComparingLong(sequence -> sequence.arrivedNanos)
          .thenComparingLong(sequence -> sequence.number);

  private final StepClock clock;
  private final double speed;
  private final Limits limits;
  private final PriorityQueue<Sequence> waiting = new PriorityQueue<>(ORDER);
  private final List<Sequence> running = new ArrayList<>();
  private final Deque<Integer> stepSizes = new ArrayDeque<>();
  private final KvBlocks kv;
  private long numbers;
  private long preemptions;
  private long steps;
  private long stepEndNanos = IDLE;
  private long lastEndNanos = Long.MIN_VALUE;
  private int stepTokens;
  private boolean ending;

  /**
   * @param speed divides every step's time; zero: steps take none
   */
  Engine(StepClock clock, double speed, Limits limits) {
    this(clock, speed, limits, true);
  }

  /**
   * @param prefixCaching whether what was computed stays in memory while there is room
   */
  Engine(StepClock clock, double speed, Limits limits, boolean prefixCaching) {
    this.clock = clock;
    this.speed = speed;
    this.limits = limits;
    this.kv = new KvBlocks(limits.kvTokens, limits.blockTokens, prefixCaching);
  }

  int running() {
    return running.size();
  }

  int waiting() {
    return waiting.size();
  }

  long preemptions() {
    return preemptions;
  }

  long steps() {
    return steps;
  }

  long blocks() {
    return kv.all();
  }

  double kvUsage() {
    return kv.usage();
  }

  /** Prompt tokens that were looked for in memory. */
  long queriedTokens() {
    return kv.queriedTokens();
  }

  /** Those of them that were there. */
  long hitTokens() {
    return kv.hitTokens();
  }

  /** The sizes in tokens of the steps that ended since the last call, oldest first. */
  List<Integer> takeStepSizes() {
    var sizes = List.copyOf(stepSizes);
    stepSizes.clear();
    return sizes;
  }

  /** When the step that is going on ends, or {@link #IDLE}. */
  long nextNanos() {
    return stepEndNanos;
  }

  /** Whether a sequence of so many tokens, prompt and completion, can ever be computed. */
  boolean holds(long tokens) {
    return kv.of(tokens) <= kv.all();
  }

  void submit(Sequence sequence, long nowNanos) {
    sequence.arrivedNanos = nowNanos;
    sequence.number = numbers++;
    waiting.add(sequence);
    if (stepEndNanos == IDLE && !ending) {
      startStep(Math.max(nowNanos, lastEndNanos));
    }
  }

  /** Frees the sequence's place and memory at once; the step that it was in goes on without it. */
  void cancel(Sequence sequence) {
    if (sequence.over) {
      return;
    }
    sequence.over = true;
    if (!waiting.remove(sequence)) {
      running.remove(sequence);
      kv.release(sequence.holding);
    }
  }

  /**
   * Ends the steps that have ended by now, but no more than the given number of tokens' worth.
   *
   * @return whether a step that has ended was left for the next call
   */
  boolean advance(long nowNanos, int tokenBudget) {
    int tokens = 0;
    while (stepEndNanos <= nowNanos) {
      if (tokens > tokenBudget) {
        return true;
      }
      tokens += Math.max(1, running.size());
      endStep();
    }
    return false;
  }

  private void endStep() {
    long end = stepEndNanos;
    lastEndNanos = end;
    stepEndNanos = IDLE;
    steps++;
    stepSizes.add(stepTokens);
    ending = true;
    for (var sequence : List.copyOf(running)) {
      if (!sequence.over) {
        settle(sequence, end);
      }
    }
    ending = false;
    if (!(running.isEmpty() && waiting.isEmpty())) {
      startStep(end);
    }
  }

  private void settle(Sequence sequence, long end) {
    sequence.computedTokens += sequence.inStepTokens;
    kv.computed(sequence.holding, sequence.hashes, sequence.computedTokens);
    boolean complete = sequence.inStepTokens > 0 && sequence.missingTokens() == 0;
    sequence.inStepTokens = 0;
    if (!complete) {
      return;
    }
    if (sequence.wantedTokens > 0) {
      giveToken(sequence, end);
    } else {
      sequence.firstTokenNanos = end;
    }
    if (!sequence.over && sequence.generatedTokens >= sequence.wantedTokens) {
      sequence.over = true;
      running.remove(sequence);
      kv.release(sequence.holding);
      sequence.listener.finished(sequence.timeline(end));
    }
  }

  private static void giveToken(Sequence sequence, long end) {
    if (sequence.generatedTokens == 0) {
      sequence.firstTokenNanos = end;
    }
    sequence.listener.token(sequence.generatedTokens++, end);
  }

  private void startStep(long fromNanos) {
    long from =
        running.isEmpty() && !waiting.isEmpty()
            ? Math.max(fromNanos, waiting.peek().arrivedNanos)
            : fromNanos;
    int budget = limits.stepTokens;
    boolean crowded = false;
    for (int i = 0; i < running.size() && budget > 0; i++) {
      var sequence = running.get(i);
      int chunk = Math.min(sequence.missingTokens(), budget);
      while (!grow(sequence, chunk)) {
        crowded = true;
        var last = running.removeLast();
        preempt(last);
        if (last == sequence) {
          break;
        }
      }
      if (i < running.size()) {
        sequence.inStepTokens = chunk;
        budget -= chunk;
      }
    }
    if (!crowded) {
      admit(from, budget);
    }
    begin(from);
  }

  private void admit(long from, int budgetTokens) {
    int budget = budgetTokens;
    while (budget > 0 && running.size() < limits.maxSequences) {
      var head = waiting.peek();
      if (head == null || head.arrivedNanos > from) {
        return;
      }
      head.computedTokens = kv.find(head.holding, head.hashes, head.knownTokens());
      int chunk = Math.min(head.missingTokens(), budget);
      if (!grow(head, chunk)) {
        kv.release(head.holding);
        head.computedTokens = 0;
        return;
      }
      waiting.remove();
      running.add(head);
      if (head.admittedNanos < 0) {
        head.admittedNanos = from;
        head.cachedTokens = head.computedTokens;
        kv.count(head.promptTokens, head.cachedTokens);
      }
      head.inStepTokens = chunk;
      budget -= chunk;
    }
  }

  private void begin(long from) {
    int decodes = 0;
    long decodeContext = 0;
    int prefill = 0;
    long prefillContext = 0;
    for (var sequence : running) {
      if (sequence.decodes()) {
        decodes++;
        decodeContext += sequence.knownTokens();
      } else {
        prefill += sequence.inStepTokens;
        prefillContext +=
            sequence.inStepTokens * (sequence.computedTokens + sequence.inStepTokens / 2L);
      }
    }
    stepTokens = decodes + prefill;
    if (stepTokens > 0) {
      double seconds =
          speed == 0
              ? 0
              : clock.seconds(new StepBatch(decodes, decodeContext, prefill, prefillContext))
                  / speed;
      stepEndNanos = from + Math.round(seconds * 1e9);
    }
  }

  private boolean grow(Sequence sequence, int tokens) {
    return kv.grow(sequence.holding, sequence.computedTokens + (long) tokens);
  }

  private void preempt(Sequence sequence) {
    kv.release(sequence.holding);
    sequence.computedTokens = 0;
    sequence.inStepTokens = 0;
    sequence.preemptions++;
    preemptions++;
    waiting.add(sequence);
  }
}
