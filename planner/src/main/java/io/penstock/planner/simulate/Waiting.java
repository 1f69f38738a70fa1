package io.penstock.planner.simulate;

/** Calls that wait: the urgent first, and in the order of their coming among equals. */
final class Waiting {
  private final IntDeque[] levels = new IntDeque[Calls.PRIORITIES];
  private int size;

  Waiting() {
    for (int i = 0; i < levels.length; i++) {
      levels[i] = new IntDeque();
    }
  }

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  void add(int call, int priority) {
    levels[priority].addLast(call);
    size++;
  }

  /** Back to the head of its level: it has waited before. */
  void putBack(int call, int priority) {
    levels[priority].addFirst(call);
    size++;
  }

  int first() {
    return foremost().first();
  }

  int removeFirst() {
    int call = foremost().removeFirst();
    size--;
    return call;
  }

  private IntDeque foremost() {
    for (var level : levels) {
      if (!level.isEmpty()) {
        return level;
      }
    }
    throw new IllegalStateException("nobody waits");
  }
}
