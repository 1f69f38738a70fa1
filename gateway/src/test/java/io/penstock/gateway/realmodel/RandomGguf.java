package io.penstock.gateway.realmodel;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Writes a model file of the llama architecture (GGUF version 3) with random weights: real enough
 * for llama.cpp to load, batch, sample and cancel, and small enough to be made by a test. Only
 * syllables can be sampled (every other token's output row is zero), so an answer is printable and
 * runs to its bound.
 */
final class RandomGguf {
  private static final int ALIGNMENT = 32;
  private static final int FLOAT32 = 0;
  private static final int HIDDEN = 64;
  private static final int HEADS = 4;
  private static final int KV_HEADS = 2;
  private static final int HEAD_DIM = HIDDEN / HEADS;
  private static final int FEED_FORWARD = HIDDEN * 2;
  private static final String TEMPLATE =
      "{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}\n{% endfor %}[assistant] ";

  private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
  private final List<Tensor> tensors = new ArrayList<>();
  private final Random random;
  private int metadataEntries;

  private record Tensor(String name, int[] shape, byte[] data) {}

  private RandomGguf(long seed) {
    this.random = new Random(seed);
  }

  static void write(Path file, int layers, int contextTokens, long seed) throws IOException {
    var gguf = new RandomGguf(seed);
    var vocabulary = new Vocabulary();
    gguf.describe(layers, contextTokens, vocabulary);
    gguf.fill(layers, vocabulary);
    try (var out = Files.newOutputStream(file)) {
      gguf.writeTo(out);
    }
  }

  /** Bytes, then syllables, then syllables after a space; each merge makes one syllable. */
  private static final class Vocabulary {
    final List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    final List<Integer> types = new ArrayList<>(List.of(2, 3, 3));
    final List<String> merges = new ArrayList<>();
    final int firstSyllable;

    Vocabulary() {
      String[] symbols = byteSymbols();
      for (var symbol : symbols) {
        add(symbol);
      }
      firstSyllable = tokens.size();
      List<String> syllables = new ArrayList<>();
      for (char consonant : "bdfgklmnprstvz".toCharArray()) {
        for (char vowel : "aeiou".toCharArray()) {
          syllables.add("" + consonant + vowel);
          merges.add(consonant + " " + vowel);
        }
      }
      syllables.forEach(this::add);
      for (var syllable : syllables) {
        merges.add(symbols[' '] + " " + syllable);
        add(symbols[' '] + syllable);
      }
    }

    private void add(String token) {
      tokens.add(token);
      types.add(1);
    }

    /** GPT-2 writes each byte as a printable character; what is not printable moves past U+0100. */
    private static String[] byteSymbols() {
      var symbols = new String[256];
      int moved = 256;
      for (int b = 0; b < 256; b++) {
        boolean printable = (b > ' ' && b < 0x7f) || (b > 0xa0 && b != 0xad);
        symbols[b] = String.valueOf((char) (printable ? b : moved++));
      }
      return symbols;
    }
  }

  private void describe(int layers, int contextTokens, Vocabulary vocabulary) {
    text("general.architecture", "llama");
    text("general.name", "random-syllables");
    number("general.file_type", 0);
    number("llama.context_length", contextTokens);
    number("llama.embedding_length", HIDDEN);
    number("llama.block_count", layers);
    number("llama.feed_forward_length", FEED_FORWARD);
    number("llama.attention.head_count", HEADS);
    number("llama.attention.head_count_kv", KV_HEADS);
    real("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    number("llama.rope.dimension_count", HEAD_DIM);
    real("llama.rope.freq_base", 10_000f);
    number("llama.vocab_size", vocabulary.tokens.size());
    text("tokenizer.ggml.model", "gpt2");
    text("tokenizer.ggml.pre", "gpt-2");
    texts("tokenizer.ggml.tokens", vocabulary.tokens);
    integers("tokenizer.ggml.token_type", vocabulary.types);
    texts("tokenizer.ggml.merges", vocabulary.merges);
    number("tokenizer.ggml.unknown_token_id", 0);
    number("tokenizer.ggml.bos_token_id", 1);
    number("tokenizer.ggml.eos_token_id", 2);
    text("tokenizer.chat_template", TEMPLATE);
  }

  private void fill(int layers, Vocabulary vocabulary) {
    int words = vocabulary.tokens.size();
    double scale = 1 / Math.sqrt(HIDDEN);
    matrix("token_embd.weight", HIDDEN, words, 1, 0);
    for (int layer = 0; layer < layers; layer++) {
      String block = "blk." + layer + '.';
      ones(block + "attn_norm.weight");
      ones(block + "ffn_norm.weight");
      matrix(block + "attn_q.weight", HIDDEN, HEADS * HEAD_DIM, scale, 0);
      matrix(block + "attn_k.weight", HIDDEN, KV_HEADS * HEAD_DIM, scale, 0);
      matrix(block + "attn_v.weight", HIDDEN, KV_HEADS * HEAD_DIM, scale, 0);
      matrix(block + "attn_output.weight", HEADS * HEAD_DIM, HIDDEN, scale, 0);
      matrix(block + "ffn_gate.weight", HIDDEN, FEED_FORWARD, scale, 0);
      matrix(block + "ffn_up.weight", HIDDEN, FEED_FORWARD, scale, 0);
      matrix(block + "ffn_down.weight", FEED_FORWARD, HIDDEN, 1 / Math.sqrt(FEED_FORWARD), 0);
    }
    ones("output_norm.weight");
    matrix("output.weight", HIDDEN, words, 4 * scale, vocabulary.firstSyllable);
  }

  private void matrix(String name, int columns, int rows, double deviation, int firstRow) {
    var data = new ByteArrayOutputStream();
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        float value = (float) (random.nextGaussian() * deviation);
        little(data, 4, Float.floatToIntBits(row < firstRow ? 0 : value));
      }
    }
    tensors.add(new Tensor(name, new int[] {columns, rows}, data.toByteArray()));
  }

  private void ones(String name) {
    var data = new ByteArrayOutputStream();
    for (int i = 0; i < HIDDEN; i++) {
      little(data, 4, Float.floatToIntBits(1f));
    }
    tensors.add(new Tensor(name, new int[] {HIDDEN}, data.toByteArray()));
  }

  private void writeTo(OutputStream file) throws IOException {
    var head = new ByteArrayOutputStream();
    head.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    little(head, 4, 3);
    little(head, 8, tensors.size());
    little(head, 8, metadataEntries);
    head.writeBytes(metadata.toByteArray());
    long offset = 0;
    for (var tensor : tensors) {
      string(head, tensor.name);
      little(head, 4, tensor.shape.length);
      for (int size : tensor.shape) {
        little(head, 8, size);
      }
      little(head, 4, FLOAT32);
      little(head, 8, offset);
      offset += aligned(tensor.data.length);
    }
    file.write(padded(head.toByteArray()));
    for (var tensor : tensors) {
      file.write(padded(tensor.data));
    }
  }

  private static byte[] padded(byte[] bytes) {
    return java.util.Arrays.copyOf(bytes, aligned(bytes.length));
  }

  private static int aligned(int length) {
    return (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private void text(String key, String value) {
    entry(key, 8);
    string(metadata, value);
  }

  private void number(String key, int value) {
    entry(key, 4);
    little(metadata, 4, value);
  }

  private void real(String key, float value) {
    entry(key, 6);
    little(metadata, 4, Float.floatToIntBits(value));
  }

  private void texts(String key, List<String> values) {
    array(key, 8, values.size());
    values.forEach(value -> string(metadata, value));
  }

  private void integers(String key, List<Integer> values) {
    array(key, 5, values.size());
    values.forEach(value -> little(metadata, 4, value));
  }

  private void array(String key, int type, int size) {
    entry(key, 9);
    little(metadata, 4, type);
    little(metadata, 8, size);
  }

  private void entry(String key, int type) {
    metadataEntries++;
    string(metadata, key);
    little(metadata, 4, type);
  }

  private static void string(ByteArrayOutputStream out, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    little(out, 8, bytes.length);
    out.writeBytes(bytes);
  }

  private static void little(ByteArrayOutputStream out, int bytes, long value) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (value >>> (8 * i)));
    }
  }
}
