package io.penstock.gateway.relay;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.penstock.gateway.call.Taken;
import io.penstock.gateway.call.Usage;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A stream of server-sent events. Each read goes on at once, byte for byte, but for three things:
 * the model's name, where the pool says so; {@code usage}, which Penstock always asks for and a
 * client that did not ask never sees, be it a frame of its own, null in every frame, or beside the
 * last words; and an error, which is put in OpenAI's form and is the last frame.
 *
 * <p>What comes before the first content (a role, a comment) is held back, and the head of the
 * answer with it: until then an error is a proper HTTP error, or another backend is asked. Only
 * when there is long silence goes the head ahead, with a comment, so that no proxy on the way takes
 * the connection for dead.
 *
 * <p>Usage is taken as servers give it: one frame without choices, or one for each choice, which
 * are added; or on every frame beside the choices, of which the last counts. Where none came,
 * frames with content are counted.
 */
final class StreamReading implements Reading, SseScanner.Frames {
  static final int MAX_FRAME_BYTES = 16 << 20;
  private static final int MAX_HELD_BYTES = 64 << 10;
  private static final byte[] DATA = "data:".getBytes(US_ASCII);
  private static final byte[] DONE = "[DONE]".getBytes(US_ASCII);
  private static final Buffer PING = Buffer.buffer(": ping\n\n");

  private final Outgoing outgoing;
  private final boolean usageAsked;
  private final byte @Nullable [] model;
  private final SseScanner scanner = new SseScanner(MAX_FRAME_BYTES, this);
  private final AnswerScan scan = new AnswerScan();
  private final Passage passage = new Passage();

  private @Nullable Buffer held;
  private boolean flowing;
  private boolean finished;
  private boolean done;

  /** Whether the last frame was kept back and ended with a CR, whose LF may be still to come. */
  private boolean droppedAtCr;

  private @Nullable ReadError readError;

  private boolean summed;
  private boolean reported;
  private int promptTokens;
  private int cachedTokens;
  private int completionTokens;
  private int contents;

  /**
   * @param usageAsked whether the client asked for usage
   * @param model the name to put in the model's place, as JSON; null: none
   */
  StreamReading(Outgoing outgoing, boolean usageAsked, byte @Nullable [] model) {
    this.outgoing = outgoing;
    this.usageAsked = usageAsked;
    this.model = model;
  }

  @Override
  public Taken data(Buffer bytes) {
    ReadBytes read = ReadBytes.of(bytes);
    passage.begin(bytes, read.bytes(), read.start());
    if (!scanner.feed(read.bytes(), read.start(), read.end())) {
      return broken("frame_too_large", "The model server sent a frame over all bounds.");
    }
    return send();
  }

  @Override
  public Taken end() {
    scanner.finish();
    Taken sent = send();
    if (readError != null) {
      return sent;
    }
    return finished || (done && flowing)
        ? complete()
        : broken("incomplete", "The model server's stream ended before its answer did.");
  }

  /** A stream whose last frame has come is whole, however its connection ended. */
  @Override
  public Taken cut(String reason, String message) {
    return done && flowing ? complete() : broken(reason, message);
  }

  @Override
  public void quiet() {
    commit();
    outgoing.write(PING);
  }

  private Taken complete() {
    commit();
    outgoing.finish();
    return Taken.Progress.DONE;
  }

  /** Sends what the last read brought, and says how things stand. */
  private Taken send() {
    Buffer next = passage.take();
    if (next != null) {
      if (outgoing.committed()) {
        outgoing.write(next);
      } else {
        hold(next);
      }
    }
    if (flowing) {
      commit();
    }
    if (readError != null) {
      return failed(readError);
    }
    return flowing ? Taken.Progress.FLOWING : Taken.Progress.WAITING;
  }

  private void hold(Buffer bytes) {
    Buffer before = held;
    held =
        before == null
            ? bytes
            : Buffer.buffer(before.length() + bytes.length())
                .appendBuffer(before)
                .appendBuffer(bytes);
    if (held.length() > MAX_HELD_BYTES) {
      commit();
    }
  }

  private void commit() {
    if (!outgoing.committed()) {
      outgoing.begin();
      Buffer first = held;
      if (first != null) {
        held = null;
        outgoing.write(first);
      }
    }
  }

  private Taken failed(ReadError read) {
    if (outgoing.committed()) {
      return broken(read.body("The model server failed.", "api_error"));
    }
    int status = read.number() >= 400 && read.number() < 600 ? read.number() : 502;
    return switch (Verdict.of(status, read)) {
      case Verdict.Hide _ ->
          new Taken.Unusable("error_in_stream", "The model server failed.", true);
      case Verdict.Tell told -> {
        outgoing.tell(told, read, null);
        yield Taken.Progress.DONE;
      }
    };
  }

  private Taken broken(String reason, String message) {
    if (!outgoing.committed()) {
      return new Taken.Unusable(reason, message, true);
    }
    return broken(new ErrorBody(message, "api_error", null, "upstream_error"));
  }

  private Taken broken(ErrorBody body) {
    outgoing.write(outgoing.withoutCredential(Buffer.buffer(body.frame())));
    outgoing.finish();
    return Taken.Progress.BROKEN;
  }

  @Override
  public Usage soFar() {
    return reported
        ? new Usage(promptTokens, cachedTokens, completionTokens, true)
        : outgoing.estimate(contents);
  }

  // Frames.

  @Override
  public void frame(byte[] bytes, int start, int end) {
    boolean restOfDropped = droppedAtCr && end - start == 1 && bytes[start] == '\n';
    droppedAtCr = false;
    if (readError != null || restOfDropped) {
      return;
    }
    int data = dataOf(bytes, start, end);
    if (data < 0) {
      passage.pass(bytes, start, end);
      return;
    }
    int dataEnd = lineEnd(bytes, data, end);
    if (dataOf(bytes, nextLine(bytes, dataEnd, end), end) >= 0) {
      joined(bytes, start, end);
    } else {
      payload(bytes, start, data, dataEnd, end);
    }
  }

  /** Several lines of data are one text with line ends, and those are white space in JSON. */
  private void joined(byte[] bytes, int start, int end) {
    byte[] frame = new byte[end - start + DATA.length + 3];
    System.arraycopy(DATA, 0, frame, 0, DATA.length);
    int length = DATA.length;
    int line = dataOf(bytes, start, end);
    while (line >= 0) {
      int lineEnd = lineEnd(bytes, line, end);
      frame[length++] = ' ';
      System.arraycopy(bytes, line, frame, length, lineEnd - line);
      length += lineEnd - line;
      line = dataOf(bytes, nextLine(bytes, lineEnd, end), end);
    }
    frame[length] = '\n';
    frame[length + 1] = '\n';
    payload(frame, 0, DATA.length + 1, length, length + 2);
  }

  private void payload(byte[] bytes, int start, int data, int dataEnd, int end) {
    if (startsWith(bytes, data, dataEnd, DONE)) {
      done = true;
      passage.pass(bytes, start, end);
    } else if (!scan.scan(bytes, data, dataEnd)) {
      passage.pass(bytes, start, end);
    } else if (scan.hasError()) {
      readError = ReadError.of(bytes, data, dataEnd);
    } else {
      chunk(bytes, start, end);
    }
  }

  private void chunk(byte[] bytes, int start, int end) {
    if (scan.contents() > 0 || scan.finished()) {
      contents += scan.contents();
      finished |= scan.finished();
      if (!flowing) {
        flowing = true;
        outgoing.firstContent();
      }
    }
    if (scan.hasUsage()) {
      use();
    }
    if (usageAsked || !scan.hasUsageMember()) {
      named(bytes, start, end, end, end);
    } else if (!scan.hasUsage() || scan.choiceCount() > 0 || !scan.hasChoices()) {
      named(bytes, start, scan.usageStart(), scan.usageEnd(), end);
    } else {
      droppedAtCr = bytes[end - 1] == '\r';
    }
  }

  /** Passes a frame on but for a gap, and with the other model's name where there is one. */
  private void named(byte[] bytes, int start, int gapStart, int gapEnd, int end) {
    if (model == null || !scan.hasModel()) {
      passage.pass(bytes, start, gapStart);
      passage.pass(bytes, gapEnd, end);
    } else if (scan.modelStart() < gapStart) {
      renamed(bytes, start, gapStart);
      passage.pass(bytes, gapEnd, end);
    } else {
      passage.pass(bytes, start, gapStart);
      renamed(bytes, gapEnd, end);
    }
  }

  private void renamed(byte[] bytes, int start, int end) {
    byte[] name = model;
    if (name != null) {
      passage.pass(bytes, start, scan.modelStart());
      passage.put(name, 0, name.length);
      passage.pass(bytes, scan.modelEnd(), end);
    }
  }

  private void use() {
    boolean ofItsOwn = scan.choiceCount() == 0;
    if (ofItsOwn && summed) {
      promptTokens = Math.max(promptTokens, scan.promptTokens());
      cachedTokens = Math.max(cachedTokens, scan.cachedTokens());
      completionTokens += scan.completionTokens();
    } else if (ofItsOwn || !summed) {
      promptTokens = scan.promptTokens();
      cachedTokens = scan.cachedTokens();
      completionTokens = scan.completionTokens();
    }
    summed |= ofItsOwn;
    reported = true;
  }

  /** Where the first line of data has its text, from a line's start on; -1 where there is none. */
  private static int dataOf(byte[] bytes, int start, int end) {
    int line = start;
    while (line < end) {
      if (startsWith(bytes, line, end, DATA)) {
        int text = line + DATA.length;
        return text < end && bytes[text] == ' ' ? text + 1 : text;
      }
      line = nextLine(bytes, lineEnd(bytes, line, end), end);
    }
    return -1;
  }

  private static int lineEnd(byte[] bytes, int start, int end) {
    int i = start;
    while (i < end && bytes[i] != '\n' && bytes[i] != '\r') {
      i++;
    }
    return i;
  }

  private static int nextLine(byte[] bytes, int lineEnd, int end) {
    boolean two = lineEnd + 1 < end && bytes[lineEnd] == '\r' && bytes[lineEnd + 1] == '\n';
    return Math.min(end, lineEnd + (two ? 2 : 1));
  }

  private static boolean startsWith(byte[] bytes, int start, int end, byte[] prefix) {
    return end - start >= prefix.length
        && Arrays.equals(bytes, start, start + prefix.length, prefix, 0, prefix.length);
  }
}
