package io.penstock.gateway.call;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request body: the client's bytes, never changed, and what one pass over them found. A duplicate
 * key's last value counts, as in the parsers of every model server, and all its occurrences are
 * listed so that an edit reaches each.
 *
 * @param bytes the buffer; longer than the body, perhaps
 * @param length the body's own length
 * @param fields every top-level field in the order of the body, duplicates included
 * @param model the decoded value of {@code model}; null where absent or null
 * @param stream whether {@code stream} is true
 * @param includeUsage whether {@code stream_options.include_usage} is true
 * @param usageFlags where each {@code include_usage} inside a {@code stream_options} has its value
 * @param maxTokens {@code max_completion_tokens}, else {@code max_tokens}; -1 where absent
 * @param choices {@code n}; 1 where absent
 * @param temperature {@code temperature}; NaN where absent
 * @param hasSeed whether {@code seed} is given
 * @param tools how many entries {@code tools} or {@code functions} has
 * @param jsonOutput whether {@code response_format} asks for JSON
 * @param images how many content parts are images
 * @param prompts how many prompts or inputs there are; 1 for a chat
 * @param tokenIds how many tokens came as numbers instead of text
 * @param texts the text of messages, prompt or input, in order; empty ones are left out
 */
public record ScannedBody(
    byte[] bytes,
    int length,
    List<Field> fields,
    @Nullable String model,
    boolean stream,
    boolean includeUsage,
    List<Span> usageFlags,
    int maxTokens,
    int choices,
    double temperature,
    boolean hasSeed,
    int tools,
    boolean jsonOutput,
    int images,
    int prompts,
    int tokenIds,
    List<Text> texts) {

  /**
   * One top-level field.
   *
   * @param name the decoded key
   * @param keyStart where its opening quote is
   * @param value the value's span, without surrounding white space
   */
  public record Field(String name, int keyStart, Span value) {}

  /**
   * A run of text that a model will read: the inside of one JSON string, escapes not decoded.
   *
   * @param role whose words they are
   * @param message the index of its message, or of its prompt or input where there are several
   * @param span inside the quotes
   */
  public record Text(Role role, int message, Span span) {}

  /** Whose words a text is. */
  public enum Role {
    SYSTEM,
    USER,
    ASSISTANT,
    TOOL
  }

  @Override
  public String toString() {
    return "ScannedBody[" + length + " bytes]";
  }
}
