package io.penstock.loadtest.modelserver;

import io.penstock.loadtest.modelserver.ModelServer.Options;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Model servers for one test, and a plain client of them. */
final class Servers implements AfterEachCallback {
  final Vertx vertx = Vertx.vertx();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  ModelServer start(Options options) {
    return done(ModelServer.start(vertx, options));
  }

  static <T> T done(Future<T> future) {
    try {
      return future.await(30, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  static Options fast() {
    return Options.defaults().withSpeed(0);
  }

  HttpResponse<String> post(ModelServer server, String path, String body, String... headers)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(server.url() + path))
            .timeout(Duration.ofSeconds(30))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> get(ModelServer server, String path)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create(server.url() + path))
            .timeout(Duration.ofSeconds(30))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  JsonObject chat(ModelServer server, String fields) throws IOException, InterruptedException {
    var response =
        post(server, "/v1/chat/completions", "{\"model\":\"llama-2-7b\"," + fields + "}");
    if (response.statusCode() != 200) {
      throw new AssertionError(response.statusCode() + " " + response.body());
    }
    return new JsonObject(response.body());
  }

  /** The data of a stream's events, in order, without [DONE]. */
  static List<JsonObject> events(String stream) {
    return Arrays.stream(stream.split("\r?\n\r?\n"))
        .filter(event -> event.startsWith("data: ") && !event.equals("data: [DONE]"))
        .map(event -> new JsonObject(event.substring("data: ".length())))
        .toList();
  }

  /** What the choice with this index said. */
  static String text(List<JsonObject> events, int choice) {
    List<String> said = new ArrayList<>();
    for (var event : events) {
      for (Object element : event.getJsonArray("choices")) {
        if (element instanceof JsonObject one && one.getInteger("index") == choice) {
          said.add(
              one.containsKey("delta")
                  ? one.getJsonObject("delta").getString("content", "")
                  : one.getString("text"));
        }
      }
    }
    return String.join("", said);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    client.close();
    done(vertx.close());
  }
}
