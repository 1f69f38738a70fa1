package io.penstock.gateway.endtoend;

import static io.penstock.gateway.endtoend.Ask.CHAT;
import static io.penstock.gateway.endtoend.Ask.COMPLETIONS;
import static io.penstock.gateway.endtoend.Ask.EMBEDDINGS;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.penstock.gateway.testing.TestBed;
import io.penstock.loadtest.load.Prompts;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Some request that a client may have, good or bad.
 *
 * @param path what is asked
 * @param key whose it is
 * @param headers beside those of every request
 */
record Wish(String path, String key, String body, List<String> headers) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> KEYS = List.of(TestBed.ENTERPRISE, TestBed.PAID, TestBed.FREE);
  private static final List<String> MODELS =
      List.of(
          "auto",
          "auto",
          "auto",
          "auto",
          "",
          "",
          "small",
          "medium",
          "large",
          "llama-2-7b",
          "llama-2-13b",
          "gpt-4",
          "dead",
          "gpt-9");
  private static final List<String> PINS =
      List.of("", "", "", "", "", "", "", "small", "medium", "large", "nowhere");
  private static final List<Integer> LIMITS = List.of(0, 0, 1, 5, 40, 40, 3000, 5000, 9000);
  private static final String TOOL =
      "[{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"parameters\":{\"type\":\"object\","
          + "\"properties\":{\"city\":{\"type\":\"string\"}}}}}]";
  private static final String IMAGE =
      "[{\"type\":\"text\",\"text\":\"What is this?\"},"
          + "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,iVBORw0KGgo=\"}}]";

  /** The same ones for the same seed. */
  static List<Wish> some(int count, long seed) {
    var random = new Random(seed);
    List<Wish> wishes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      wishes.add(new Maker(random).wish());
    }
    return wishes;
  }

  boolean isStream() {
    return body.contains("\"stream\":true");
  }

  @Override
  public String toString() {
    String shown = body.length() > 300 ? body.substring(0, 300) + "..." : body;
    return path + ' ' + key + ' ' + headers + ' ' + shown;
  }

  private record Maker(Random random) {
    Wish wish() {
      ObjectNode body = JSON.createObjectNode();
      String model = one(MODELS);
      if (!model.isEmpty()) {
        body.put("model", model);
      }
      String pin = one(PINS);
      List<String> headers = pin.isEmpty() ? List.of() : List.of("x-penstock-pool: " + pin);
      String path =
          switch (random.nextInt(8)) {
            case 0 -> completion(body);
            case 1 -> embeddings(body);
            default -> chat(body);
          };
      return new Wish(path, one(KEYS), body.toString(), headers);
    }

    private String chat(ObjectNode body) {
      var messages = (ArrayNode) parsed(one(Prompts.all()).messages().encode());
      if (chance(0.1)) {
        messages.addObject().put("role", "user").put("content", "word ".repeat(size()));
      }
      if (chance(0.1)) {
        messages.addObject().put("role", "user").set("content", parsed(IMAGE));
      }
      if (chance(0.03)) {
        messages.removeAll();
      }
      body.set("messages", messages);
      if (chance(0.15)) {
        body.set("tools", parsed(TOOL));
      }
      return generates(body, CHAT);
    }

    private String completion(ObjectNode body) {
      if (chance(0.3)) {
        body.putArray("prompt").add("Once upon a time").add("one " + "two ".repeat(size() / 10));
      } else if (chance(0.3)) {
        body.putArray("prompt").add(1).add(2).add(3);
      } else if (chance(0.9)) {
        body.put("prompt", "Write about the sea. " + "three ".repeat(size() / 20));
      }
      return generates(body, COMPLETIONS);
    }

    private String generates(ObjectNode body, String path) {
      int limit = one(LIMITS);
      if (limit > 0) {
        body.put(chance(0.5) ? "max_tokens" : "max_completion_tokens", limit);
      }
      if (chance(0.2)) {
        body.put("n", 1 + random.nextInt(3));
      }
      if (chance(0.4)) {
        body.put("stream", true);
      }
      if (chance(0.2)) {
        body.put("temperature", random.nextInt(3));
      }
      if (chance(0.03)) {
        body.put("max_tokens", -1);
      }
      return path;
    }

    private String embeddings(ObjectNode body) {
      if (chance(0.5)) {
        body.put("input", "a " + "b ".repeat(size() / 5));
      } else {
        body.putArray("input").add("a").add("b").add("c");
      }
      body.put("dimensions", 8);
      return EMBEDDINGS;
    }

    private int size() {
      return 1 << random.nextInt(3, 15);
    }

    private boolean chance(double share) {
      return random.nextDouble() < share;
    }

    private <T> T one(List<T> all) {
      return all.get(random.nextInt(all.size()));
    }

    private static com.fasterxml.jackson.databind.JsonNode parsed(String json) {
      try {
        return JSON.readTree(json);
      } catch (com.fasterxml.jackson.core.JsonProcessingException wrong) {
        throw new AssertionError(json, wrong);
      }
    }
  }
}
