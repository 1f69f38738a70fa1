package io.penstock.gateway.realmodel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaIterator;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** llama.cpp in this process behind the few routes of the OpenAI API that a gateway needs. */
final class LlamaFront implements AutoCloseable {
  static final int SLOTS = 4;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final LlamaModel model;
  private final HttpServer http;
  final AtomicInteger running = new AtomicInteger();
  final AtomicInteger mostRunning = new AtomicInteger();
  final AtomicInteger cancelled = new AtomicInteger();
  final AtomicInteger tokens = new AtomicInteger();

  LlamaFront(Path gguf) throws IOException {
    model =
        new LlamaModel(
            new ModelParameters()
                .setModel(gguf.toString())
                .setCtxSize(4096 * SLOTS)
                .setParallel(SLOTS)
                .setThreads(1)
                .setThreadsBatch(1)
                .skipWarmup()
                .disableLog());
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/v1/chat/completions", this::chat);
    http.createContext("/health", exchange -> answer(exchange, 200, "{\"status\":\"ok\"}"));
    http.start();
  }

  int port() {
    return http.getAddress().getPort();
  }

  private void chat(HttpExchange exchange) throws IOException {
    JsonNode body = JSON.readTree(exchange.getRequestBody().readAllBytes());
    var prompt = new StringBuilder();
    for (var message : body.path("messages")) {
      prompt.append('[').append(message.path("role").asText()).append("] ");
      prompt.append(message.path("content").asText()).append('\n');
    }
    int promptTokens = model.encode(prompt.toString()).length;
    var parameters =
        new InferenceParameters(prompt.toString())
            .setNPredict(body.path("max_tokens").asInt(32))
            .setSeed(body.path("seed").asInt(1))
            .setTemperature((float) body.path("temperature").asDouble(0.8));
    mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
    var iterator = model.generate(parameters).iterator();
    try {
      if (body.path("stream").asBoolean()) {
        boolean usage = body.path("stream_options").path("include_usage").asBoolean();
        stream(exchange, iterator, promptTokens, usage);
      } else {
        whole(exchange, iterator, promptTokens);
      }
    } catch (IOException gone) {
      iterator.cancel();
      cancelled.incrementAndGet();
    } finally {
      running.decrementAndGet();
      exchange.close();
    }
  }

  private void whole(HttpExchange exchange, LlamaIterator iterator, int promptTokens)
      throws IOException {
    var text = new StringBuilder();
    int completion = 0;
    while (iterator.hasNext()) {
      text.append(iterator.next().text);
      completion++;
      tokens.incrementAndGet();
    }
    ObjectNode answer = frame("chat.completion");
    var choice = answer.putArray("choices").addObject().put("index", 0);
    choice.putObject("message").put("role", "assistant").put("content", text.toString());
    choice.put("finish_reason", "length");
    usage(answer, promptTokens, completion);
    answer(exchange, 200, answer.toString());
  }

  private void stream(
      HttpExchange exchange, LlamaIterator iterator, int promptTokens, boolean usage)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    int completion = 0;
    while (iterator.hasNext()) {
      String piece = iterator.next().text;
      completion++;
      tokens.incrementAndGet();
      ObjectNode frame = frame("chat.completion.chunk");
      var choice = frame.putArray("choices").addObject().put("index", 0);
      choice.putObject("delta").put("content", piece);
      choice.putNull("finish_reason");
      event(exchange, frame.toString());
    }
    ObjectNode last = frame("chat.completion.chunk");
    var choice = last.putArray("choices").addObject().put("index", 0);
    choice.putObject("delta");
    choice.put("finish_reason", "length");
    event(exchange, last.toString());
    if (usage) {
      ObjectNode total = frame("chat.completion.chunk");
      total.putArray("choices");
      usage(total, promptTokens, completion);
      event(exchange, total.toString());
    }
    event(exchange, "[DONE]");
    exchange.getResponseBody().close();
  }

  private static ObjectNode frame(String object) {
    return JSON.createObjectNode()
        .put("id", "chatcmpl-llama")
        .put("object", object)
        .put("created", 1)
        .put("model", "random-syllables");
  }

  private static void usage(ObjectNode answer, int prompt, int completion) {
    answer
        .putObject("usage")
        .put("prompt_tokens", prompt)
        .put("completion_tokens", completion)
        .put("total_tokens", prompt + completion);
  }

  private static void event(HttpExchange exchange, String data) throws IOException {
    var body = exchange.getResponseBody();
    body.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
    body.flush();
  }

  private static void answer(HttpExchange exchange, int status, String json) throws IOException {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    http.stop(0);
    model.close();
  }
}
