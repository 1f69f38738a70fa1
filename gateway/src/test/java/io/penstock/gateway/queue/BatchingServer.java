package io.penstock.gateway.queue;

import io.penstock.planner.capacity.StepBatch;
import io.penstock.planner.capacity.StepTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** A model server that batches continuously and takes who comes in the order of their coming. */
final class BatchingServer {
  private static final int STEP_TOKENS = 2048;

  private final Agenda agenda;
  private final StepTime step;
  private final ArrayDeque<Sequence> coming = new ArrayDeque<>();
  private final List<Sequence> running = new ArrayList<>();
  private boolean busy;

  /** One call there. */
  static final class Sequence {
    final int prompt;
    final int wanted;
    final Runnable first;
    final Runnable last;
    private int computed;
    private int given;
    private int chunk;

    Sequence(int prompt, int wanted, Runnable first, Runnable last) {
      this.prompt = prompt;
      this.wanted = wanted;
      this.first = first;
      this.last = last;
    }
  }

  BatchingServer(Agenda agenda, StepTime step) {
    this.agenda = agenda;
    this.step = step;
  }

  void submit(Sequence sequence) {
    coming.add(sequence);
    if (!busy) {
      step();
    }
  }

  private void step() {
    int decodes = 0;
    long context = 0;
    int prefill = 0;
    long prefillContext = 0;
    int budget = STEP_TOKENS - running.size();
    while (!coming.isEmpty() && budget > 0) {
      running.add(coming.remove());
      budget -= running.getLast().prompt;
    }
    budget = STEP_TOKENS;
    for (Sequence each : running) {
      if (each.computed >= each.prompt) {
        decodes++;
        context += each.prompt + each.given;
        budget--;
      } else {
        each.chunk = Math.min(budget, each.prompt - each.computed);
        prefill += each.chunk;
        prefillContext += (long) each.chunk * (each.computed + each.chunk / 2);
        budget -= each.chunk;
      }
    }
    busy = decodes + prefill > 0;
    if (busy) {
      double seconds = step.seconds(new StepBatch(decodes, context, prefill, prefillContext));
      agenda.in(seconds, this::stepped);
    }
  }

  private void stepped() {
    var told = new ArrayList<Runnable>();
    for (Sequence each : List.copyOf(running)) {
      each.computed += each.chunk;
      each.chunk = 0;
      if (each.computed >= each.prompt) {
        each.given++;
        if (each.given == 1) {
          told.add(each.first);
        }
        if (each.given == each.wanted) {
          running.remove(each);
          told.add(each.last);
        }
      }
    }
    told.forEach(what -> agenda.in(0.002, what));
    step();
  }
}
