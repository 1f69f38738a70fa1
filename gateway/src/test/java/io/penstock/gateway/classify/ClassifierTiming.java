package io.penstock.gateway.classify;

import io.penstock.config.ComplexityBands;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Calls;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;

/**
 * What one measure costs, by the size of the prompt: CPU time of the thread, median over rounds, in
 * microseconds. Not a test; run by hand, the figures go into docs/decisions/0002-complexity.md.
 */
public final class ClassifierTiming {
  private static final String TEXT =
      "Please explain how the quarterly report compares with last year's figures, then list 3 risks"
          + " for the supply chain and say what we should change first. \"Quoted\" words count,"
          + " too; so do numbers such as 12,500.\n";
  private static final String CYRILLIC =
      "Пожалуйста, объясни, почему план на квартал изменился, и перечисли три риска. ";

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private ClassifierTiming() {}

  public static void main(String[] args) {
    Classifier classifier = new Classifier(ComplexityBands.DEFAULT);
    for (int bytes : new int[] {100, 1024, 8 * 1024, 64 * 1024, 1024 * 1024}) {
      print("one message", bytes, classifier, Calls.chat(sized(TEXT, bytes)));
    }
    print("ten turns", 8 * 1024, classifier, turns());
    print("Cyrillic", 8 * 1024, classifier, Calls.chat(sized(CYRILLIC, 4 * 1024)));
  }

  private static String sized(String text, int length) {
    return text.repeat(length / text.length() + 1).substring(0, length);
  }

  private static Call turns() {
    Calls calls = new Calls().system(sized(TEXT, 400));
    for (int i = 0; i < 5; i++) {
      calls.user(sized(TEXT, 760)).assistant(sized(TEXT, 760));
    }
    return calls.user(sized(TEXT, 200)).build();
  }

  private static void print(String name, int bytes, Classifier classifier, Call call) {
    double[] micros = new double[21];
    long sink = 0;
    for (int round = -20; round < micros.length; round++) {
      int times = 200_000_000 / (bytes * 20 + 5000);
      long start = THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < times; i++) {
        sink += classifier.measure(call).promptTokens();
      }
      if (round >= 0) {
        micros[round] = (THREADS.getCurrentThreadCpuTime() - start) / 1000.0 / times;
      }
    }
    Arrays.sort(micros);
    System.out.printf(
        "%-12s %6d B  median %7.2f us  fastest %7.2f  slowest %7.2f  (%d tokens)%n",
        name,
        bytes,
        micros[10],
        micros[0],
        micros[20],
        sink == 0 ? 0 : classifier.measure(call).promptTokens());
  }
}
