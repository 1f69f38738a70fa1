package io.penstock.gateway.relay;

import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Taken;
import io.penstock.gateway.call.Usage;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is not a stream. It is kept until it is whole, since what it cost stands in the
 * header before it, and since half an answer is none.
 */
final class WholeReading implements Reading {
  private static final int MAX_BYTES = 256 << 20;

  private final Outgoing outgoing;
  private final Operation operation;
  private final byte @Nullable [] model;
  private @Nullable Buffer body;
  private boolean owned;
  private Usage usage;

  /**
   * @param model the name to put in the model's place, as JSON; null: none
   */
  WholeReading(Outgoing outgoing, Operation operation, byte @Nullable [] model) {
    this.outgoing = outgoing;
    this.operation = operation;
    this.model = model;
    this.usage = outgoing.estimate(0);
  }

  @Override
  public Taken data(Buffer bytes) {
    Buffer before = body;
    if (before == null) {
      body = bytes;
    } else if (before.length() + (long) bytes.length() > MAX_BYTES) {
      return unusable("too_large", "The model server's answer is too large.");
    } else if (owned) {
      before.appendBuffer(bytes);
    } else {
      body =
          Buffer.buffer(2 * (before.length() + bytes.length()))
              .appendBuffer(before)
              .appendBuffer(bytes);
      owned = true;
    }
    return Taken.Progress.FLOWING;
  }

  @Override
  public Taken end() {
    Buffer whole = body;
    if (whole == null) {
      return unusable("empty", "The model server's answer is empty.");
    }
    ReadBytes read = ReadBytes.of(whole);
    AnswerScan scan = new AnswerScan();
    if (!scan.scan(read.bytes(), read.start(), read.end())) {
      return unusable("garbage", "The model server's answer is not JSON.");
    }
    if (scan.hasError()) {
      return error(read);
    }
    if (operation == Operation.EMBEDDINGS ? !scan.hasData() : !scan.hasChoices()) {
      return unusable("garbage", "The model server's answer is none.");
    }
    outgoing.firstContent();
    usage = scan.hasUsage() ? told(scan) : outgoing.estimate();
    outgoing.whole(named(whole, read, scan));
    return Taken.Progress.DONE;
  }

  /** llama.cpp's server tells the first choice's tokens and takes them for all. */
  private Usage told(AnswerScan scan) {
    int uncounted = outgoing.countsFirstChoiceOnly() ? Math.max(0, scan.choiceCount() - 1) : 0;
    return new Usage(
        scan.promptTokens(),
        scan.cachedTokens(),
        scan.completionTokens() * (1 + uncounted),
        uncounted == 0);
  }

  @Override
  public Taken cut(String reason, String message) {
    return unusable(reason, message);
  }

  private Taken error(ReadBytes read) {
    ReadError error = ReadError.of(read.bytes(), read.start(), read.end());
    int status = error.number() >= 400 && error.number() < 600 ? error.number() : 502;
    return switch (Verdict.of(status, error)) {
      case Verdict.Hide _ -> unusable("error_in_answer", "The model server failed.");
      case Verdict.Tell told -> {
        outgoing.tell(told, error, null);
        yield Taken.Progress.DONE;
      }
    };
  }

  @Override
  public Usage soFar() {
    return usage;
  }

  private Buffer named(Buffer whole, ReadBytes read, AnswerScan scan) {
    if (model == null || !scan.hasModel()) {
      return whole;
    }
    byte[] bytes = read.bytes();
    return Buffer.buffer(whole.length() + model.length)
        .appendBytes(bytes, read.start(), scan.modelStart() - read.start())
        .appendBytes(model)
        .appendBytes(bytes, scan.modelEnd(), read.end() - scan.modelEnd());
  }

  private static Taken unusable(String reason, String message) {
    return new Taken.Unusable(reason, message, true);
  }
}
