package io.penstock.gateway.dryrun;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.OptionalLong;

/** JSON into memory, with the few kinds of numbers that a dry run has; unknown ones are null. */
final class JsonOut implements AutoCloseable {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final int SCORE_DIGITS = 6;
  private static final int USD_DIGITS = 6;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
  private final JsonGenerator json;

  /** Something that writes JSON. */
  @FunctionalInterface
  interface Part {
    void write() throws IOException;
  }

  private JsonOut() throws IOException {
    json = FACTORY.createGenerator(bytes);
  }

  /** Something that writes a whole object's fields. */
  @FunctionalInterface
  interface Fields {
    void write(JsonOut out) throws IOException;
  }

  /** One object. */
  static byte[] object(Fields fields) {
    try (JsonOut out = new JsonOut()) {
      out.json.writeStartObject();
      fields.write(out);
      out.json.writeEndObject();
      out.json.flush();
      return out.bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory", e);
    }
  }

  void object(String name, Part fields) throws IOException {
    json.writeObjectFieldStart(name);
    fields.write();
    json.writeEndObject();
  }

  void array(String name, Part elements) throws IOException {
    json.writeArrayFieldStart(name);
    elements.write();
    json.writeEndArray();
  }

  void element(Part fields) throws IOException {
    json.writeStartObject();
    fields.write();
    json.writeEndObject();
  }

  void text(String name, String value) throws IOException {
    json.writeStringField(name, value);
  }

  void truth(String name, boolean value) throws IOException {
    json.writeBooleanField(name, value);
  }

  void count(String name, long value) throws IOException {
    json.writeNumberField(name, value);
  }

  void nothing(String name) throws IOException {
    json.writeNullField(name);
  }

  /** A count, where a negative one stands for none. */
  void countOrNull(String name, long value) throws IOException {
    if (value < 0) {
      nothing(name);
    } else {
      count(name, value);
    }
  }

  void usd(String name, OptionalLong microUsd) throws IOException {
    if (microUsd.isEmpty()) {
      nothing(name);
    } else {
      number(name, BigDecimal.valueOf(microUsd.getAsLong(), USD_DIGITS));
    }
  }

  void score(String name, double value) throws IOException {
    number(name, BigDecimal.valueOf(value).setScale(SCORE_DIGITS, RoundingMode.HALF_EVEN));
  }

  /** Whole milliseconds, rounded up: a call that takes any time takes one. */
  void millis(String name, double seconds) throws IOException {
    if (Double.isFinite(seconds)) {
      count(name, (long) Math.ceil(seconds * 1000));
    } else {
      nothing(name);
    }
  }

  private void number(String name, BigDecimal value) throws IOException {
    json.writeFieldName(name);
    json.writeNumber(value.stripTrailingZeros().toPlainString());
  }

  @Override
  public void close() throws IOException {
    json.close();
  }
}
