package io.penstock.gateway.admin;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The dashboard's events. One sampler looks at the gateway once a second and writes the same bytes
 * to everybody who watches; it starts with the first viewer and stops with the last, so that a
 * dashboard that nobody looks at costs nothing. A viewer that does not keep up misses events, and a
 * new one is sent the points of the last minutes that somebody watched. All on the port's context.
 */
final class Live {
  static final int MOST_VIEWERS = 32;
  private static final int MOST_POINTS = 600;
  private static final long PERIOD_MILLIS = 1000;
  private static final long NONE = -1;

  private final Vertx vertx;
  private final Controls controls;
  private final Set<HttpServerResponse> viewers = new LinkedHashSet<>();
  private final Window window = new Window();
  private final Deque<JsonArray> points = new ArrayDeque<>();
  private Buffer latest = Buffer.buffer();
  private long timer = NONE;

  Live(Vertx vertx, Controls controls) {
    this.vertx = vertx;
    this.controls = controls;
  }

  boolean full() {
    return viewers.size() >= MOST_VIEWERS;
  }

  int viewers() {
    return viewers.size();
  }

  /** Sends events until the viewer leaves. */
  void join(HttpServerResponse viewer) {
    viewer.closeHandler(_ -> leave(viewer));
    viewer.exceptionHandler(_ -> leave(viewer));
    viewers.add(viewer);
    if (timer == NONE) {
      window.clear();
      tick();
      timer = vertx.setPeriodic(PERIOD_MILLIS, _ -> tick());
    }
    viewer
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream")
        // A compressor would keep events back until it has a block full of them.
        .putHeader(HttpHeaders.CONTENT_ENCODING, HttpHeaders.IDENTITY)
        .setChunked(true)
        .write(event("history", history().encode()).appendBuffer(latest));
  }

  private void leave(HttpServerResponse viewer) {
    viewers.remove(viewer);
    if (viewers.isEmpty() && timer != NONE) {
      vertx.cancelTimer(timer);
      timer = NONE;
    }
  }

  private void tick() {
    var readings = new Readings(controls.meters());
    window.add(Sampler.take(controls, readings, System.nanoTime()));
    var frame = new Frame(controls, readings, window).json(System.currentTimeMillis());
    remember(frame);
    latest = event("frame", frame.encode());
    for (HttpServerResponse viewer : Set.copyOf(viewers)) {
      if (!viewer.headWritten() || viewer.writeQueueFull()) {
        continue;
      }
      viewer.write(latest.copy());
    }
  }

  // ---- the last minutes

  private void remember(JsonObject frame) {
    points.addLast(point(frame));
    if (points.size() > MOST_POINTS) {
      points.removeFirst();
    }
  }

  /**
   * What the charts draw: the time, the four rates, tokens a second, USD an hour, and for each pool
   * its name, requests a second, the two p95 and the calls in flight.
   */
  private static JsonArray point(JsonObject frame) {
    var rates = frame.getJsonObject("rates");
    var point = new JsonArray().add(frame.getLong("at"));
    Frame.OUTCOMES.forEach(outcome -> point.add(rates.getValue(outcome)));
    point.add(frame.getJsonObject("tokens").getValue("completion"));
    point.add(frame.getJsonObject("cost").getValue("usd_per_hour"));
    var pools = new JsonObject();
    for (Object each : frame.getJsonArray("pools")) {
      var pool = (JsonObject) each;
      pools.put(
          pool.getString("name"),
          new JsonArray()
              .add(pool.getJsonObject("rates").getValue("answered"))
              .add(pool.getJsonObject("ttft").getValue("p95_ms"))
              .add(pool.getJsonObject("tpot").getValue("p95_ms"))
              .add(pool.getValue("in_flight")));
    }
    return point.add(pools);
  }

  private JsonArray history() {
    var all = new JsonArray();
    points.forEach(all::add);
    return all;
  }

  private static Buffer event(String name, String data) {
    return Buffer.buffer("event: " + name + "\ndata: " + data + "\n\n");
  }
}
