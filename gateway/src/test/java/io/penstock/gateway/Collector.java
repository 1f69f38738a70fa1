package io.penstock.gateway;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;

/** A collector of traces that keeps what it is sent, by OTLP over HTTP as it is on the wire. */
final class Collector implements AutoCloseable {
  private final HttpServer server;
  private final List<Span> spans = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<String> texts = new CopyOnWriteArrayList<>();

  private Collector(HttpServer server) {
    this.server = server;
    server.createContext("/", this::take);
    server.start();
  }

  static Collector start() throws IOException {
    return new Collector(
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.add(
          exchange.getRequestURI() + " " + exchange.getRequestHeaders().getFirst("X-Api-Key"));
      var sent =
          ExportTraceServiceRequest.parseFrom(new GZIPInputStream(exchange.getRequestBody()));
      texts.add(sent.toString());
      sent.getResourceSpansList()
          .forEach(of -> of.getScopeSpansList().forEach(in -> spans.addAll(in.getSpansList())));
      exchange.sendResponseHeaders(200, -1);
    }
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  List<Span> of(Span.SpanKind kind) {
    return spans.stream().filter(span -> span.getKind() == kind).toList();
  }

  List<String> requests() {
    return requests;
  }

  List<String> texts() {
    return texts;
  }

  static String hex(com.google.protobuf.ByteString id) {
    return HexFormat.of().formatHex(id.toByteArray());
  }

  static Map<String, Object> attributes(Span span) {
    return span.getAttributesList().stream()
        .collect(Collectors.toMap(KeyValue::getKey, pair -> value(pair.getValue())));
  }

  private static Object value(AnyValue value) {
    return switch (value.getValueCase()) {
      case STRING_VALUE -> value.getStringValue();
      case INT_VALUE -> value.getIntValue();
      case DOUBLE_VALUE -> value.getDoubleValue();
      default -> throw new AssertionError(value);
    };
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
