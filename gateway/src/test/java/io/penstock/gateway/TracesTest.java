package io.penstock.gateway;

import static io.penstock.gateway.Collector.attributes;
import static io.penstock.gateway.Collector.hex;
import static io.penstock.gateway.TestGateway.pool;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Secret;
import io.penstock.config.Traces;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a real collector gets of a call, and what of a trace goes on to the model server. */
final class TracesTest {
  private static final String CHAT =
      "{\"model\":\"auto\",\"max_tokens\":9,\"temperature\":0.5,"
          + "\"messages\":[{\"role\":\"user\",\"content\":\"a-secret-prompt\"}]}";
  private static final String ANSWER =
      "{\"id\":\"x\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,"
          + "\"message\":{\"role\":\"assistant\",\"content\":\"a-secret-answer\"},"
          + "\"finish_reason\":\"stop\"}],"
          + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1,\"total_tokens\":4}}";
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String PARENT = "00-" + TRACE + "-b7ad6b7169203331-01";

  private static TestGateway gateway(URI collector, double share, String pools) {
    PenstockConfig plain = TestGateway.config(pools);
    Map<String, Secret> headers = Map.of("x-api-key", new Secret("for-the-collector"));
    var traces = new Traces(collector, share, headers, "penstock");
    PenstockConfig traced =
        new PenstockConfig(
            plain.server(),
            plain.admin(),
            plain.tiers(),
            plain.keys(),
            plain.keysFile(),
            plain.jwt(),
            plain.pools(),
            plain.complexity(),
            plain.cache(),
            plain.redis(),
            plain.traffic(),
            Optional.of(traces),
            plain.catalog());
    return TestGateway.start(Gateway.vertx(1), traced);
  }

  private static HttpResponse<String> chat(TestGateway gateway, String traceparent) {
    return gateway.send(
        gateway
            .request("/v1/chat/completions")
            .header("traceparent", traceparent)
            .POST(HttpRequest.BodyPublishers.ofString(CHAT))
            .build());
  }

  private static String traceparent(RawServer server) {
    return server
        .heads()
        .getLast()
        .lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("traceparent:"))
        .map(line -> line.substring("traceparent:".length()).strip())
        .findFirst()
        .orElse("none");
  }

  @Test
  void aCall_isASpanOfItsClientsTrace_andItsAttemptAnotherThatGoesOnToTheServer()
      throws IOException {
    try (Collector collector = Collector.start();
        RawServer server = RawServer.start(exchange -> exchange.json(200, ANSWER))) {
      try (TestGateway gateway = gateway(collector.url(), 1, pool("p", "", server.url()))) {
        assertThat(chat(gateway, PARENT).statusCode()).isEqualTo(200);
      }

      Span request = only(collector.of(Span.SpanKind.SPAN_KIND_SERVER));
      assertThat(hex(request.getTraceId())).isEqualTo(TRACE);
      assertThat(hex(request.getParentSpanId())).isEqualTo("b7ad6b7169203331");
      assertThat(request.getName()).isEqualTo("POST /v1/chat/completions");
      assertThat(attributes(request))
          .containsEntry("http.response.status_code", 200L)
          .containsEntry("penstock.tenant", "t")
          .containsEntry("penstock.tier", "any")
          .containsEntry("penstock.pool", "p")
          .containsEntry("penstock.outcome", "answered")
          .containsEntry("penstock.reason", "ok")
          .doesNotContainKey("error.type");

      Span attempt = only(collector.of(Span.SpanKind.SPAN_KIND_CLIENT));
      assertThat(attempt.getParentSpanId()).isEqualTo(request.getSpanId());
      assertThat(attempt.getName()).isEqualTo("chat llama-2-7b");
      assertThat(attributes(attempt))
          .containsEntry("gen_ai.operation.name", "chat")
          .containsEntry("gen_ai.request.model", "llama-2-7b")
          .containsEntry("gen_ai.request.max_tokens", 9L)
          .containsEntry("gen_ai.request.temperature", 0.5)
          .containsEntry("gen_ai.usage.input_tokens", 3L)
          .containsEntry("gen_ai.usage.output_tokens", 1L)
          .containsEntry("server.address", "127.0.0.1")
          .containsEntry("penstock.backend", "p-1");
      assertThat(attempt.getStartTimeUnixNano())
          .isBetween(request.getStartTimeUnixNano(), attempt.getEndTimeUnixNano());
      assertThat(attempt.getEndTimeUnixNano()).isLessThanOrEqualTo(request.getEndTimeUnixNano());
      assertThat(traceparent(server))
          .isEqualTo("00-" + TRACE + "-" + hex(attempt.getSpanId()) + "-01");
      assertThat(collector.requests())
          .isNotEmpty()
          .allMatch("/v1/traces for-the-collector"::equals);
      assertThat(collector.texts())
          .noneMatch(text -> text.contains("a-secret") || text.contains(TestGateway.KEY));
    }
  }

  @Test
  void anAttemptThatFailed_isASpanOfItsOwn_withItsReason() throws IOException {
    try (Collector collector = Collector.start();
        RawServer server = RawServer.start(exchange -> exchange.json(200, ANSWER));
        RawServer broken = RawServer.start(exchange -> exchange.json(503, "{}"))) {
      String pools = pool("p", "", broken.url(), server.url());
      try (TestGateway gateway = gateway(collector.url(), 1, pools)) {
        HttpResponse<String> answer = chat(gateway, PARENT);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("x-penstock-attempts")).hasValue("2");
      }

      List<Span> failed =
          collector.of(Span.SpanKind.SPAN_KIND_CLIENT).stream()
              .filter(span -> span.getStatus().getCode() == Status.StatusCode.STATUS_CODE_ERROR)
              .toList();
      assertThat(attributes(only(failed)))
          .containsEntry("penstock.backend", "p-1")
          .containsEntry("http.response.status_code", 503L)
          .containsKey("error.type");
      assertThat(collector.of(Span.SpanKind.SPAN_KIND_CLIENT)).hasSize(2);
      assertThat(collector.of(Span.SpanKind.SPAN_KIND_SERVER)).hasSize(1);
    }
  }

  @Test
  void aCallThatItsClientDoesNotTrace_isNotTraced_andTheServerIsToldSo() throws IOException {
    try (Collector collector = Collector.start();
        RawServer server = RawServer.start(exchange -> exchange.json(200, ANSWER))) {
      try (TestGateway gateway = gateway(collector.url(), 1, pool("p", "", server.url()))) {
        String unsampled = PARENT.substring(0, PARENT.length() - 2) + "00";
        assertThat(chat(gateway, unsampled).statusCode()).isEqualTo(200);
        assertThat(traceparent(server)).startsWith("00-" + TRACE + "-").endsWith("-00");
      }
      assertThat(collector.requests()).isEmpty();
    }
  }

  @Test
  void aRefusedCall_isASpanWithoutAnAttempt() throws IOException {
    try (Collector collector = Collector.start()) {
      try (TestGateway gateway = gateway(collector.url(), 1, pool("p", "", "http://127.0.0.1:9"))) {
        assertThat(gateway.chat("{").statusCode()).isEqualTo(400);
      }
      Span request = only(collector.of(Span.SpanKind.SPAN_KIND_SERVER));
      assertThat(attributes(request))
          .containsEntry("http.response.status_code", 400L)
          .containsEntry("penstock.outcome", "refused");
      assertThat(request.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_UNSET);
      assertThat(collector.of(Span.SpanKind.SPAN_KIND_CLIENT)).isEmpty();
    }
  }

  @Test
  void aCollectorThatIsGone_costsNoCall() throws IOException {
    URI nobody;
    try (ServerSocket free = new ServerSocket(0)) {
      nobody = URI.create("http://127.0.0.1:" + free.getLocalPort());
    }
    try (RawServer server = RawServer.start(exchange -> exchange.json(200, ANSWER));
        TestGateway gateway = gateway(nobody, 1, pool("p", "", server.url()))) {
      for (int i = 0; i < 20; i++) {
        assertThat(gateway.chat(CHAT).statusCode()).isEqualTo(200);
      }
    }
  }

  @Test
  void withoutTraces_theClientsOwnTraceGoesOnUntouched() throws IOException {
    try (RawServer server = RawServer.start(exchange -> exchange.json(200, ANSWER));
        TestGateway gateway = TestGateway.start(pool("p", "", server.url()))) {
      assertThat(chat(gateway, PARENT).statusCode()).isEqualTo(200);
      assertThat(traceparent(server)).isEqualTo(PARENT);
    }
  }

  private static Span only(List<Span> spans) {
    assertThat(spans).hasSize(1);
    return spans.getFirst();
  }
}
