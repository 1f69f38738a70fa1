package io.penstock.gateway.anthropic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Configs;
import io.vertx.core.json.JsonObject;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a provider is sent for a body of chat completions. */
final class MessagesRequestTest {
  private static final Pool POOL = pool("");

  private static Pool pool(String more) {
    return Objects.requireNonNull(
        Configs.of(
                """
                tiers: {free: {route: {simple: p, medium: p, complex: p}}}
                keys: []
                pools:
                  p: {model: llama-2-7b, served-model: claude-x, provider: anthropic, url: "http://a.test"%s}
                """
                    .formatted(more))
            .pools()
            .get("p"));
  }

  private static String sent(String asked) {
    return sent(asked, POOL);
  }

  private static String sent(String asked, Pool pool) {
    byte[] bytes = asked.replace('\'', '"').getBytes(UTF_8);
    return MessagesRequest.of(bytes, bytes.length, pool).toString(UTF_8).replace('"', '\'');
  }

  @Test
  void chat_ofSystemAndTurns_isAMessage() {
    assertThat(
            sent(
                "{'model':'auto','messages':[{'role':'system','content':'Be brief.'},"
                    + "{'role':'user','content':'Hi'},{'role':'assistant','content':'Ho'},"
                    + "{'role':'developer','content':[{'type':'text','text':'In French.'}]},"
                    + "{'role':'user','content':[{'type':'text','text':'And?'}]}],'stream':true,"
                    + "'max_completion_tokens':7,'temperature':1.5,'top_p':0.9,'stop':'END',"
                    + "'user':'u1','seed':1,'stream_options':{'include_usage':true}}"))
        .isEqualTo(
            "{'model':'claude-x','max_tokens':7,'system':'Be brief.\\n\\nIn French.','messages':["
                + "{'role':'user','content':[{'type':'text','text':'Hi'}]},"
                + "{'role':'assistant','content':[{'type':'text','text':'Ho'}]},"
                + "{'role':'user','content':[{'type':'text','text':'And?'}]}],'temperature':1,"
                + "'top_p':0.9,'stop_sequences':['END'],'metadata':{'user_id':'u1'},'stream':true}");
  }

  @Test
  void chat_withoutABound_getsOne() {
    assertThat(sent("{'messages':[{'role':'user','content':'Hi'}],'stop':['a','b']}"))
        .contains("'max_tokens':4096", "'stop_sequences':['a','b']")
        .doesNotContain("stream", "system", "tools", "temperature");
  }

  @Test
  void images_asDataAndAsUrls_keepTheirPlace() {
    assertThat(
            sent(
                "{'messages':[{'role':'user','content':[{'type':'text','text':'What?'},"
                    + "{'type':'image_url','image_url':{'url':'data:image/PNG;base64,AAAA'}},"
                    + "{'type':'image_url','image_url':{'url':'https://x.test/a.jpg'}}]}]}"))
        .contains(
            "[{'type':'text','text':'What?'},{'type':'image','source':{'type':'base64',"
                + "'media_type':'image/png','data':'AAAA'}},{'type':'image','source':"
                + "{'type':'url','url':'https://x.test/a.jpg'}}]");
  }

  @Test
  void toolCallsAndResults_becomeBlocks_andResultsThatFollowEachOtherOneTurn() {
    assertThat(
            sent(
                "{'messages':[{'role':'user','content':'Weather?'},{'role':'assistant','content':null,"
                    + "'tool_calls':[{'id':'c1','type':'function','function':{'name':'w',"
                    + "'arguments':'{\\'city\\':\\'Rome\\'}'}},{'id':'c2','type':'function',"
                    + "'function':{'name':'t','arguments':''}}]},"
                    + "{'role':'tool','tool_call_id':'c1','content':'sunny'},"
                    + "{'role':'tool','tool_call_id':'c2','content':[{'type':'text','text':'noon'}]},"
                    + "{'role':'user','content':'So?'}]}"))
        .contains(
            "{'role':'assistant','content':[{'type':'tool_use','id':'c1','name':'w',"
                + "'input':{'city':'Rome'}},{'type':'tool_use','id':'c2','name':'t','input':{}}]},"
                + "{'role':'user','content':[{'type':'tool_result','tool_use_id':'c1',"
                + "'content':'sunny'},{'type':'tool_result','tool_use_id':'c2',"
                + "'content':[{'type':'text','text':'noon'}]},{'type':'text','text':'So?'}]}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'auto' | {'type':'auto'}",
        "'none' | {'type':'none'}",
        "'required' | {'type':'any'}",
        "{'type':'function','function':{'name':'w'}} | {'type':'tool','name':'w'}",
      })
  void toolChoice_hasItsCounterpart(String choice, String made) {
    assertThat(
            sent(
                "{'messages':[],'tools':[{'type':'function','function':{'name':'w',"
                    + "'description':'d','parameters':{'type':'object'}}}],'tool_choice':"
                    + choice
                    + "}"))
        .contains(
            "'tools':[{'name':'w','description':'d','input_schema':{'type':'object'}}]",
            "'tool_choice':" + made);
  }

  @Test
  void oneToolAtATime_isSaidWithTheChoice() {
    assertThat(
            sent(
                "{'messages':[],'tools':[{'type':'function','function':{'name':'w'}}],"
                    + "'parallel_tool_calls':false}"))
        .contains("'tool_choice':{'type':'auto','disable_parallel_tool_use':true}");
  }

  @Test
  void whatThePoolSetsAndRemoves_isInTheProvidersWords() {
    JsonObject sent =
        new JsonObject(
            sent(
                    "{'messages':[],'temperature':0.5}",
                    pool(", set: {thinking: {type: disabled}}, remove: [temperature]"))
                .replace('\'', '"'));
    assertThat(sent.getJsonObject("thinking").getString("type")).isEqualTo("disabled");
    assertThat(sent.containsKey("temperature")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'messages':'Hi'}",
        "{'messages':['Hi']}",
        "{'messages':[{'role':'user','content':[1]}]}",
        "{'messages':[],'tools':[1]}",
        "{'messages':[],'tools':[{}],'tool_choice':{}}",
        "{'messages':[{'role':'user','content':[{'type':'image_url'}]}]}",
        "{'messages':[{'role':'assistant','tool_calls':[{'function':{'arguments':'no'}}]}]}",
      })
  void aBodyOfAnotherShape_isSentAsItCame(String asked) {
    assertThat(sent(asked)).isEqualTo(asked);
  }
}
