package io.penstock.gateway.accept;

import io.penstock.gateway.call.Refusal.BadRequest;

/** The faults of a body, under the codes that OpenAI's API gives them. */
final class Fault {
  private Fault() {}

  static BadRequest invalidJson(String why) {
    return new BadRequest("invalid_json", null, "The request body is not valid JSON: " + why + '.');
  }

  static BadRequest missing(String param) {
    return new BadRequest(
        "missing_required_parameter", param, "The parameter '" + param + "' is required.");
  }

  static BadRequest wrongType(String param, String expected) {
    return new BadRequest("invalid_type", param, "'" + param + "' must be " + expected + '.');
  }

  static BadRequest emptyArray(String param) {
    return new BadRequest("empty_array", param, "'" + param + "' must not be an empty array.");
  }

  static BadRequest tooManyItems(String param, int limit) {
    return new BadRequest(
        "array_above_max_length", param, "'" + param + "' holds more than " + limit + " texts.");
  }

  static BadRequest tooManyFields(int limit) {
    return new BadRequest(
        "too_many_fields", null, "The request body has more than " + limit + " fields.");
  }

  static BadRequest tooLong(String param, int limit) {
    return new BadRequest(
        "string_above_max_length", param, "'" + param + "' is longer than " + limit + " bytes.");
  }

  static BadRequest below(String param, int minimum) {
    return new BadRequest(
        "integer_below_min_value", param, "'" + param + "' must be " + minimum + " or more.");
  }

  static BadRequest above(String param, int maximum) {
    return new BadRequest(
        "integer_above_max_value", param, "'" + param + "' must be " + maximum + " or less.");
  }

  static BadRequest header(String name, String expected) {
    return new BadRequest(
        "invalid_value", name, "The header '" + name + "' must be " + expected + '.');
  }

  static BadRequest encoded() {
    return new BadRequest(
        "unsupported_content_encoding",
        "content-encoding",
        "The request body must not be compressed.");
  }
}
