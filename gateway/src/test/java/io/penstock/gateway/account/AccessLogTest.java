package io.penstock.gateway.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.call.Ending.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class AccessLogTest {
  private static final Logger LOGGER = Logger.getLogger("io.penstock.access");

  private final List<String> lines = new ArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          lines.add(record.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  private long nanos = 5_000_000_000L;
  private final AccessLog log = new AccessLog(System.Logger.Level.INFO, () -> nanos);

  @BeforeEach
  void listen() {
    LOGGER.setUseParentHandlers(false);
    LOGGER.addHandler(handler);
  }

  @AfterEach
  void stopListening() {
    LOGGER.removeHandler(handler);
    LOGGER.setUseParentHandlers(true);
    LOGGER.setLevel(null);
  }

  @Test
  void write_aCall_saysWhoWhereAndHow_inOneLine() {
    log.write(Given.streamed(Given.call("r1", true, 1)));
    assertThat(lines)
        .containsExactly(
            "id=r1 operation=/v1/chat/completions tenant=acme key=key-1 tier=paid"
                + " complexity=simple pool=small backend=small-1 outcome=answered reason=ok"
                + " status=200 attempts=1 prompt_tokens=120 cached_tokens=16"
                + " completion_tokens=101 first_byte_us=40000 duration_us=2040000");
  }

  @Test
  void write_anything_holdsNoKeyAndNoPrompt() {
    log.write(Given.streamed(Given.call("r1", true, 1)));
    assertThat(lines.getFirst()).doesNotContain("secret").doesNotContain("Bearer");
  }

  @Test
  void write_aFloodOfRefusals_isCutAndSaysByHowMuch() {
    for (int i = 0; i < 100_000; i++) {
      log.write(Given.refusedAtTheDoor());
    }
    assertThat(lines).hasSize(20);
    nanos += 1_000_000_000L;
    log.write(Given.refusedAtTheDoor());
    assertThat(lines).hasSize(21);
    assertThat(lines.getLast()).endsWith("refused_left_out=99980");
  }

  @Test
  void write_answersInAFloodOfRefusals_areAllThere() {
    for (int i = 0; i < 100; i++) {
      log.write(Given.refusedAtTheDoor());
      log.write(
          Given.ended(
              Outcome.FAILED, "upstream_error", Given.call("r", true, 1), Given.FREE, Given.SMALL));
    }
    assertThat(lines).filteredOn(line -> line.contains("outcome=failed")).hasSize(100);
  }

  @Test
  void write_whenTheLevelIsOff_writesNothing() {
    LOGGER.setLevel(Level.WARNING);
    log.write(Given.streamed(Given.call("r1", true, 1)));
    assertThat(lines).isEmpty();
  }
}
