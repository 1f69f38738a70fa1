package io.penstock.config;

import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Traces for OpenTelemetry.
 *
 * @param endpoint where the collector takes OTLP over HTTP; {@code /v1/traces} is added
 * @param share of the calls that come without a trace of their own, how many are traced
 * @param headers what the collector is sent beside the spans, by name
 * @param service what this gateway is called in a trace
 */
public record Traces(URI endpoint, double share, Map<String, Secret> headers, String service) {
  public Traces {
    new Check()
        .that(share > 0 && share <= 1, "share", "is no share: write over 0 and up to 100%")
        .that(!service.isBlank(), "service", "is empty")
        .orRefuse();
    headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
  }
}
