package io.penstock.gateway.accept;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Refusal.BadRequest;
import io.penstock.gateway.call.ScannedBody.Field;
import io.penstock.gateway.call.Span;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The scanner against another parser, on hundreds of thousands of small documents. */
class BodyScannerLawTest {
  private static final int DOCUMENTS = 200_000;
  private static final JsonFactory JACKSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(Json.MAX_DEPTH).build())
          .build();

  @Test
  void scan_randomDocuments_takesWhatAStrictParserTakes() throws IOException {
    var random = new Random(20261121);
    var documents = new RandomJson(random);
    int good = 0;
    int bad = 0;
    for (int i = 0; i < DOCUMENTS; i++) {
      byte[] bytes = documents.document();
      if (i % 4 != 0) {
        bytes = documents.mutated(bytes);
      }
      boolean expected = isStrictJsonObject(bytes);
      boolean taken = isTakenAsJson(scan(bytes, random.nextInt(10)));
      if (taken != expected) {
        assertThat(taken).as(printable(bytes)).isEqualTo(expected);
      }
      if (expected) {
        good++;
      } else {
        bad++;
      }
    }
    assertThat(good).isGreaterThan(DOCUMENTS / 4);
    assertThat(bad).isGreaterThan(DOCUMENTS / 4);
  }

  @Test
  void scan_randomDocuments_findsFieldsWhereTheyAre() throws IOException {
    var random = new Random(7);
    var documents = new RandomJson(random);
    int compared = 0;
    for (int i = 0; i < DOCUMENTS / 3; i++) {
      byte[] bytes = documents.request();
      if (!isStrictJsonObject(bytes)
          || !(scan(bytes, random.nextInt(10)) instanceof Scanned.Good(var body))) {
        continue;
      }
      var expected = fields(bytes);
      if (!body.fields().equals(expected)) {
        assertThat(body.fields()).as(printable(bytes)).isEqualTo(expected);
      }
      compared++;
    }
    assertThat(compared).isGreaterThan(DOCUMENTS / 20);
  }

  private static Scanned scan(byte[] bytes, int padding) {
    byte[] padded = Arrays.copyOf(bytes, bytes.length + padding);
    Arrays.fill(padded, bytes.length, padded.length, (byte) '"');
    return BodyScanner.scan(padded, bytes.length, Operation.CHAT_COMPLETIONS);
  }

  static boolean isTakenAsJson(Scanned scanned) {
    return !(scanned instanceof Scanned.Bad(BadRequest(var code, var _, var _)))
        || !code.equals("invalid_json");
  }

  static boolean isStrictJsonObject(byte[] bytes) throws IOException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException _) {
      return false;
    }
    try (var parser = JACKSON.createParser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return false;
      }
      int depth = 1;
      while (depth > 0) {
        var token = parser.nextToken();
        if (token == null) {
          return false;
        }
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        if ((token == JsonToken.FIELD_NAME || token == JsonToken.VALUE_STRING)
            && hasHalfSurrogatePair(parser.getText())) {
          return false;
        }
      }
      return parser.nextToken() == null;
    } catch (com.fasterxml.jackson.core.JsonProcessingException _) {
      return false;
    }
  }

  private static boolean hasHalfSurrogatePair(String text) {
    return !StandardCharsets.UTF_16.newEncoder().canEncode(text);
  }

  private static List<Field> fields(byte[] bytes) throws IOException {
    List<Field> fields = new ArrayList<>();
    try (var parser = JACKSON.createParser(bytes)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        int keyStart = start(parser);
        parser.nextToken();
        int start = start(parser);
        parser.skipChildren();
        parser.finishToken();
        int end = (int) parser.currentLocation().getByteOffset();
        fields.add(new Field(name, keyStart, new Span(start, end)));
      }
    }
    return fields;
  }

  private static int start(JsonParser parser) {
    return (int) parser.currentTokenLocation().getByteOffset();
  }

  private static String printable(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
