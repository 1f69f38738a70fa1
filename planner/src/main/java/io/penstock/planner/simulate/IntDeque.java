package io.penstock.planner.simulate;

/** Whole numbers in a row, without boxes. */
final class IntDeque {
  private int[] items = new int[16];
  private int head;
  private int size;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  int first() {
    return items[head];
  }

  void addLast(int item) {
    grow();
    items[(head + size++) & (items.length - 1)] = item;
  }

  void addFirst(int item) {
    grow();
    head = (head - 1) & (items.length - 1);
    items[head] = item;
    size++;
  }

  int removeFirst() {
    int item = items[head];
    head = (head + 1) & (items.length - 1);
    size--;
    return item;
  }

  private void grow() {
    if (size == items.length) {
      int[] larger = new int[2 * size];
      for (int i = 0; i < size; i++) {
        larger[i] = items[(head + i) & (size - 1)];
      }
      items = larger;
      head = 0;
    }
  }
}
