package io.penstock.gateway.choose;

import io.penstock.gateway.call.ScannedBody;
import io.penstock.gateway.call.ScannedBody.Field;
import io.penstock.gateway.call.ScannedBody.Role;
import io.penstock.gateway.call.ScannedBody.Text;
import io.penstock.gateway.call.Span;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * One pass over a body's content, in the order in which a model reads it: tools, then the messages.
 * Texts are taken as they stand in the JSON, escapes and all.
 *
 * <p>The opening names a conversation by what stays the same in all its turns: everything up to the
 * first kilobyte of the first message that is not the system's, or 16 KiB if that is less. A short
 * system prompt alone would make one of everybody's conversations; a long one is a document that is
 * worth a backend of its own.
 */
final class PrefixChain {
  static final long[] NO_BLOCKS = {};

  /** About 128 tokens. A shorter prompt takes a model server no time worth a choice. */
  static final int BLOCK_BYTES = 512;

  /** What follows half a megabyte is not looked at. */
  static final int MAX_BLOCKS = 1024;

  private static final int OPENING_BYTES = 1024;
  private static final int LONGEST_OPENING_BLOCKS = 32;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Odd numbers with about as many ones as zeros. */
  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  private static final long STIR = 0xC2B2AE3D27D4EB4FL;

  private final byte[] bytes;
  private final long[] blocks;
  private int count;
  private int inBlock;
  private long state;
  private int openingLeft = OPENING_BYTES;
  private long opening;
  private int openingBlocks;

  PrefixChain(ScannedBody body) {
    this.bytes = body.bytes();
    int most = body.length() / BLOCK_BYTES;
    this.blocks = most == 0 ? NO_BLOCKS : new long[Math.min(MAX_BLOCKS, most + 1)];
    if (most > 0) {
      fields(body);
      for (Text text : body.texts()) {
        state = mix(state, mark(text.role()));
        take(text.span(), text.role() != Role.SYSTEM);
      }
      opened(openingLeft);
    }
  }

  /** A hash for each whole block. */
  long[] blocks() {
    return count == blocks.length ? blocks : Arrays.copyOf(blocks, count);
  }

  long opening() {
    return opening;
  }

  /** Whole blocks before the opening's end: who has these alone may have another opening. */
  int openingBlocks() {
    return openingBlocks;
  }

  private void fields(ScannedBody body) {
    for (Field field : body.fields()) {
      switch (field.name()) {
        case "tools", "functions", "cache_salt" -> take(field.value(), false);
        case "prompt" -> {
          if (body.tokenIds() > 0) {
            take(field.value(), true);
          }
        }
        default -> {}
      }
    }
  }

  private void take(Span span, boolean opens) {
    int at = span.start();
    while (at < span.end() && count < blocks.length) {
      int room = BLOCK_BYTES - inBlock;
      int piece = opens && openingLeft > 0 ? Math.min(room, openingLeft) : room;
      int stop = Math.min(span.end(), at + piece);
      eat(at, stop);
      if (opens) {
        opened(stop - at);
      }
      at = stop;
    }
    if (opens) {
      opened(openingLeft);
    }
  }

  private void opened(int eaten) {
    if (openingLeft > 0) {
      openingLeft -= eaten;
      if (openingLeft <= 0) {
        opening = finished(state);
        openingBlocks = count;
      }
    }
  }

  private void eat(int start, int stop) {
    int at = start;
    long hash = state;
    for (; at + Long.BYTES <= stop; at += Long.BYTES) {
      hash = mix(hash, (long) LONGS.get(bytes, at));
    }
    if (at < stop) {
      long rest = (long) stop - at;
      for (; at < stop; at++) {
        rest = rest << Byte.SIZE | (bytes[at] & 0xff);
      }
      hash = mix(hash, rest);
    }
    state = hash;
    inBlock += stop - start;
    if (inBlock == BLOCK_BYTES) {
      inBlock = 0;
      blocks[count++] = finished(state);
      if (count == LONGEST_OPENING_BLOCKS) {
        opened(openingLeft);
      }
    }
  }

  private static long mark(Role role) {
    return switch (role) {
      case SYSTEM -> 1;
      case USER -> 2;
      case ASSISTANT -> 3;
      case TOOL -> 4;
    };
  }

  private static long mix(long hash, long word) {
    return Long.rotateLeft(hash ^ word * SPREAD, 29) * STIR;
  }

  /** So that every bit of the result depends on every bit of the state; never zero. */
  private static long finished(long state) {
    long hash = (state ^ state >>> 32) * SPREAD;
    hash = (hash ^ hash >>> 29) * STIR;
    hash ^= hash >>> 32;
    return hash == 0 ? 1 : hash;
  }

  /** How much an opening wants a backend; of several the one that it wants most gets it. */
  static long weight(long opening, long backend) {
    return finished(mix(opening, backend));
  }

  /** A name as a number, the same in every gateway. */
  static long number(String name) {
    long hash = name.length();
    for (int i = 0; i < name.length(); i++) {
      hash = mix(hash, name.charAt(i));
    }
    return finished(hash);
  }
}
