package io.penstock.gateway.trace;

import io.opentelemetry.api.common.AttributeKey;

/**
 * The names of attributes: those of OpenTelemetry's semantic conventions for HTTP and for
 * generative AI (in development there: {@code gen_ai.*} may be renamed yet), and our own.
 */
final class Names {
  static final AttributeKey<String> SERVICE_NAME = AttributeKey.stringKey("service.name");
  static final AttributeKey<String> SERVICE_INSTANCE =
      AttributeKey.stringKey("service.instance.id");

  static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
  static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");
  static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");
  static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
  static final AttributeKey<String> ADDRESS = AttributeKey.stringKey("server.address");
  static final AttributeKey<Long> PORT = AttributeKey.longKey("server.port");

  static final AttributeKey<String> OPERATION = AttributeKey.stringKey("gen_ai.operation.name");
  static final AttributeKey<String> PROVIDER = AttributeKey.stringKey("gen_ai.provider.name");
  static final AttributeKey<String> MODEL = AttributeKey.stringKey("gen_ai.request.model");
  static final AttributeKey<Long> MAX_TOKENS = AttributeKey.longKey("gen_ai.request.max_tokens");
  static final AttributeKey<Long> CHOICES = AttributeKey.longKey("gen_ai.request.choice.count");
  static final AttributeKey<Double> TEMPERATURE =
      AttributeKey.doubleKey("gen_ai.request.temperature");
  static final AttributeKey<Long> INPUT = AttributeKey.longKey("gen_ai.usage.input_tokens");
  static final AttributeKey<Long> OUTPUT = AttributeKey.longKey("gen_ai.usage.output_tokens");
  static final AttributeKey<Long> CACHED =
      AttributeKey.longKey("gen_ai.usage.cache_read.input_tokens");

  static final AttributeKey<String> REQUEST_ID = AttributeKey.stringKey("penstock.request_id");
  static final AttributeKey<String> TENANT = AttributeKey.stringKey("penstock.tenant");
  static final AttributeKey<String> TIER = AttributeKey.stringKey("penstock.tier");
  static final AttributeKey<String> COMPLEXITY = AttributeKey.stringKey("penstock.complexity");
  static final AttributeKey<String> POOL = AttributeKey.stringKey("penstock.pool");
  static final AttributeKey<String> BACKEND = AttributeKey.stringKey("penstock.backend");
  static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("penstock.outcome");
  static final AttributeKey<String> REASON = AttributeKey.stringKey("penstock.reason");
  static final AttributeKey<Double> QUEUE = AttributeKey.doubleKey("penstock.queue_seconds");
  static final AttributeKey<Double> COST = AttributeKey.doubleKey("penstock.cost_usd");

  static final String FIRST_TOKEN = "penstock.first_token";

  private Names() {}
}
