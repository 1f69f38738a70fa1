package io.penstock.gateway.call;

/**
 * Tokens of one call.
 *
 * @param promptTokens all of the prompt
 * @param cachedTokens the part of the prompt that the model server had cached
 * @param completionTokens over all choices
 * @param reported whether the model server said so; otherwise counted from frames or estimated
 */
public record Usage(int promptTokens, int cachedTokens, int completionTokens, boolean reported) {
  public static final Usage NONE = new Usage(0, 0, 0, false);
}
