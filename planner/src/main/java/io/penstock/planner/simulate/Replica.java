package io.penstock.planner.simulate;

import io.penstock.planner.simulate.Timeline.End;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * One engine that batches continuously, as vLLM's scheduler does it.
 *
 * <p>Work goes in steps. A step gives every decoding sequence a token, then the sequences whose
 * prompts are being taken in their next chunks, then lets in who waits, as long as there are
 * places, tokens in the step's budget and KV memory. All that it produces is there at its end. When
 * the memory has no room for the next tokens, the least urgent sequence, among equals the last that
 * came, loses its memory, waits at the head of its line and is computed anew.
 *
 * <p>While no prompt is taken in and nobody can be let in, steps differ only in the context, and
 * are run through without looking at the sequences, to the next one that ends or fills its window.
 */
final class Replica {
  /** Of the KV memory, what is left free for those inside when somebody is let in. */
  private static final double WATERMARK = 0.01;

  private final ReplicaSpec spec;
  private final KvSpace kv;
  private final Calls calls;
  private final Timeline timeline;
  private final IntConsumer whenFinished;
  private final Waiting waiting = new Waiting();
  private final Decoding decoding;
  private final Prefilling prefilling;
  private final long watermark;
  private final PrefixCache prefixes;
  final Meters meters = new Meters();

  private long clockNanos;
  private long stepEndNanos = Timeline.NEVER;
  private long kvUsed;
  private int prefillTokens;
  private boolean settled;
  private int ended;

  Replica(ReplicaSpec spec, Calls calls, Timeline timeline) {
    this(spec, calls, timeline, _ -> {});
  }

  /**
   * @param whenFinished is told of each call that has all its tokens
   */
  Replica(ReplicaSpec spec, Calls calls, Timeline timeline, IntConsumer whenFinished) {
    this.whenFinished = whenFinished;
    this.spec = spec;
    this.kv = spec.kv();
    this.calls = calls;
    this.timeline = timeline;
    this.decoding = new Decoding(kv, spec.maxSequences(), !spec.reservesWhole());
    this.prefilling = new Prefilling(spec.maxSequences());
    this.prefixes = new PrefixCache(spec.prefixBlocks());
    this.watermark = (long) (WATERMARK * kv.capacity());
  }

  /** Calls inside and in line. */
  int inFlight() {
    return decoding.size() + prefilling.size() + waiting.size();
  }

  /** Those of them whose first token has not come. */
  int unbegun() {
    return prefilling.size() + waiting.size();
  }

  int queued() {
    return waiting.size();
  }

  long kvUsed() {
    return kvUsed;
  }

  /** Calls that it finished. */
  int ended() {
    return ended;
  }

  /** Where its steps have come to. */
  long clockNanos() {
    return clockNanos;
  }

  /** A call that comes now; the steps before are done. */
  void accept(int call, long nowNanos) {
    waiting.add(call, calls.priority[call]);
    meters.queueMost = Math.max(meters.queueMost, waiting.size());
    settled = false;
    if (stepEndNanos == Timeline.NEVER) {
      clockNanos = Math.max(clockNanos, nowNanos);
      plan();
    }
  }

  /** Ends all steps that end by then. */
  void advance(long untilNanos) {
    while (stepEndNanos <= untilNanos) {
      step(untilNanos);
    }
  }

  /** The same, but no further than to the step in which a call ends. */
  void advanceToEnd(long untilNanos) {
    int before = ended;
    while (stepEndNanos <= untilNanos && ended == before) {
      step(untilNanos);
    }
  }

  private void step(long untilNanos) {
    complete();
    if (settled && decoding.size() > 0) {
      cruise(untilNanos);
    } else {
      plan();
    }
  }

  /** Drops everything: what it worked on and who waited for it, in the order of their coming. */
  int[] abandon() {
    int[] all = new int[inFlight()];
    int count = 0;
    for (int i = 0; i < decoding.size(); i++) {
      all[count++] = decoding.call(i);
    }
    for (int i = 0; i < prefilling.size(); i++) {
      all[count++] = prefilling.call(i);
    }
    while (!waiting.isEmpty()) {
      all[count++] = waiting.removeFirst();
    }
    Arrays.sort(all);
    decoding.clear();
    prefilling.clear();
    kvUsed = 0;
    stepEndNanos = Timeline.NEVER;
    return all;
  }

  // ---- a step's end

  private void complete() {
    meters.step(stepEndNanos - clockNanos, decoding.size() + prefilling.size(), kvUsed);
    clockNanos = stepEndNanos;
    if (decoding.size() > 0) {
      decoding.stepped(1);
      if (decoding.atEvent()) {
        finishDone();
        settled = false;
      }
    }
    if (prefillTokens > 0) {
      completePrompts();
    }
  }

  private void finishDone() {
    for (int slot = decoding.findDone(0); slot >= 0; slot = decoding.findDone(slot)) {
      int call = decoding.call(slot);
      decoding.remove(slot, (long) calls.promptTokens[call] + calls.completionTokens[call]);
      finish(call);
    }
    decoding.settle();
  }

  private void finish(int call) {
    int completion = calls.completionTokens[call];
    long held = (long) calls.promptTokens[call] + completion - (spec.reservesWhole() ? 0 : 1);
    kvUsed -= kv.of(held);
    timeline.generated[call] = completion;
    timeline.end(call, End.FINISHED, clockNanos);
    ended++;
    whenFinished.accept(call);
  }

  private void completePrompts() {
    for (int slot = 0; slot < prefilling.size(); ) {
      if (prefilling.advance(slot)) {
        int call = prefilling.call(slot);
        prefilling.remove(slot);
        begin(call);
      } else {
        slot++;
      }
    }
  }

  /** The prompt is in: the step that took its end has given a token. */
  private void begin(int call) {
    if (timeline.firstNanos[call] == Timeline.NEVER) {
      timeline.firstNanos[call] = clockNanos;
    }
    int generated = ++timeline.generated[call];
    int missing = calls.completionTokens[call] - generated;
    if (missing == 0) {
      finish(call);
    } else {
      decoding.join(call, (long) calls.promptTokens[call] + generated, missing);
    }
  }

  // ---- a step's beginning

  private void plan() {
    boolean crowded = makeRoom();
    kvUsed += decoding.growth();
    prefillTokens = 0;
    double pairs = 0;
    int budget = spec.stepTokens() - decoding.size();
    for (int slot = 0; slot < prefilling.size(); slot++) {
      int chunk = prefilling.take(slot, budget - prefillTokens);
      prefillTokens += chunk;
      pairs += prefilling.pairs(slot);
    }
    while (!crowded && prefillTokens < budget && letIn()) {
      int slot = prefilling.size() - 1;
      prefillTokens += prefilling.take(slot, budget - prefillTokens);
      pairs += prefilling.pairs(slot);
    }
    meters.prefillTokens += prefillTokens;
    settled = prefilling.size() == 0;
    begin(prefillTokens, pairs);
  }

  private void begin(int prompt, double pairs) {
    int decodes = decoding.size();
    stepEndNanos =
        decodes + prompt == 0
            ? Timeline.NEVER
            : clockNanos + nanos(decodes, decoding.contextTokens(), prompt, pairs);
  }

  private long nanos(int decodes, long context, int prompt, double pairs) {
    double seconds = spec.step().seconds(decodes, (double) context, prompt, pairs);
    return Math.max(1, Math.round(seconds * ReplicaSpec.NANOS));
  }

  /** Lets in the first in line, where there is a place and memory for it. */
  private boolean letIn() {
    if (waiting.isEmpty() || decoding.size() + prefilling.size() == spec.maxSequences()) {
      return false;
    }
    int call = waiting.first();
    int known = calls.promptTokens[call] + timeline.generated[call];
    long need = kv.of(spec.reservesWhole() ? whole(call) : known);
    long left = kv.capacity() - kvUsed - need;
    if (left < 0 || (left < watermark && decoding.size() + prefilling.size() > 0)) {
      return false;
    }
    waiting.removeFirst();
    kvUsed += need;
    if (timeline.admittedNanos[call] == Timeline.NEVER) {
      timeline.admittedNanos[call] = clockNanos;
    }
    prefilling.add(call, known, cached(call));
    return true;
  }

  /** Tokens of a prompt that were computed for another; its last one is always computed. */
  private int cached(int call) {
    int[] blocks = calls.blocks(call);
    if (spec.blockTokens() == 0 || blocks.length == 0) {
      return 0;
    }
    int cached = Math.min(prefixes.take(blocks) * spec.blockTokens(), calls.promptTokens[call] - 1);
    meters.cachedTokens += cached;
    return cached;
  }

  private long whole(int call) {
    return (long) calls.promptTokens[call] + calls.completionTokens[call];
  }

  // ---- memory

  private boolean makeRoom() {
    boolean crowded = false;
    while (kvUsed + decoding.growth() > kv.capacity()) {
      preempt();
      crowded = true;
    }
    return crowded;
  }

  private void preempt() {
    int decode = lastDecoding();
    int prefill = lastPrefilling();
    if (decode < 0
        || (prefill >= 0 && goesFirst(decoding.call(decode), prefilling.call(prefill)))) {
      evictPrefill(prefill);
    } else {
      evictDecode(decode);
    }
    meters.preemptions++;
  }

  private void evictDecode(int slot) {
    int call = decoding.call(slot);
    int generated = calls.completionTokens[call] - decoding.missing(slot);
    int known = calls.promptTokens[call] + generated;
    decoding.remove(slot, known);
    decoding.settle();
    kvUsed -= kv.of(known - 1);
    meters.recomputedTokens += known - 1;
    timeline.generated[call] = generated;
    waiting.putBack(call, calls.priority[call]);
  }

  private void evictPrefill(int slot) {
    int call = prefilling.call(slot);
    kvUsed -= kv.of(prefilling.tokens(slot));
    prefilling.remove(slot);
    waiting.putBack(call, calls.priority[call]);
  }

  private int lastDecoding() {
    int last = -1;
    for (int i = 0; i < decoding.size(); i++) {
      if (last < 0 || goesFirst(decoding.call(last), decoding.call(i))) {
        last = i;
      }
    }
    return last;
  }

  private int lastPrefilling() {
    int last = -1;
    for (int i = 0; i < prefilling.size(); i++) {
      if (last < 0 || goesFirst(prefilling.call(last), prefilling.call(i))) {
        last = i;
      }
    }
    return last;
  }

  private boolean goesFirst(int call, int other) {
    int urgency = calls.priority[call] - calls.priority[other];
    return urgency < 0 || (urgency == 0 && call < other);
  }

  // ---- many steps at once

  /** Plans and ends steps in which nothing happens; leaves one planned that is not over. */
  private void cruise(long untilNanos) {
    int sequences = decoding.size();
    long growth = decoding.growth();
    long context = decoding.contextTokens();
    long most = decoding.stepsToEvent();
    long passed = 0;
    while (kvUsed + growth <= kv.capacity()) {
      kvUsed += growth;
      long nanos = nanos(sequences, context, 0, 0);
      if (passed + 1 == most || clockNanos + nanos > untilNanos) {
        decoding.stepped(passed);
        stepEndNanos = clockNanos + nanos;
        return;
      }
      meters.step(nanos, sequences, kvUsed);
      clockNanos += nanos;
      context += sequences;
      passed++;
    }
    decoding.stepped(passed);
    plan();
  }
}
