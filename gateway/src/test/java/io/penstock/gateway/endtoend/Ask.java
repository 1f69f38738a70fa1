package io.penstock.gateway.endtoend;

import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.TestBed;

/** Requests as tests write them, each over a connection of its own. */
final class Ask {
  static final String CHAT = "/v1/chat/completions";
  static final String COMPLETIONS = "/v1/completions";
  static final String EMBEDDINGS = "/v1/embeddings";
  static final String DRY = "x-penstock-dry-run: true";

  private Ask() {}

  static RawClient.Answer post(
      TestBed bed, String path, String key, String body, String... headers) {
    try (var client = new RawClient(bed.port())) {
      return client.post(path, key, body, headers).read();
    } catch (java.io.IOException torn) {
      throw new AssertionError(path + ' ' + body, torn);
    }
  }

  static RawClient.Answer get(TestBed bed, String path, String key) {
    return raw(
        bed, "GET " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key + "\r\n\r\n");
  }

  /** These bytes, whatever they are. */
  static RawClient.Answer raw(TestBed bed, String bytes) {
    try (var client = new RawClient(bed.port())) {
      return client.send(bytes).read();
    } catch (java.io.IOException torn) {
      throw new AssertionError(bytes, torn);
    }
  }

  /** A chat of one message, with further fields in front of it. */
  static String chat(String fields) {
    return "{" + fields + ",\"messages\":[{\"role\":\"user\",\"content\":\"Hello there\"}]}";
  }
}
