package io.penstock.gateway.endtoend;

import static io.penstock.gateway.endtoend.Ask.CHAT;
import static io.penstock.gateway.endtoend.Ask.COMPLETIONS;
import static io.penstock.gateway.endtoend.Ask.EMBEDDINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.RawServer;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.RawClient.Answer;
import io.penstock.gateway.testing.TestBed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The client's bytes arrive, and the answer's bytes come back: what was sent is compared with what
 * a server read and the other way round, byte by byte, but for the spans that the interface names.
 * In these texts {@code <<a=>b>>} is a span: {@code a} was sent and {@code b} arrives.
 */
final class BytesTest {
  private static final String KEY = TestBed.key("any");
  private static final String SERVED = "\"vendor/7B \\\"chat\\\"\"";
  private static final String SAY = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";
  private static final String WHOLE =
      "{\"id\":\"1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
          + "\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}";
  private static final String CONFIG =
      """
      server: {host: 127.0.0.1, port: 0, drain-timeout: 5s}
      admin: {host: 127.0.0.1, port: 0}
      tiers:
        any: {route: {simple: plain, medium: plain, complex: plain}, pools: [alias, edits]}
      keys:
        - {id: any, sha256: "${ANY}", tier: any, tenant: any}
      pools:
        plain:
          model: llama-2-7b
          served-model: 'vendor/7B "chat"'
          context-length: 1000000
          supports: {embeddings: true}
          backends: [{id: plain-1, url: "@raw"}]
        alias:
          model: llama-2-7b
          served-model: 'vendor/7B "chat"'
          response-model: alias
          supports: {embeddings: true}
          backends: [{id: alias-1, url: "@raw"}]
        edits:
          model: llama-2-7b
          served-model: 'vendor/7B "chat"'
          backends: [{id: edits-1, url: "@raw"}]
          set: {service_tier: default, seed: 7, stop: ["a", null]}
          remove: [user, logit_bias]
      """;

  private static RawServer server;
  private static volatile RawServer.Script script;
  private static TestBed bed;

  @BeforeAll
  static void start() throws Exception {
    server = RawServer.start(exchange -> script.answer(exchange));
    bed = TestBed.setup().url("raw", server.url()).config(CONFIG).start();
  }

  @AfterAll
  static void stop() throws Exception {
    bed.close();
    server.close();
  }

  @BeforeEach
  void answersAreWhole() {
    script = exchange -> exchange.json(200, WHOLE);
  }

  @AfterEach
  void nothingIsLost() {
    bed.assertNothingLost();
  }

  // Requests.

  private static void arrives(String path, String marked, String... headers) throws IOException {
    try (var client = new RawClient(bed.port())) {
      arrives(client, path, marked, headers);
    }
  }

  private static void arrives(RawClient client, String path, String marked, String... headers)
      throws IOException {
    var body = Marked.of(marked);
    int before = server.bodies().size();

    var answer = client.post(path, KEY, body.before(), headers).read();

    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(server.bodies()).hasSize(before + 1);
    assertThat(server.bodies().getLast()).isEqualTo(body.after());
  }

  private static String model(String sent) {
    return "\"model\":<<" + sent + "=>" + SERVED + ">>";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"x\":[1.0,1e3,-0,-0.0,1E+2,1e-7,0.10,12345678901234567890,1.5e400,0E0,0.1e+01]",
        "\"x\":1,\"x\":2,\"X\":3,\"x\":{\"x\":1,\"x\":1}",
        "\"temperature\":1.0,\"top_p\":1e0,\"n\":1,\"max_tokens\":100,\"max_tokens\":7",
        "\"\\u0078\":\"\\/\\b\\f\\n\\r\\t\\\"\\\\\\u00e9\\u00E9\\ud83d\\ude00\\u0000é😀\\u2028\"",
        "\"metadata\":{\"model\":\"auto\",\"stream\":true,\"stream_options\":{\"include_usage\":false}}",
        "\"metadata\":[{\"model\":null},[\"model\",\":\",\"}\"],{\"\":{}},[],{}]",
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"model\",\"parameters\":"
            + "{\"properties\":{\"model\":{\"type\":\"string\"},\"stream_options\":{}}}}}]",
        "\"stream\":false,\"stream_options\":{\"include_usage\":false}",
        "\"stream\":null,\"stream_options\":null",
        "\"\":1,\" model\":\"auto\",\"Model\":\"auto\",\"model \":\"auto\"",
        "\"unknown\":\"<|im_end|>\",\"vllm_xargs\":{\"a\":[true,false,null]},\"priority\":-3",
      })
  void request_withOddFields_arrivesButForTheModel(String fields) throws IOException {
    arrives(CHAT, "{" + model("\"plain\"") + "," + fields + "," + SAY + "}");
    arrives(CHAT, "{" + fields + "," + SAY + "," + model("\"auto\"") + "}");
    arrives(
        CHAT,
        "{<<=>\"model\":" + SERVED + ",>>" + fields + "," + SAY + "}",
        "x-penstock-pool: plain");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{<<=>\"model\":@,>>\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
        "{\"model\":<<null=>@>>,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
        "{\"model\":<<\"no"
            + " one's\"=>@>>,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"model\":<<\"pl\\u0061in\"=>@>>}",
        "{\"mod\\u0065l\":<<\"auto\"=>@>>,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
        " \t\r\n"
            + "{ \"model\" \n"
            + ":\t <<\"auto\"=>@>>\r"
            + " , \"messages\" : [ { \"role\":\"user\" , \"content\" :\"Hi\"} ] } \r\n"
            + "\t ",
        "\n"
            + "{<<=>\"model\":@,>>\n"
            + "  \"messages\": [\n"
            + "    {\"role\": \"user\", \"content\": \"Hi\"}\n"
            + "  ]\n"
            + "}\n",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"{\\\"model\\\":\\\"auto\\\"}\",\"model\":\"auto\",\"stream_options\":{}}],\"model\":<<\"auto\"=>@>>}",
        "{\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"model\\\":1}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":\"\"}],\"model\":<<\"auto\"=>@>>}",
      })
  void request_writtenOddly_arrivesButForTheModel(String body) throws IOException {
    arrives(CHAT, body.replace("@", SERVED));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<<=>\"stream_options\":{\"include_usage\":true},>>\"stream\":true",
        "\"stream\":true,\"stream_options\":{<<=>\"include_usage\":true>>}",
        "\"stream\":true,\"stream_options\":{<<=>\"include_usage\":true>> }",
        "\"stream\":true,\"stream_options\":{<<=>\"include_usage\":true,>>"
            + " \"include_obfuscation\":false}",
        "\"stream\":true,\"stream_options\":{\"include_usage\" : <<false=>true>>, \"x\":1e1}",
        "\"stream\":true,\"stream_options\":{\"include_usage\":<<true=>true>>}",
        "\"stream\":true,\"stream_options\":{\"include_usage\":<<null=>true>>,\"include_usage\":<<false=>true>>}",
        "\"stream_options\":<<null=>{\"include_usage\":true}>>,\"stream\":false,\"stream\":true",
        "\"stream_options\":{<<=>\"include_usage\":true,>>\"x\":{\"include_usage\":false}},\"stream\":true",
        "\"stream_options\":{<<=>\"include_usage\":true>>},\"stream\":true,\"stream_options\":{\"include\\u005fusage\":<<false=>true>>}",
      })
  void request_ofAStream_asksForUsageToo(String fields) throws IOException {
    script =
        exchange -> {
          exchange.events(
              "data: " + WHOLE.replace("message\"", "delta\"") + "\n\n", "data: [DONE]\n\n");
          exchange.lastChunk();
        };
    arrives(CHAT, "{" + fields + "," + model("\"auto\"") + "," + SAY + "}");
  }

  @Test
  void request_ofOtherKinds_arrivesButForTheModel() throws IOException {
    script = exchange -> exchange.json(200, "{\"object\":\"list\",\"data\":[]}");
    for (String input : List.of("\"a\"", "[\"a\",\"\\u0062\"]", "[1,2,3]", "[[1],[2, 3]]")) {
      arrives(EMBEDDINGS, "{" + model("\"auto\"") + ",\"stream\":true,\"input\":" + input + "}");
    }
    script = exchange -> exchange.json(200, "{\"choices\":[{\"index\":0,\"text\":\"a\"}]}");
    for (String prompt : List.of("\"a\"", "[\"a\", \"b\"]", "[ 1 ,2]")) {
      arrives(COMPLETIONS, "{" + model("\"auto\"") + ",\"suffix\":null,\"prompt\":" + prompt + "}");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{<<=>\"service_tier\":\"default\",\"seed\":7,\"stop\":[\"a\",null],>>\"model\":<<\"edits\"=>@>>,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
        "{<<\"user\":\"me\","
            + " =>\"service_tier\":\"default\",\"seed\":7,\"stop\":[\"a\",null],>>\"model\":<<\"edits\"=>@>>,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
        "{\"stop\":<<\"x\"=>[\"a\",null]>>,\"seed\":<<1e0=>7>>,\"service_tier\":<<null=>\"default\">>,\"model\":<<\"edits\"=>@>>,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]<<,\"user\":\"me\"=>>>}",
        "{\"stop\":<<\"x\"=>[\"a\",null]>>,\"seed\":<<1=>7>>,<<\"user\":{\"user\":1},=>>>\"seed\":<<2=>7>>,\"service_tier\":<<0=>\"default\">>,<<\"logit_bias\":{\"1\":-100},=>>>\"model\":<<\"edits\"=>@>>,\"messages\":[{\"role\":\"user\",\"user\":\"a\",\"seed\":1,\"content\":\"Hi\"}]<<,"
            + " \"user\":1,\"logit_bias\":null=>>> }",
      })
  void request_toAPoolThatSetsAndRemoves_arrivesEdited(String body) throws IOException {
    arrives(CHAT, body.replace("@", SERVED));
  }

  @Test
  void request_ofAnySize_arrives() throws IOException {
    try (var client = new RawClient(bed.port())) {
      for (int size : new int[] {100, 4_000, 32_000, 33_000, 70_000, 300_000, 3_000_000}) {
        arrives(
            client,
            CHAT,
            "{\"pad\":\"" + "p".repeat(size) + "\"," + model("\"plain\"") + "," + SAY + "}");
      }
    }
  }

  /** Requests made of odd pieces in any order, with white space of any kind between them. */
  @Test
  void request_ofRandomPieces_arrivesButForTheSpans() throws IOException {
    var random = new Random(20);
    try (var client = new RawClient(bed.port())) {
      for (int i = 0; i < 300; i++) {
        arrives(client, CHAT, Pieces.body(random, SERVED));
      }
    }
  }

  @Test
  void request_headers_carryNothingOfTheClients() throws IOException {
    arrives(
        CHAT,
        "{" + model("\"plain\"") + "," + SAY + "}",
        "Cookie: a=b",
        "X-Penstock-Pool: plain",
        "x-penstock-deadline-ms: 60000",
        "x-request-id: mine",
        "x-forwarded-for: 10.0.0.1");

    String head = server.heads().getLast().toLowerCase(Locale.ROOT);
    assertThat(head)
        .contains("\r\nx-request-id: mine\r\n", "\r\ncontent-type: application/json\r\n")
        .doesNotContain("authorization", "cookie", "x-penstock", "10.0.0.1", KEY);
  }

  // Answers.

  private static Answer ask(String pool, boolean stream, boolean usage) throws IOException {
    return ask(CHAT, pool, stream, usage);
  }

  private static Answer ask(String path, String pool, boolean stream, boolean usage)
      throws IOException {
    String options = usage ? ",\"stream_options\":{\"include_usage\":true}" : "";
    String asked = path.equals(CHAT) ? SAY : "\"prompt\":\"a\",\"input\":\"a\"";
    String body = "{\"model\":\"%s\",\"stream\":%b%s,%s}".formatted(pool, stream, options, asked);
    try (var client = new RawClient(bed.port())) {
      return client.post(path, KEY, body).read();
    }
  }

  /** Sends a head and then a chunked body, in pieces of any size. */
  private static RawServer.Script pieces(String head, String body, Random random) {
    return exchange -> {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.write("HTTP/1.1 200 OK\r\n" + head + "\r\nTransfer-Encoding: chunked\r\n\r\n");
      int at = 0;
      while (at < bytes.length) {
        int length = Math.min(bytes.length - at, 1 + random.nextInt(random.nextInt(1, 90)));
        exchange.write(Integer.toHexString(length) + "\r\n");
        exchange.out().write(bytes, at, length);
        exchange.write("\r\n");
        at += length;
      }
      exchange.lastChunk();
    };
  }

  private static final String MODEL_OF_ANSWER = "<<\"vendor/7B\"=>\"llama-2-7b\">>";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\":@,\"choices\":[{\"message\":{\"content\":\"Hi\",\"model\":\"inner\"}}],\"usage\":null}",
        " {\n"
            + "\t\"usage\" : {\"prompt_tokens\":1.0e0, \"completion_tokens\" :"
            + " 5,\"total_tokens\":6},\r\n"
            + " \"choices\" : [ ],\"x\":[1E+2,-0,\"\\u0078é😀\"] , \"model\" : @ }\n",
        "{\"choices\":[{\"text\":\"\\\"model\\\":\\\"vendor\\\"\"}],\"model\":@}",
        "{\"choices\":[],\"metadata\":{\"model\":\"m\",\"choices\":{}},\"model\":@,\"y\":0.10}",
      })
  void answer_whole_comesBack_butForTheModelUnderAnAlias(String text) throws IOException {
    var random = new Random(text.length());
    var answer = Marked.of(text.replace("@", MODEL_OF_ANSWER));
    for (String type : List.of("application/json", "application/json; charset=utf-8")) {
      script = pieces("Content-Type: " + type, answer.before(), random);

      assertThat(ask("plain", false, false).text()).isEqualTo(answer.before());
      var aliased = ask("alias", false, false);
      assertThat(aliased.text()).isEqualTo(answer.after());
      assertThat(aliased.header("content-type")).isEqualTo(type);
    }
  }

  @Test
  void answer_withoutAModel_comesBack() throws IOException {
    String body = "{\"choices\":[{\"message\":{\"content\":\"Hi\"}}]}";
    script = exchange -> exchange.json(200, body);
    for (String pool : List.of("plain", "alias")) {
      assertThat(ask(pool, false, false).text()).isEqualTo(body);
    }
  }

  @Test
  void answer_ofEmbeddings_comesBack() throws IOException {
    var body =
        Marked.of(
            ("{\"object\":\"list\",\"model\":@,\"data\":[{\"embedding\":[1e-3,-0.0,0.10]}],"
                    + "\"usage\":{\"prompt_tokens\":1,\"total_tokens\":1}}")
                .replace("@", MODEL_OF_ANSWER));
    script = exchange -> exchange.json(200, body.before());

    assertThat(ask(EMBEDDINGS, "plain", false, false).text()).isEqualTo(body.before());
    assertThat(ask(EMBEDDINGS, "alias", true, false).text()).isEqualTo(body.after());
  }

  @Test
  void answer_thatIsAnError_comesBackAsItWasWritten() throws IOException {
    String body =
        "{ \"error\":{\"message\":\"No.\\u0021\", \"type\":\"invalid_request_error\",\"param\":null"
            + " ,\"code\":\"nope\"}}";
    script = exchange -> exchange.json(422, body);

    var answer = ask("alias", false, false);
    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.text()).isEqualTo(body);
  }

  private static final List<String> FRAMES =
      List.of(
          "data:"
              + " {\"id\":\"1\",\"model\":@,\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
          ": a comment\n\n",
          "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\\"model\\\":\\\"x\\\""
              + " é\\u0021😀\"},\"logprobs\":null}] , \"model\" : @, \"n\":[1.0,-0,1E+2]}\n\n",
          "event: message\n"
              + "id: 7\n"
              + "data: {\"model\":@,\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
              + " b\"}}],\"usage\":null}\n\n",
          "data:{\"usage\":null,\"choices\":[{\"index\":0,\"delta\":{\"model\":\"inner\",\"content\":\"c\"}}],\"model\":@}\n\n",
          "retry: 100\n\n",
          "data:"
              + " {\"model\":@,\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
          "data:"
              + " {\"model\":@,\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}}\n\n",
          "data: [DONE]\n\n");

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stream_comesBack_butForTheModelUnderAnAlias(boolean carriageReturns) throws IOException {
    String frames = String.join("", FRAMES).replace("@", MODEL_OF_ANSWER);
    var stream = Marked.of(carriageReturns ? frames.replace("\n", "\r\n") : frames);
    var random = new Random(5);
    for (int i = 0; i < 20; i++) {
      script = pieces("Content-Type: text/event-stream", stream.before(), random);

      assertThat(ask("plain", true, true).text()).isEqualTo(stream.before());
      assertThat(ask("alias", true, true).text()).isEqualTo(stream.after());
    }
  }

  @Test
  void stream_toAClientThatAskedForNoUsage_comesBackWithoutIt() throws IOException {
    String frames = String.join("", FRAMES);
    String wanted =
        frames
            .replace(FRAMES.get(7), "")
            .replace(",\"usage\":null", "")
            .replace("\"usage\":null,", "");
    var random = new Random(6);
    for (int i = 0; i < 20; i++) {
      script =
          pieces("Content-Type: text/event-stream", frames.replace("@", "\"vendor/7B\""), random);

      assertThat(ask("plain", true, false).text()).isEqualTo(wanted.replace("@", "\"vendor/7B\""));
      assertThat(ask("alias", true, false).text()).isEqualTo(wanted.replace("@", "\"llama-2-7b\""));
    }
  }

  /** Pieces of requests. */
  private static final class Pieces {
    private static final List<String> BLANKS = List.of("", "", "", " ", "\n", "\t ", " \r\n  ");
    private static final List<String> VALUES =
        List.of(
            "0",
            "-0",
            "1.0",
            "1e3",
            "1E+2",
            "-1.5e-7",
            "123456789012345678901234567890",
            "true",
            "false",
            "null",
            "\"\"",
            "\"\\u00e9\\n\\\"\"",
            "\"é😀\"",
            "[]",
            "{}",
            "[ 1 , [ ] ]",
            "{\"model\":\"auto\",\"model\":1}",
            "{\"stream_options\":{\"include_usage\":false}}",
            "\"\\\\\"",
            "\"}\"",
            "[\"a\",{\"b\":[null]}]");
    private static final List<String> NAMES =
        List.of(
            "x", "x", "", "Model", "models", "\\u0078", "metadata", "é", "a\\\"b", "stream_option");

    /** With a model or without, of a stream or not. */
    static String body(Random random, String served) {
      List<String> fields = new ArrayList<>();
      for (int i = random.nextInt(6); i > 0; i--) {
        fields.add(field(random, "\"" + one(random, NAMES) + "\"", one(random, VALUES)));
      }
      fields.add(SAY);
      int models = random.nextInt(3);
      for (int i = 0; i < models; i++) {
        String name = random.nextBoolean() ? "\"model\"" : "\"m\\u006fdel\"";
        String sent = random.nextBoolean() ? "\"auto\"" : "null";
        fields.add(field(random, name, "<<" + sent + "=>" + served + ">>"));
      }
      Collections.shuffle(fields, random);
      String comma = one(random, BLANKS) + "," + one(random, BLANKS);
      String inserted = models == 0 ? "<<=>\"model\":" + served + ",>>" : "";
      return one(random, BLANKS)
          + "{"
          + inserted
          + one(random, BLANKS)
          + String.join(comma, fields)
          + one(random, BLANKS)
          + "}"
          + one(random, BLANKS);
    }

    private static String field(Random random, String name, String value) {
      return name + one(random, BLANKS) + ":" + one(random, BLANKS) + value;
    }

    private static String one(Random random, List<String> texts) {
      return texts.get(random.nextInt(texts.size()));
    }
  }
}
