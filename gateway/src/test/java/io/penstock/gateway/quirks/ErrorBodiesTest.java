package io.penstock.gateway.quirks;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.quirks.ScriptedServer.Script;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.Shapes;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The errors of model servers, in all their spellings, become those of the OpenAI API. */
class ErrorBodiesTest {
  private static ScriptedServer server;
  private static Bed bed;

  @BeforeAll
  static void start() throws Exception {
    server = ScriptedServer.start(Script.always(""));
    bed =
        Bed.start(
            Bed.pool("p", "", server.url()),
            Bed.pool("limited", "", server.url()),
            Bed.pool("wide", "", server.url()).replace("4096", "4000000"));
  }

  @AfterAll
  static void stop() throws Exception {
    bed.close();
    server.close();
  }

  @AfterEach
  void nothingIsHeld() {
    bed.requireSettled();
  }

  /** What a server says, and what its client is told: status, type, code, a part of the message. */
  static List<Arguments> clients() {
    return List.of(
        Arguments.of(
            "vLLM",
            400,
            "{'error':{'message':'This model\\'s maximum context length is 4096 tokens.',"
                + "'type':'BadRequestError','param':'input_tokens','code':400}}",
            "400|BadRequestError|context_length_exceeded|maximum context length"),
        Arguments.of(
            "vLLM of old, flat",
            400,
            "{'object':'error','message':'top_p must be in (0, 1]','type':'BadRequestError',"
                + "'param':null,'code':400}",
            "400|BadRequestError|400|top_p must be"),
        Arguments.of(
            "llama.cpp",
            400,
            "{'error':{'code':400,'message':'bad grammar','type':'invalid_request_error'}}",
            "400|invalid_request_error|400|bad grammar"),
        Arguments.of(
            "llama.cpp, a prompt too long",
            400,
            "{'error':{'code':400,'message':'the request exceeds the available context size',"
                + "'type':'exceed_context_size_error','n_prompt_tokens':9,'n_ctx':8}}",
            "400|exceed_context_size_error|context_length_exceeded|context size"),
        Arguments.of(
            "llama.cpp, 500 to broken JSON",
            500,
            "{'error':{'code':500,'message':'[json.exception.parse_error.101] parse error',"
                + "'type':'server_error'}}",
            "400|invalid_request_error|null|parse error"),
        Arguments.of(
            "llama.cpp, 500 to an image",
            500,
            "{'error':{'code':500,'message':'image input is not supported','type':'server_error'}}",
            "400|invalid_request_error|null|image input"),
        Arguments.of(
            "llama.cpp, 501",
            501,
            "{'error':{'code':501,'message':'This server does not support embeddings.',"
                + "'type':'not_supported_error'}}",
            "400|invalid_request_error|null|embeddings"),
        Arguments.of(
            "TGI, a bad parameter",
            422,
            "{'error':'Input validation error: `temperature` must be positive',"
                + "'error_type':'validation'}",
            "422|validation|null|Input validation error"),
        Arguments.of(
            "TGI, busy",
            429,
            "{'error':'Model is overloaded','error_type':'overloaded'}",
            "429|overloaded|null|Model is overloaded"),
        Arguments.of(
            "FastAPI, a text",
            422,
            "{'detail':'body is wrong'}",
            "422|invalid_request_error|null|body is wrong"),
        Arguments.of(
            "FastAPI, a list",
            422,
            "{'detail':[{'loc':['body','n'],'msg':'must be 1 or more','type':'value_error'}]}",
            "422|invalid_request_error|null|must be 1 or more"),
        Arguments.of(
            "OpenAI",
            400,
            "{'error':{'message':'Unsupported parameter','type':'invalid_request_error',"
                + "'param':'max_tokens','code':'unsupported_parameter'}}",
            "400|invalid_request_error|unsupported_parameter|Unsupported parameter"),
        Arguments.of(
            "an error as text alone", 400, "{'error':'no'}", "400|invalid_request_error|null|no"),
        Arguments.of("a bare 400", 400, "", "400|invalid_request_error|null|refused the request"),
        Arguments.of(
            "a bare 413", 413, "<html>large", "413|invalid_request_error|null|refused the request"),
        Arguments.of(
            "a bare 415", 415, "nope", "415|invalid_request_error|null|refused the request"),
        Arguments.of(
            "LiteLLM, None for null",
            400,
            "{'error':{'message':'bad','type':'None','param':'None','code':'400'}}",
            "400|invalid_request_error|400|bad"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("clients")
  void clientsFault_isTheClientsAnswer_andNotHeldAgainstTheBackend(
      String who, int status, String body, String told) throws Exception {
    server.plays(Script.always(Say.json(status, body.replace('\'', '"').replace("\\\"", "'"))));

    for (var question : List.of(Say.WHOLE, Say.STREAM)) {
      var answer = bed.ask("p", question);
      requireTold(answer.answer(), told.split("\\|"));
      assertThat(answer.books().answered()).isEqualTo(1);
      assertThat(answer.books().failed() + answer.books().completionTokens()).isZero();
      assertThat(bed.failures("p")).isZero();
      assertThat(server.requests()).hasSizeLessThanOrEqualTo(2);
    }
  }

  /** Those whose text says what status they would have. */
  static List<Arguments> clientsByTheirText() {
    return clients().stream()
        .filter(one -> one.get()[2].toString().contains("'code':" + one.get()[1]))
        .toList();
  }

  /** Those that a stream can tell from its chunks. */
  static List<Arguments> errorsByTheirText() {
    return clients().stream().filter(one -> one.get()[2].toString().contains("'error'")).toList();
  }

  /** The same inside a 200, before the first word: as whole and as the first frame of a stream. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("clientsByTheirText")
  void clientsFault_insideA200_isTheClientsAnswer(String who, int status, String body, String told)
      throws Exception {
    String json = body.replace('\'', '"').replace("\\\"", "'");
    server.plays(Script.always(Say.json(200, json)));
    requireTold(bed.ask("p", Say.WHOLE).answer(), told.split("\\|"));
    server.plays(Script.always(Say.wholeStream(Say.ROLE, Say.frame(json))));
    requireTold(bed.ask("p", Say.STREAM).answer(), told.split("\\|"));
    assertThat(bed.failures("p")).isZero();
  }

  private static void requireTold(RawClient.Answer answer, String... told) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(Integer.parseInt(told[0]));
    assertThat(answer.header("content-type")).startsWith("application/json");
    var error = Shapes.ERROR.check(answer.text()).path("error");
    assertThat(error.path("type").asText()).isEqualTo(told[1]);
    assertThat(error.path("code").isNull() ? "null" : error.path("code").asText())
        .isEqualTo(told[2]);
    assertThat(error.path("message").asText()).contains(told[3]);
  }

  @Test
  void errorOfTheRightShape_passesByteForByte() throws Exception {
    String body =
        "{ \"error\" : {\"message\":\"caf\\u00e9\",\"type\":\"invalid_request_error\","
            + " \"param\":null,\"code\":\"x\"}}\n";
    server.plays(Script.always(Say.json(400, body)));

    assertThat(bed.ask("p", Say.WHOLE).text()).isEqualTo(body);
  }

  @Test
  void tooManyRequests_passesOnWithWhenToComeAgain() throws Exception {
    String body =
        "{\"error\":{\"message\":\"slow\",\"type\":\"tokens\",\"param\":null,\"code\":\"rate_limit_exceeded\"}}";
    server.plays(
        Script.always(
            Say.answer(429, "Content-Type: application/json\r\nRetry-After: 7\r\n", body)));

    var told = bed.ask("limited", Say.STREAM);

    assertThat(told.status()).isEqualTo(429);
    assertThat(told.text()).isEqualTo(body);
    assertThat(told.answer().header("retry-after")).isEqualTo("7");
    assertThat(told.answer().header("retry-after-ms")).isEqualTo("7000");
    assertThat(bed.failures("limited")).isZero();
  }

  @Test
  void tooManyRequests_withADateOrNothing_stillSaysWhenToComeAgain() throws Exception {
    for (var header :
        List.of("Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n", "", "Retry-After: soon\r\n")) {
      server.plays(Script.always(Say.answer(429, header, "")));

      var told = bed.ask("p", Say.WHOLE);

      assertThat(told.status()).isEqualTo(429);
      Shapes.ERROR.check(told.text());
      assertThat(Long.parseLong(told.answer().header("retry-after"))).isPositive();
    }
  }

  static List<Arguments> servers() {
    return List.of(
        Arguments.of(
            401,
            "{'error':{'message':'Incorrect API key provided:"
                + " sk-upstream','type':'x','param':null,'code':'y'}}"),
        Arguments.of(403, "{'error':'Forbidden'}"),
        Arguments.of(
            404,
            "{'error':{'message':'The model m does not"
                + " exist','type':'NotFoundError','param':'model','code':404}}"),
        Arguments.of(405, "{'detail':'Method Not Allowed'}"),
        Arguments.of(408, ""),
        Arguments.of(424, "{'error':'Request failed during generation','error_type':'generation'}"),
        Arguments.of(
            500,
            "{'error':{'message':'CUDA out of"
                + " memory','type':'InternalServerError','param':null,'code':500}}"),
        Arguments.of(502, "<html>Bad Gateway"),
        Arguments.of(
            503, "{'error':{'code':503,'message':'Loading model','type':'unavailable_error'}}"),
        Arguments.of(
            529, "{'type':'error','error':{'type':'overloaded_error','message':'Overloaded'}}"));
  }

  /** The client learns the status, and nothing of what the server wrote. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("servers")
  void serversFault_is502_andIsHeldAgainstTheBackend(int status, String body) throws Exception {
    server.plays(Script.always(Say.json(status, body.replace('\'', '"'))));

    for (var question : List.of(Say.WHOLE, Say.STREAM)) {
      int before = bed.failures("p");
      var answer = bed.ask("p", question);
      requireTold(answer.answer(), "502", "api_error", "upstream_error", "status " + status);
      answer.books().requireFailed();
      assertThat(bed.failures("p")).isEqualTo(before + 1);
    }
    server.plays(Script.always(Say.json(200, Say.CHAT)));
    bed.ask("p", Say.WHOLE).books().requireAnswered();
    assertThat(bed.failures("p")).isZero();
  }

  /** As the error of a stream that has begun, with the model server's words in OpenAI's shape. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("errorsByTheirText")
  void errorAfterTheFirstWord_isTheLastFrame(String who, int status, String body, String told)
      throws Exception {
    String json = body.replace('\'', '"').replace("\\\"", "'");
    server.plays(
        Script.always(Say.wholeStream(Say.ROLE, Say.HEL, Say.LO, Say.frame(json), Say.DONE)));

    var answer = bed.ask("p", Say.STREAM);

    assertThat(answer.status()).isEqualTo(200);
    BrokenAnswersTest.requireErrorAtEnd(answer.text());
    assertThat(answer.text()).contains(told.split("\\|")[3]);
    assertThat(answer.books().failed()).isEqualTo(1);
    assertThat(answer.books().broken()).isEqualTo(1);
    assertThat(answer.books().completionTokens()).isEqualTo(2);
  }

  static List<Arguments> early() {
    return List.of(
        Arguments.of(400, "400"),
        Arguments.of(413, "413"),
        Arguments.of(401, "502|status 401"),
        Arguments.of(404, "502|status 404"));
  }

  /** The answer counts, not that the rest of the body cannot be written. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("early")
  void answeredBeforeTheBodyIsRead_isStillTheAnswer(int status, String told) throws Exception {
    String large = Say.WHOLE.replace("\"hi\"", "\"" + "word ".repeat(400_000) + "\"");
    String answer =
        Say.answer(
            status,
            "Content-Type: application/json\r\nConnection: close\r\n",
            "{\"error\":{\"code\":"
                + status
                + ",\"message\":\"no\",\"type\":\"invalid_request_error\"}}");
    for (boolean abrupt : new boolean[] {false, true}) {
      server.plays(wire -> {
        wire.head();
        wire.send(answer);
        if (!abrupt) {
          wire.finish();
        }
      });

      var answered = bed.ask("wide", large);

      assertThat(answered.status())
          .as(answered.text())
          .isEqualTo(Integer.parseInt(told.split("\\|")[0]));
      Shapes.ERROR.check(answered.text());
      assertThat(answered.text()).contains(told.contains("|") ? told.split("\\|")[1] : "\"no\"");
    }
  }
}
