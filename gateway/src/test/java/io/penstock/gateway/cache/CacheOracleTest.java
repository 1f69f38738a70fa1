package io.penstock.gateway.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.Cache;
import io.penstock.config.Pool;
import io.penstock.config.Tier;
import io.penstock.gateway.accept.ScannedBodies;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Directives;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.ScannedBody;
import io.penstock.gateway.testing.TestBed;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The oracle: pairs of bodies that must share an entry, and pairs that must not. Single quotes
 * stand for double ones.
 */
class CacheOracleTest {
  private static final Pool POOL = TestBed.parse(config("")).pools().get("p");
  private static final Tier TIER = TestBed.parse(config("")).tiers().get("any");
  private static final Caller ACME = new Caller("a", "acme", TIER);

  private static String config(String more) {
    return """
    server: {host: 127.0.0.1, port: 0}
    admin: {host: 127.0.0.1, port: 0}
    tiers:
      any:
        route: {simple: p, medium: p, complex: p}
    keys:
      - {id: k, sha256: "%s", tier: any, tenant: t}
    pools:
      p: {model: llama-2-7b, context-length: 4096, backends: [{id: p-1, url: "http://127.0.0.1:1"}]%s}
    """
        .formatted("a".repeat(64), more);
  }

  private static Cache cache(Cache.Scope scope, String version) {
    return new Cache(1 << 20, Duration.ofHours(1), scope, Cache.When.ALWAYS, false, version);
  }

  private static CacheKey key(String body) {
    return key(Operation.CHAT_COMPLETIONS, body, ACME, POOL, cache(Cache.Scope.TENANT, ""));
  }

  private static CacheKey key(
      Operation operation, String body, Caller caller, Pool pool, Cache config) {
    byte[] bytes = body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    ScannedBody scanned = ScannedBodies.of(bytes, operation);
    return CacheKey.of(
        new Call("id", 0, operation, null, Directives.NONE, scanned), caller, pool, config);
  }

  private static String chat(String more) {
    return "{'messages':[{'role':'user','content':'hi'}]"
        + (more.isEmpty() ? "" : "," + more)
        + "}";
  }

  private static String says(String content) {
    return "{'messages':[{'role':'user','content':'" + content + "'}]}";
  }

  private static String[] pair(String a, String b) {
    return new String[] {a, b};
  }

  // Pairs that share.

  private static List<String[]> same() {
    List<String[]> pairs = new ArrayList<>();
    numbers(pairs);
    spellings(pairs);
    ignored(pairs);
    orders(pairs);
    spaces(pairs);
    return pairs;
  }

  private static void numbers(List<String[]> pairs) {
    String[][] equal = {
      {"1", "1.0"},
      {"1", "1e0"},
      {"1", "1E0"},
      {"1", "1e+0"},
      {"1", "1e-0"},
      {"1", "10e-1"},
      {"1", "0.1e1"},
      {"1", "1.00000"},
      {"1", "100e-2"},
      {"1", "0.001E3"},
      {"0", "0.0"},
      {"0", "0e5"},
      {"0", "0.000e-7"},
      {"-0", "-0.0"},
      {"-0", "-0e3"},
      {"100", "1e2"},
      {"100", "1.0E2"},
      {"100", "100.0"},
      {"120", "12e1"},
      {"0.7", "7e-1"},
      {"0.7", "0.70"},
      {"0.7", "0.07e1"},
      {"-1.5", "-15e-1"},
      {"-1.5", "-1.50"},
      {"1e100", "10e99"},
      {"123456789012345678901234567890", "1.2345678901234567890123456789e29"},
      {"0.1", "1e-1"},
      {"1e-7", "0.0000001"},
      {"5e-324", "0.5e-323"},
      {"10", "1e1"}
    };
    for (String[] two : equal) {
      pairs.add(pair(chat("'x_unknown':" + two[0]), chat("'x_unknown':" + two[1])));
      pairs.add(
          pair(
              chat("'logit_bias':{'5':" + two[0] + "}"),
              chat("'logit_bias':{'5':" + two[1] + "}")));
      pairs.add(pair(chat("'list':[" + two[0] + ",2]"), chat("'list':[" + two[1] + ",2.0]")));
    }
  }

  private static void spellings(List<String[]> pairs) {
    String[][] equal = {
      {"é", "\\u00e9"},
      {"é", "\\u00E9"},
      {"a", "\\u0061"},
      {"/", "\\/"},
      {"\\n", "\\u000a"},
      {"\\n", "\\u000A"},
      {"\\t", "\\u0009"},
      {"\\b", "\\u0008"},
      {"\\f", "\\u000c"},
      {"\\r", "\\u000d"},
      {"\\\\", "\\u005c"},
      {"\\\"", "\\u0022"},
      {"😀", "\\ud83d\\ude00"},
      {"😀", "\\uD83D\\uDE00"},
      {"中文", "\\u4e2d\\u6587"},
      {"ß", "\\u00df"},
      {"\\u0000", "\\u0000"},
      {"\u007f", "\\u007f"},
      {"€", "\\u20ac"},
      {"a b", "a\\u0020b"},
      {"<b>", "\\u003cb\\u003e"},
      {"\u2028", "\\u2028"},
      {"e\u0301", "e\\u0301"}
    };
    for (String[] two : equal) {
      pairs.add(pair(says(two[0]), says(two[1])));
      pairs.add(pair(says("x " + two[0] + " y"), says("x " + two[1] + " y")));
      pairs.add(pair(chat("'stop':['" + two[0] + "']"), chat("'stop':['" + two[1] + "']")));
      pairs.add(pair(chat("'" + two[0] + "':1"), chat("'" + two[1] + "':1")));
    }
    pairs.add(pair(chat(""), "{'m\\u0065ssages':[{'rol\\u0065':'user','content':'hi'}]}"));
    pairs.add(pair(chat("'us\\u0065r':'a'"), chat("")));
  }

  private static void ignored(List<String[]> pairs) {
    for (String value : List.of("true", "false")) {
      pairs.add(pair(chat(""), chat("'stream':" + value)));
      pairs.add(pair(chat(""), chat("'store':" + value)));
    }
    pairs.add(pair(chat("'stream':true"), chat("'stream':false")));
    pairs.add(
        pair(chat("'stream':true"), chat("'stream':true,'stream_options':{'include_usage':true}")));
    for (String field :
        List.of(
            "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "model")) {
      pairs.add(pair(chat(""), chat("'" + field + "':'a'")));
      pairs.add(pair(chat("'" + field + "':'a'"), chat("'" + field + "':'b'")));
      pairs.add(pair(chat("'" + field + "':'a','" + field + "':'b'"), chat("")));
    }
    pairs.add(pair(chat(""), chat("'metadata':{'a':'b'}")));
    pairs.add(pair(chat("'metadata':{'a':'c'}"), chat("'metadata':{'a':'b'}")));
    pairs.add(pair(chat("'priority':1"), chat("'priority':2")));
  }

  private static void orders(List<String[]> pairs) {
    String[] fields = {"'temperature':0", "'top_p':0.5", "'n':1", "'max_tokens':9", "'seed':4"};
    for (int i = 0; i < fields.length; i++) {
      for (int j = i + 1; j < fields.length; j++) {
        pairs.add(pair(chat(fields[i] + "," + fields[j]), chat(fields[j] + "," + fields[i])));
        pairs.add(
            pair(
                chat(fields[i] + "," + fields[j]),
                "{"
                    + fields[j]
                    + ",'messages':[{'content':'hi','role':'user'}],"
                    + fields[i]
                    + "}"));
      }
    }
    pairs.add(pair(chat(""), "{'messages':[{'content':'hi','role':'user'}]}"));
    pairs.add(pair(chat("'logit_bias':{'1':2,'3':4}"), chat("'logit_bias':{'3':4,'1':2}")));
    pairs.add(
        pair(
            chat("'response_format':{'type':'json_schema','json_schema':{'name':'n','schema':{}}}"),
            chat(
                "'response_format':{'json_schema':{'schema':{},'name':'n'},'type':'json_schema'}")));
    pairs.add(
        pair(
            chat("'tools':[{'type':'function','function':{'name':'f','parameters':{'a':1}}}]"),
            chat("'tools':[{'function':{'parameters':{'a':1},'name':'f'},'type':'function'}]")));
    pairs.add(
        pair(
            "{'messages':[{'role':'user','content':[{'type':'text','text':'a'}]}]}",
            "{'messages':[{'content':[{'text':'a','type':'text'}],'role':'user'}]}"));
    pairs.add(pair(chat("'x':{'a':{'c':1,'b':2}}"), chat("'x':{'a':{'b':2,'c':1}}")));
    pairs.add(pair(chat("'a':1,'ab':2,'b':3"), chat("'b':3,'ab':2,'a':1")));
  }

  private static void spaces(List<String[]> pairs) {
    String plain = chat("'temperature':0,'stop':['a','b'],'x':{}");
    for (String blank : List.of(" ", "\n", "\t", "\r\n", " \n\t ")) {
      StringBuilder spaced = new StringBuilder();
      boolean inside = false;
      for (char c : plain.toCharArray()) {
        inside ^= c == '\'';
        boolean structure = !inside && "{}[]:,".indexOf(c) >= 0;
        spaced.append(structure ? blank + c + blank : String.valueOf(c));
      }
      pairs.add(pair(plain, spaced.toString()));
    }
  }

  // Pairs that do not.

  private static List<String[]> different() {
    List<String[]> pairs = new ArrayList<>();
    contents(pairs);
    parameters(pairs);
    structures(pairs);
    return pairs;
  }

  private static void contents(List<String[]> pairs) {
    String[][] unequal = {
      {"é", "e\u0301"},
      {"é", "e"},
      {"hi", "Hi"},
      {"hi", "hi "},
      {"hi", " hi"},
      {"hi", "hi\\n"},
      {"a b", "a  b"},
      {"a", "\u0430"},
      {"1", "1.0"},
      {"", " "},
      {"\u00c5", "\u212b"},
      {"ﬁ", "fi"},
      {"a\\tb", "a b"},
      {"\\\\n", "\\n"},
      {"\\u0000", ""},
      {"x\u200b", "x"},
      {"\\r\\n", "\\n"},
      {"“a”", "\\\"a\\\""},
      {"½", "1/2"},
      {"ß", "ss"},
      {"İ", "I"},
      {"😀", "😁"}
    };
    for (String[] two : unequal) {
      pairs.add(pair(says(two[0]), says(two[1])));
      pairs.add(
          pair(
              "{'messages':[{'role':'system','content':'"
                  + two[0]
                  + "'},{'role':'user','content':'a'}]}",
              "{'messages':[{'role':'system','content':'"
                  + two[1]
                  + "'},{'role':'user','content':'a'}]}"));
      pairs.add(pair(chat("'stop':'" + two[0] + "'"), chat("'stop':'" + two[1] + "'")));
    }
    String user = "{'role':'user','content':'hi'}";
    String system = "{'role':'system','content':'be brief'}";
    pairs.add(pair(messages(user), messages(system, user)));
    pairs.add(pair(messages(system, user), messages(user, system)));
    pairs.add(pair(messages(user), messages(user, user)));
    for (String role : List.of("system", "assistant", "developer")) {
      pairs.add(pair(messages(user), messages(user.replace("user", role))));
    }
    pairs.add(pair(messages(user), messages("{'role':'user','content':'hi','name':'bob'}")));
    pairs.add(
        pair(messages(user), messages("{'role':'user','content':[{'type':'text','text':'hi'}]}")));
    pairs.add(pair(image("AAAA", "low"), image("AAAB", "low")));
    pairs.add(pair(image("AAAA", "low"), image("AAAA", "high")));
    pairs.add(pair(image("AAAA", "low"), messages(user)));
  }

  private static String messages(String... messages) {
    return "{'messages':[" + String.join(",", messages) + "]}";
  }

  private static String image(String data, String detail) {
    return messages(
        "{'role':'user','content':[{'type':'text','text':'hi'},{'type':'image_url','image_url':"
            + "{'url':'data:image/png;base64,"
            + data
            + "','detail':'"
            + detail
            + "'}}]}");
  }

  private static void parameters(List<String[]> pairs) {
    String[][] fields = {
      {"temperature", "0", "0.1"},
      {"temperature", "0", "-0"},
      {"temperature", "0.7", "0.70001"},
      {"top_p", "1", "0.9"},
      {"n", "1", "2"},
      {"seed", "1", "2"},
      {"max_tokens", "10", "11"},
      {"max_tokens", "1", "10"},
      {"max_completion_tokens", "10", "100"},
      {"presence_penalty", "0", "1"},
      {"frequency_penalty", "0", "1"},
      {"logprobs", "true", "false"},
      {"top_logprobs", "1", "2"},
      {"logit_bias", "{'1':2}", "{'2':1}"},
      {"stop", "'a'", "['a']"},
      {"stop", "['a','b']", "['b','a']"},
      {"response_format", "{'type':'text'}", "{'type':'json_object'}"},
      {"tool_choice", "'auto'", "'none'"},
      {"parallel_tool_calls", "true", "false"},
      {"reasoning_effort", "'low'", "'high'"},
      {"service_tier", "'auto'", "'flex'"},
      {"modalities", "['text']", "['text','audio']"},
      {"verbosity", "'low'", "'high'"},
      {"web_search_options", "{}", "{'a':1}"},
      {"top_k", "1", "2"},
      {"min_p", "0", "0.1"},
      {"repetition_penalty", "1", "1.1"},
      {"guided_json", "{}", "{'a':1}"},
      {"guided_regex", "'a'", "'b'"},
      {"guided_choice", "['a','b']", "['b','a']"},
      {"ignore_eos", "true", "false"},
      {"min_tokens", "0", "1"},
      {"skip_special_tokens", "true", "false"},
      {"add_generation_prompt", "true", "false"},
      {"chat_template", "'a'", "'b'"},
      {"chat_template_kwargs", "{'enable_thinking':true}", "{'enable_thinking':false}"},
      {"cache_salt", "'a'", "'b'"},
      {"length_penalty", "1", "2"},
      {"prediction", "{}", "{'a':'b'}"},
      {"x_unknown", "1", "2"},
      {"x_unknown", "'1'", "1"},
      {"x_unknown", "true", "'true'"},
      {"x_unknown", "null", "'null'"},
      {"x_unknown", "null", "0"},
      {"x_unknown", "[]", "{}"},
      {"x_unknown", "[1,2]", "[2,1]"},
      {"x_unknown", "[[1],2]", "[1,[2]]"},
      {"x_unknown", "[1]", "1"},
      {"x_unknown", "9007199254740993", "9007199254740992"},
      {"x_unknown", "12", "[1,2]"},
      {"x_unknown", "0.1", "0.10000000000000000001"},
      {"x_unknown", "1e400", "1e401"},
      {"x_unknown", "1e-5", "1e5"},
      {"x_unknown", "-1", "1"},
      {"x_unknown", "10", "100"},
      {"x_unknown", "1e999999999999999999", "1e999999999999999998"}
    };
    for (String[] field : fields) {
      String name = "'" + field[0] + "':";
      pairs.add(pair(chat(name + field[1]), chat(name + field[2])));
      pairs.add(pair(chat(""), chat(name + field[1])));
      pairs.add(pair(chat(""), chat(name + field[2])));
    }
    pairs.add(pair(chat(""), chat("'temperature':null")));
    pairs.add(pair(chat("'Temperature':0"), chat("'temperature':0")));
    pairs.add(pair(chat("'a':1,'b':2"), chat("'a':2,'b':1")));
    pairs.add(pair(chat("'x':{'user':'a'}"), chat("'x':{'user':'b'}")));
    pairs.add(pair(chat("'x':{'stream':true}"), chat("'x':{'stream':false}")));
  }

  private static void structures(List<String[]> pairs) {
    pairs.add(pair(chat("'a':1,'a':2"), chat("'a':2,'a':1")));
    pairs.add(pair(chat("'a':1,'a':2"), chat("'a':2")));
    pairs.add(pair(chat("'a':1,'a':1"), chat("'a':1")));
    pairs.add(pair(chat("'x':{'a':1,'a':2}"), chat("'x':{'a':2,'a':1}")));
    pairs.add(pair(chat("'temperature':0,'temperature':1"), chat("'temperature':1")));
    String f = "{'type':'function','function':{'name':'f','parameters':%s}}";
    String properties = "{'type':'object','properties':{'a':{},'b':{}}}";
    String swapped = "{'type':'object','properties':{'b':{},'a':{}}}";
    pairs.add(pair(tools(f.formatted(properties)), tools(f.formatted(swapped))));
    pairs.add(pair(tools(f.formatted("{'max':1}")), tools(f.formatted("{'max':1.0}"))));
    pairs.add(pair(tools(f.formatted("{}")), chat("")));
    pairs.add(pair(tools(f.formatted("{}")), tools(f.formatted("{}").replace("'f'", "'g'"))));
    String g = f.replace("'f'", "'g'").formatted("{}");
    pairs.add(pair(tools(f.formatted("{}"), g), tools(g, f.formatted("{}"))));
    pairs.add(pair(schema(properties), schema(swapped)));
    pairs.add(pair(schema("{'minimum':1}"), schema("{'minimum':1.0}")));
    pairs.add(pair(schema("{}"), chat("'response_format':{'type':'json_object'}")));
    pairs.add(pair(chat("'guided_json':{'a':1,'b':2}"), chat("'guided_json':{'b':2,'a':1}")));
    pairs.add(
        pair(
            chat("'documents':[{'title':'t','text':'x'}]"),
            chat("'documents':[{'text':'x','title':'t'}]")));
    pairs.add(pair(chat("'ab':'c'"), chat("'a':'bc'")));
    pairs.add(pair(chat("'a':['b','c']"), chat("'a':['b,c']")));
    pairs.add(pair(chat("'a':'x\\\",\\\"b\\\":1'"), chat("'a':'x','b':1")));
    pairs.add(pair(chat("'a':{'b':1},'c':2"), chat("'a':{'b':1,'c':2}")));
    pairs.add(pair(chat("'a\\\"':1"), chat("'a':1")));
  }

  private static String tools(String... tools) {
    return chat("'tools':[" + String.join(",", tools) + "]");
  }

  private static String schema(String schema) {
    return chat(
        "'response_format':{'type':'json_schema','json_schema':{'name':'n','schema':"
            + schema
            + "}}");
  }

  @TestFactory
  Stream<DynamicTest> bodies_thatAskTheSame_shareAnEntry() {
    return same().stream()
        .map(pair ->
            DynamicTest.dynamicTest(
                pair[0] + " = " + pair[1], () -> assertThat(key(pair[0])).isEqualTo(key(pair[1]))));
  }

  @TestFactory
  Stream<DynamicTest> bodies_thatAskForSomethingElse_shareNone() {
    return different().stream()
        .map(pair ->
            DynamicTest.dynamicTest(
                pair[0] + " # " + pair[1],
                () -> assertThat(key(pair[0])).isNotEqualTo(key(pair[1]))));
  }

  @Test
  void pairs_areHundreds_andNoneIsOneBodyTwice() {
    assertThat(same().size()).isGreaterThan(200);
    assertThat(different().size()).isGreaterThan(200);
    assertThat(different()).noneMatch(pair -> pair[0].equals(pair[1]));
  }

  private static CacheKey in(Cache.Scope scope, Caller caller) {
    return key(Operation.CHAT_COMPLETIONS, chat(""), caller, POOL, cache(scope, ""));
  }

  @Test
  void scope_saysWhoShares() {
    Caller sameTenant = new Caller("b", "acme", TIER);
    Caller sameTier = new Caller("c", "other", TIER);
    Tier another =
        Objects.requireNonNull(
            TestBed.parse(config("").replace("any", "gold")).tiers().get("gold"));
    Caller anyone = new Caller("d", "third", another);

    assertThat(in(Cache.Scope.TENANT, ACME))
        .isEqualTo(in(Cache.Scope.TENANT, sameTenant))
        .isNotEqualTo(in(Cache.Scope.TENANT, sameTier));
    assertThat(in(Cache.Scope.TIER, ACME))
        .isEqualTo(in(Cache.Scope.TIER, sameTier))
        .isNotEqualTo(in(Cache.Scope.TIER, anyone));
    assertThat(in(Cache.Scope.GLOBAL, ACME))
        .isEqualTo(in(Cache.Scope.GLOBAL, anyone))
        .isNotEqualTo(in(Cache.Scope.TENANT, ACME))
        .isNotEqualTo(in(Cache.Scope.TIER, ACME));
    Caller namedAsATier = new Caller("e", "any", TIER);
    assertThat(in(Cache.Scope.TENANT, namedAsATier)).isNotEqualTo(in(Cache.Scope.TIER, ACME));
  }

  private static CacheKey at(String more) {
    Pool pool = Objects.requireNonNull(TestBed.parse(config(more)).pools().get("p"));
    return key(Operation.CHAT_COMPLETIONS, chat(""), ACME, pool, cache(Cache.Scope.TENANT, ""));
  }

  @Test
  void pool_whatCanChangeTheAnswerIsInTheKey_andNothingElse() {
    assertThat(at(""))
        .isNotEqualTo(at(", served-model: other"))
        .isNotEqualTo(at(", set: {top_k: 1}"))
        .isNotEqualTo(at(", remove: [top_k]"))
        .isNotEqualTo(at(", provider: llama-cpp"))
        .isEqualTo(at(", timeouts: {connect: 2s}"))
        .isEqualTo(at(", price: {input: 1, output: 2}"));
    assertThat(at(", set: {top_k: 1}")).isNotEqualTo(at(", set: {top_k: 2}"));
  }

  @Test
  void operationAndVersion_areInTheKey() {
    String prompt = "{'prompt':'a','input':'a','messages':[{'role':'user','content':'a'}]}";
    Cache plain = cache(Cache.Scope.TENANT, "");
    assertThat(key(Operation.COMPLETIONS, prompt, ACME, POOL, plain))
        .isNotEqualTo(key(Operation.EMBEDDINGS, prompt, ACME, POOL, plain))
        .isNotEqualTo(key(Operation.CHAT_COMPLETIONS, prompt, ACME, POOL, plain))
        .isNotEqualTo(
            key(Operation.COMPLETIONS, prompt, ACME, POOL, cache(Cache.Scope.TENANT, "2")));
  }
}
