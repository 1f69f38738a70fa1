package io.penstock.gateway.upstream;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Turn;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.util.List;

/**
 * The head of a request to a model server. What of the client's head may pass is listed; all else
 * stays here: its key, its cookies, what it asked of Penstock, what concerns its connection. One
 * long line makes a model server refuse the whole request, so long values stay here, too.
 */
final class RequestHeads {
  private static final int MAX_VALUE_CHARS = 2048;
  private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");

  private static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("x-request-id");

  private static final CharSequence API_KEY = HttpHeaders.createOptimized("x-api-key");
  private static final CharSequence ANTHROPIC_VERSION =
      HttpHeaders.createOptimized("anthropic-version");
  private static final CharSequence THE_VERSION = HttpHeaders.createOptimized("2023-06-01");
  private static final String MESSAGES = "/v1/messages";

  private static final List<CharSequence> PASSED =
      List.of(
          HttpHeaders.createOptimized("accept"),
          HttpHeaders.createOptimized("user-agent"),
          HttpHeaders.createOptimized("traceparent"),
          HttpHeaders.createOptimized("tracestate"),
          HttpHeaders.createOptimized("openai-beta"));

  private RequestHeads() {}

  static RequestOptions of(Connections.Origin origin, Call call, Turn turn, MultiMap client) {
    MultiMap headers = HttpHeaders.headers();
    for (CharSequence name : PASSED) {
      String value = client.get(name);
      if (value != null && value.length() <= MAX_VALUE_CHARS) {
        headers.add(name, value);
      }
    }
    headers.add(HttpHeaders.CONTENT_TYPE, JSON);
    headers.add(REQUEST_ID, call.id());
    boolean anthropic = turn.pool().provider() == Pool.Provider.ANTHROPIC;
    turn.credential().ifPresent(key -> authorize(headers, key.reveal(), turn.pool().provider()));
    if (anthropic) {
      headers.add(ANTHROPIC_VERSION, THE_VERSION);
    }
    return new RequestOptions()
        .setMethod(HttpMethod.POST)
        .setURI(origin.pathPrefix + (anthropic ? MESSAGES : call.operation().path()))
        .setHeaders(headers);
  }

  private static void authorize(MultiMap headers, String key, Pool.Provider provider) {
    if (provider == Pool.Provider.ANTHROPIC) {
      headers.add(API_KEY, key);
    } else {
      headers.add(HttpHeaders.AUTHORIZATION, "Bearer " + key);
    }
  }
}
