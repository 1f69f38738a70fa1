package io.penstock.gateway.call;

/** What a client may ask of the data port with a body. */
public enum Operation {
  CHAT_COMPLETIONS("/v1/chat/completions", "messages"),
  COMPLETIONS("/v1/completions", "prompt"),
  EMBEDDINGS("/v1/embeddings", "input");

  private final String path;
  private final String required;

  Operation(String path, String required) {
    this.path = path;
    this.required = required;
  }

  public String path() {
    return path;
  }

  /** The body's field without which there is nothing to do. */
  public String required() {
    return required;
  }
}
