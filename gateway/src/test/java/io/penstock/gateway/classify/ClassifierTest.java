package io.penstock.gateway.classify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.penstock.config.Complexity;
import io.penstock.config.ComplexityBands;
import io.penstock.gateway.call.Assessment;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Calls;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.ScannedBody.Role;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ClassifierTest {
  private static final String FILLER =
      "The committee met in the old town hall and spoke about the weather for most of the evening."
          + " ";

  private final Classifier classifier = new Classifier(ComplexityBands.DEFAULT);

  private Demand measure(Calls calls) {
    return classifier.measure(calls.build());
  }

  private Demand measure(String prompt) {
    return measure(new Calls().user(prompt));
  }

  private Complexity level(String prompt) {
    return measure(prompt).complexity().level();
  }

  private static double contribution(Demand demand, String signal) {
    return demand.complexity().signals().stream()
        .filter(candidate -> candidate.name().equals(signal))
        .mapToDouble(Assessment.Signal::contribution)
        .sum();
  }

  /** Counted with an encoder of 100,000 tokens; 4 more are the chat template's. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hello world|2",
        "The quick brown fox jumps over the lazy dog.|10",
        "In 2024 the company sold 1234567 units, up 12.5% from 2023.|24",
        "Искусственный интеллект — это область информатики.|22",
        "人工智能是计算机科学的一个分支。|16",
        "for (int i = 0; i < n; i++) { sum += values[i]; }|21"
      })
  void measure_ofText_estimatesTokensWithinAThird(String prompt, int tokens) {
    assertThat((double) measure(prompt).promptTokens() - 4)
        .isCloseTo(tokens, within(tokens / 3.0 + 1));
  }

  @Test
  void measure_ofEscapedText_countsWhatItStandsFor() {
    String text = "Привет, как дела? 你好 caf\u00e9 🎉\nnext";
    StringBuilder escaped = new StringBuilder();
    for (char c : text.toCharArray()) {
      escaped.append(
          c == '\n' ? "\\n" : c < 0x80 ? String.valueOf(c) : "\\u%04x".formatted((int) c));
    }
    Demand plain = measure(text);
    Demand same = measure(new Calls().raw(Role.USER, escaped.toString()));
    assertThat(same).isEqualTo(plain);
  }

  @Test
  void measure_ofATextOfMegabytes_samplesItWithinAFewPercent() {
    Random random = new Random(5);
    StringBuilder text = new StringBuilder();
    long parts = 0;
    while (text.length() < 2 << 20) {
      String part = (random.nextBoolean() ? FILLER : "x = [1, 22, 333]; \"y\"\n").repeat(40);
      parts += measure(part).promptTokens() - 4;
      text.append(part);
    }
    double whole = measure(text.toString()).promptTokens();
    assertThat(whole).isCloseTo(parts, within(parts * 0.05));
  }

  @Test
  void measure_ofBrokenEscapesAndBytes_endsAndCounts() {
    Random random = new Random(3);
    for (int i = 0; i < 2_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = 0; j < 30; j++) {
        text.append(
            switch (random.nextInt(7)) {
              case 0 -> "\\";
              case 1 -> "\\u";
              case 2 -> "\\ud83d";
              case 3 -> "\\u00";
              case 4 -> String.valueOf((char) random.nextInt(1, 0xD7FF));
              case 5 -> "```";
              default -> "word ";
            });
      }
      assertThat(measure(new Calls().raw(Role.USER, text.toString())).promptTokens()).isPositive();
    }
  }

  @Test
  void measure_countsMessagesToolsImagesAndTokenIds() {
    int one = measure("hello").promptTokens();
    assertThat(measure(new Calls().user("hello").user("hello")).promptTokens()).isEqualTo(2 * one);
    assertThat(measure(new Calls().user("hello").images(2)).promptTokens())
        .isEqualTo(one + 2 * 765);
    assertThat(measure(new Calls().user("hello").tools(1, "x".repeat(400))).promptTokens())
        .isEqualTo(one + 100);
    Calls ids = new Calls().operation(Operation.COMPLETIONS).tokenIds(1234);
    assertThat(measure(ids).promptTokens()).isEqualTo(1234);
  }

  @Test
  void measure_ofTheCompletion_isBoundedByTheClient() {
    Demand open = measure("What is the capital of France?");
    assertThat(open.completionMax()).isEqualTo(Demand.OPEN);
    assertThat(open.completionExpected()).isPositive();
    Demand bounded =
        measure(new Calls().user("Write an essay about rivers").maxTokens(20).choices(3));
    assertThat(bounded.completionMax()).isEqualTo(60);
    assertThat(bounded.completionExpected()).isEqualTo(60);
    Demand huge = measure(new Calls().user("hi").maxTokens(Integer.MAX_VALUE).choices(128));
    assertThat(huge.completionMax()).isEqualTo(Integer.MAX_VALUE);
    assertThat(measure(new Calls().user("hi").maxTokens(0)).completionExpected()).isZero();
  }

  @Test
  void measure_ofSeveralPrompts_expectsAnAnswerToEach() {
    Calls calls = new Calls().operation(Operation.COMPLETIONS).user("one").user("two").prompts(2);
    assertThat(measure(calls.maxTokens(10)).completionMax()).isEqualTo(20);
  }

  @Test
  void measure_ofEmbeddings_expectsNoCompletion() {
    Demand demand = measure(new Calls().operation(Operation.EMBEDDINGS).user("some text"));
    assertThat(demand.completionMax()).isZero();
    assertThat(demand.completionExpected()).isZero();
  }

  @Test
  void measure_ofALengthInWords_expectsThatLength() {
    assertThat(measure("Write an essay of 1000 words about rivers").completionExpected())
        .isBetween(1200, 1400);
    assertThat(measure("Tell me about rivers in 3 sentences").completionExpected())
        .isBetween(50, 100);
  }

  @Test
  void measure_ofAnything_sumsItsSignalsToTheScore() {
    for (String prompt :
        List.of("", "hi", "hello, what is the capital of Peru?", hard(), FILLER.repeat(50))) {
      Assessment complexity =
          measure(new Calls().user(prompt).tools(3, "{}").images(2)).complexity();
      double sum = complexity.signals().stream().mapToDouble(Assessment.Signal::contribution).sum();
      assertThat(sum).isCloseTo(complexity.score(), within(1e-9));
      assertThat(complexity.score()).isBetween(0.0, 1.0);
      assertThat(complexity.signals()).extracting(Assessment.Signal::name).doesNotHaveDuplicates();
    }
  }

  private static String hard() {
    return "Prove step by step that the algorithm terminates, derive its complexity, design a"
        + " distributed version, compare both, and implement it in Rust with tests. "
        + "\\frac{a}{b} = x^2. It must handle failures without losing data. ```fn main() {}```";
  }

  @Test
  void measure_ofMoreOfASignal_isNeverEasier() {
    for (String more :
        List.of(
            " Prove it.",
            " Then compare the two.",
            " It must be thread safe.",
            " Use the enzyme kinase.",
            " 12 + 13 = 25.",
            " x^2",
            " python class")) {
      String prompt = "Tell me about this.";
      double before = -1;
      for (int i = 0; i < 12; i++) {
        double score = measure(prompt).complexity().score();
        assertThat(score).as(prompt).isGreaterThanOrEqualTo(before);
        before = score;
        prompt += more;
      }
    }
  }

  @Test
  void measure_ofToolsImagesTurnsAndJson_isHarder() {
    double plain = measure("look at this").complexity().score();
    assertThat(measure(new Calls().user("look at this").tools(4, "{}")).complexity().score())
        .isGreaterThan(plain + 0.1);
    assertThat(measure(new Calls().user("look at this").images(1)).complexity().score())
        .isGreaterThan(plain + 0.1);
    assertThat(measure(new Calls().user("look at this").jsonOutput()).complexity().score())
        .isGreaterThan(plain);
    assertThat(
            measure(new Calls().user("a").assistant("b").user("look at this")).complexity().score())
        .isGreaterThan(plain);
  }

  @Test
  void measure_ofALongDocumentWithAShortQuestion_isNotComplex() {
    String document = FILLER.repeat(400);
    Demand demand = measure(document + "\n\nWhere did the committee meet?");
    assertThat(demand.promptTokens()).isGreaterThan(6000);
    assertThat(demand.complexity().level()).isNotEqualTo(Complexity.COMPLEX);
  }

  @Test
  void measure_ofAHardQuestionAfterALongDocument_isComplex() {
    Demand demand =
        measure(
            FILLER.repeat(100)
                + "\n\nProve step by step that the committee's voting theorem follows from first"
                + " principles, and derive a counterexample for each weaker assumption.");
    assertThat(demand.complexity().level()).isEqualTo(Complexity.COMPLEX);
  }

  @Test
  void measure_readsTheLastUserMessageFirst() {
    String prove =
        "Prove that the algorithm is optimal and derive its complexity from first principles.";
    Demand last = measure(new Calls().user("hello").assistant("hi").user(prove));
    Demand earlier = measure(new Calls().user(prove).assistant("Here it is.").user("thanks!"));
    assertThat(last.complexity().level()).isEqualTo(Complexity.COMPLEX);
    assertThat(earlier.complexity().level()).isEqualTo(Complexity.SIMPLE);
    assertThat(contribution(earlier, "history")).isPositive();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Which enzyme phosphorylates fructose-6-phosphate, and what inhibits it allosterically?",
        "What is the ground state term symbol of a d3 ion in an octahedral ligand field?",
        "A photon of wavelength 400 nm strikes a metal whose work function is 2.0 eV. Find the"
            + " kinetic energy of the electron.",
        "Which product forms when 2-bromobutane reacts with sodium ethoxide: alkene or ether?"
            + " Consider the stereochemistry and the transition state.",
        "Does the plaintiff's claim of negligence survive if the defendant breached no statute?",
        "What is the mechanism by which metformin lowers hepatic glucose in diabetic patients?"
      })
  void measure_ofAShortQuestionFromAHardField_isNotSimple(String prompt) {
    assertThat(level(prompt)).isNotEqualTo(Complexity.SIMPLE);
  }

  @Test
  void measure_justBelowABorder_abstainsToTheHarderClass() {
    Demand demand = measure("Explain rainbows.");
    double score = demand.complexity().score();
    Classifier unsure = new Classifier(new ComplexityBands(score + 0.02, 0.99, 0.03));
    Classifier sure = new Classifier(new ComplexityBands(score + 0.02, 0.99, 0.01));
    Call call = Calls.chat("Explain rainbows.");
    assertThat(unsure.measure(call).complexity())
        .satisfies(complexity -> {
          assertThat(complexity.level()).isEqualTo(Complexity.MEDIUM);
          assertThat(complexity.abstained()).isTrue();
        });
    assertThat(sure.measure(call).complexity())
        .satisfies(complexity -> {
          assertThat(complexity.level()).isEqualTo(Complexity.SIMPLE);
          assertThat(complexity.abstained()).isFalse();
        });
  }

  @Test
  void lexicon_knowsWordsPhrasesStemsAndPairs() {
    assertThat(contribution(measure("please PROVE this"), "reasoning")).isPositive();
    assertThat(contribution(measure("go step-by-step"), "multi_step")).isPositive();
    assertThat(contribution(measure("thermodynamically"), "domain")).isPositive();
    assertThat(contribution(measure("请证明"), "reasoning")).isPositive();
    assertThat(contribution(measure("ДОКАЖИТЕ это"), "reasoning")).isPositive();
    assertThat(contribution(measure("improved provenance"), "reasoning")).isZero();
  }
}
