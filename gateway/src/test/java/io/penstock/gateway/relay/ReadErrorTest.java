package io.penstock.gateway.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ReadErrorTest {
  private static ReadError read(String json) {
    byte[] bytes = json.getBytes(UTF_8);
    return ReadError.of(bytes, 0, bytes.length);
  }

  private static String normal(String json) {
    return read(json).body("default", "invalid_request_error").json();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        // vLLM, with an integer code
        "{\"error\":{\"message\":\"m\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}}"
            + "|{\"error\":{\"message\":\"m\",\"type\":\"BadRequestError\",\"param\":null,\"code\":\"400\"}}",
        // SGLang and older vLLM: flat
        "{\"object\":\"error\",\"message\":\"m\",\"type\":\"T\",\"param\":\"p\",\"code\":400}"
            + "|{\"error\":{\"message\":\"m\",\"type\":\"T\",\"param\":\"p\",\"code\":\"400\"}}",
        // TGI
        "{\"error\":\"m\",\"error_type\":\"validation\"}"
            + "|{\"error\":{\"message\":\"m\",\"type\":\"validation\",\"param\":null,\"code\":null}}",
        // FastAPI
        "{\"detail\":\"m\"}"
            + "|{\"error\":{\"message\":\"m\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}",
        // no JSON at all
        "<html>"
            + "|{\"error\":{\"message\":\"default\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}",
      })
  void body_ofEveryServersError_isInOpenAisForm(String given, String expected) {
    assertThat(normal(given)).isEqualTo(expected);
    assertThat(read(given).wellFormed()).isFalse();
  }

  @Test
  void body_ofALongPrompt_hasTheCodeThatSdksLookFor() {
    assertThat(
            normal(
                "{\"error\":{\"code\":400,\"message\":\"too"
                    + " long\",\"type\":\"exceed_context_size_error\","
                    + "\"n_prompt_tokens\":9,\"n_ctx\":8}}"))
        .contains("\"code\":\"context_length_exceeded\"");
  }

  @Test
  void wellFormed_ofOpenAisOwn_isTrue() {
    assertThat(
            read("{\"error\":{\"message\":\"m\",\"type\":\"t\",\"param\":null,\"code\":null}}")
                .wellFormed())
        .isTrue();
  }
}
