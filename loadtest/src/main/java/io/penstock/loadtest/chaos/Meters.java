package io.penstock.loadtest.chaos;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * What the gateway counted, as its metrics say when nothing is in flight any more.
 *
 * @param accepted requests whose head arrived
 * @param answered with a whole answer
 * @param refused by Penstock
 * @param failed because no model server could answer
 * @param cancelled because the client left
 * @param open accepted and not ended
 * @param inFlight calls at backends
 * @param reservations taken from limits and neither settled nor given back
 * @param endedTwice a bug where it is not 0
 * @param retries calls that went to another backend
 */
record Meters(
    long accepted,
    long answered,
    long refused,
    long failed,
    long cancelled,
    long open,
    long inFlight,
    long reservations,
    long endedTwice,
    long retries) {

  static Meters read(String admin) throws IOException {
    String text = get(admin + "/metrics");
    return new Meters(
        sum(text, "penstock_accepted_total", ""),
        sum(text, "penstock_requests_total", "outcome=\"answered\""),
        sum(text, "penstock_requests_total", "outcome=\"refused\""),
        sum(text, "penstock_requests_total", "outcome=\"failed\""),
        sum(text, "penstock_requests_total", "outcome=\"cancelled\""),
        sum(text, "penstock_open_calls", ""),
        sum(text, "penstock_inflight", ""),
        sum(text, "penstock_reservations_outstanding", ""),
        sum(text, "penstock_double_endings_total", ""),
        sum(text, "penstock_retries_total", ""));
  }

  static String get(String url) throws IOException {
    return send("GET", url);
  }

  static String send(String method, String url) throws IOException {
    var connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    connection.setRequestMethod(method);
    connection.setConnectTimeout(10_000);
    connection.setReadTimeout(10_000);
    try (InputStream in = connection.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  static double value(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name + ' '))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  static long sum(String text, String name, String label) {
    return text.lines()
        .filter(line -> line.startsWith(name + '{') || line.startsWith(name + ' '))
        .filter(line -> line.contains(label))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Nothing is under way and no call was lost count of. */
  boolean lawHolds() {
    return accepted == answered + refused + failed + cancelled
        && open == 0
        && inFlight == 0
        && reservations == 0
        && endedTwice == 0;
  }
}
