package io.penstock.gateway.dashboard;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** One tab: where it is, what its keyboard does, what it complains of. */
final class Page implements WebSocket.Listener, AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;
  private static final Map<String, Integer> KEYS =
      Map.of("Tab", 9, "Enter", 13, " ", 32, "End", 35, "ArrowRight", 39, "ArrowDown", 40);

  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonObject>> answers = new ConcurrentHashMap<>();
  private final List<String> complaints = new CopyOnWriteArrayList<>();
  private final StringBuilder part = new StringBuilder();
  private @Nullable WebSocket socket;

  static Page open(HttpClient http, URI url, int width, int height) throws Exception {
    var page = new Page();
    page.socket =
        http.newWebSocketBuilder().buildAsync(url, page).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    page.send("Page.enable");
    page.send("Runtime.enable");
    page.send("Log.enable");
    page.send("Network.enable");
    page.send("Accessibility.enable");
    page.resize(width, height);
    return page;
  }

  // ---- the protocol

  @Override
  public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
    part.append(data);
    if (last) {
      take(new JsonObject(part.toString()));
      part.setLength(0);
    }
    from.request(1);
    return CompletableFuture.completedStage(null);
  }

  private void take(JsonObject message) {
    if (message.containsKey("id")) {
      var answer = answers.remove(message.getInteger("id"));
      if (answer != null) {
        answer.complete(message);
      }
      return;
    }
    var said = message.getJsonObject("params", new JsonObject());
    switch (message.getString("method")) {
      case "Runtime.exceptionThrown" -> complaints.add("exception: " + said.encode());
      case "Runtime.consoleAPICalled" -> {
        if (List.of("error", "warning").contains(said.getString("type"))) {
          complaints.add("console: " + said.getJsonArray("args").encode());
        }
      }
      case "Log.entryAdded" -> {
        var entry = said.getJsonObject("entry");
        if (List.of("error", "warning").contains(entry.getString("level"))) {
          complaints.add("log: " + entry.encode());
        }
      }
      case "Network.requestWillBeSent" -> asked.add(said.getJsonObject("request").getString("url"));
      default -> {}
    }
  }

  private final List<String> asked = new CopyOnWriteArrayList<>();

  JsonObject send(String method) throws Exception {
    return send(method, new JsonObject());
  }

  JsonObject send(String method, JsonObject params) throws Exception {
    int id = ids.incrementAndGet();
    var answer = new CompletableFuture<JsonObject>();
    answers.put(id, answer);
    var message = new JsonObject().put("id", id).put("method", method).put("params", params);
    Objects.requireNonNull(socket).sendText(message.encode(), true).get(30, TimeUnit.SECONDS);
    var result = answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (result.containsKey("error")) {
      throw new AssertionError(method + ": " + result.getJsonObject("error").encode());
    }
    return result.getJsonObject("result");
  }

  // ---- what a person does

  void go(String url) throws Exception {
    send("Page.navigate", new JsonObject().put("url", url));
    until("document.readyState === 'complete' && location.href !== 'about:blank'");
  }

  void resize(int width, int height) throws Exception {
    send(
        "Emulation.setDeviceMetricsOverride",
        new JsonObject()
            .put("width", width)
            .put("height", height)
            .put("deviceScaleFactor", 1)
            .put("mobile", false));
  }

  /** {@code light} or {@code dark}, as the system would say. */
  void prefer(String colours) throws Exception {
    var feature = new JsonObject().put("name", "prefers-color-scheme").put("value", colours);
    send(
        "Emulation.setEmulatedMedia",
        new JsonObject().put("features", new JsonArray().add(feature)));
  }

  /** Presses a key and lets it go. */
  void press(String key) throws Exception {
    var event =
        new JsonObject()
            .put("key", key)
            .put("code", key.equals(" ") ? "Space" : key)
            .put("windowsVirtualKeyCode", KEYS.getOrDefault(key, 0));
    if (key.equals("Enter")) {
      event.put("text", "\r");
    } else if (key.equals(" ")) {
      event.put("text", " ");
    }
    send("Input.dispatchKeyEvent", event.copy().put("type", "keyDown"));
    send("Input.dispatchKeyEvent", event.copy().put("type", "keyUp"));
  }

  void type(String text) throws Exception {
    send("Input.insertText", new JsonObject().put("text", text));
  }

  /** Presses Tab until what an expression of {@code it} says holds of the element in focus. */
  void tabTo(String expression) throws Exception {
    for (int i = 0; i < 200; i++) {
      press("Tab");
      if (Boolean.TRUE.equals(value("(it => " + expression + ")(document.activeElement)"))) {
        return;
      }
    }
    throw new AssertionError("Tab never reaches: " + expression);
  }

  // ---- what a test sees

  @Nullable Object value(String expression) throws Exception {
    var result =
        send(
            "Runtime.evaluate",
            new JsonObject()
                .put("expression", expression)
                .put("returnByValue", true)
                .put("awaitPromise", true));
    if (result.containsKey("exceptionDetails")) {
      throw new AssertionError(expression + ": " + result.getJsonObject("exceptionDetails"));
    }
    return result.getJsonObject("result").getValue("value");
  }

  String text(String selector) throws Exception {
    return String.valueOf(
        value("document.querySelector(" + quoted(selector) + ")?.innerText ?? ''"));
  }

  /** Waits until an expression is true. */
  void until(String expression) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (System.nanoTime() < end) {
      if (Boolean.TRUE.equals(value("Boolean(" + expression + ")"))) {
        return;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
    throw new AssertionError("never: " + expression + "\n" + value("document.body.innerText"));
  }

  /** Role and name of everything that a screen reader is told of. */
  List<Named> accessible() throws Exception {
    return send("Accessibility.getFullAXTree").getJsonArray("nodes").stream()
        .map(JsonObject.class::cast)
        .filter(node -> !node.getBoolean("ignored", false))
        .map(node -> new Named(word(node, "role"), word(node, "name")))
        .toList();
  }

  record Named(String role, String name) {}

  private static String word(JsonObject node, String member) {
    var value = node.getJsonObject(member);
    return value == null ? "" : String.valueOf(value.getValue("value", ""));
  }

  List<String> complaints() {
    return complaints;
  }

  /** Every URL that the page asked for. */
  List<String> asked() {
    return asked;
  }

  /** The window, or the whole page where its height is 0. */
  byte[] picture() throws Exception {
    var shot = send("Page.captureScreenshot", new JsonObject().put("format", "png"));
    return Base64.getDecoder().decode(shot.getString("data"));
  }

  int height() throws Exception {
    return ((Number) Objects.requireNonNull(value("document.documentElement.scrollHeight")))
        .intValue();
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  @Override
  public void close() {
    Objects.requireNonNull(socket).abort();
  }
}
