package io.penstock.gateway.endtoend;

import static io.penstock.gateway.endtoend.Ask.CHAT;
import static io.penstock.gateway.endtoend.Ask.chat;
import static io.penstock.gateway.testing.TestBed.await;

import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.TestBed;
import io.penstock.loadtest.modelserver.Fault;
import io.penstock.loadtest.modelserver.ModelServer;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A server that others give work, too. */
final class ServersOwnLoadTest {
  private static final String CONFIG =
      """
      server: {host: 127.0.0.1, port: 0}
      admin: {port: 0}
      tiers:
        all: {route: {simple: shared, medium: shared, complex: shared}}
      keys: [{id: all, sha256: "${ALL}", tier: all}]
      pools:
        shared:
          model: llama-2-7b
          url: "@shared"
          capacity: {gpu: a100-80}
          slo: {ttft: 2s, tpot: 100ms}
          health: {metrics: 50ms}
      """;

  private static int places(TestBed bed) {
    try {
      return new JsonObject(bed.admin("/api/pools").body())
          .getJsonObject("pools")
          .getJsonObject("shared")
          .getJsonObject("queue")
          .getInteger("places");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void placesThatOthersTook_areNotGiven_untilTheyAreFree() throws Exception {
    try (TestBed bed =
        TestBed.setup()
            .server("shared", ModelServer.Options.defaults().withModel("llama-2-7b"))
            .config(CONFIG)
            .start()) {
      int all = places(bed);
      bed.faults("shared", Fault.always(Fault.Kind.HANG_BEFORE_FIRST_TOKEN));
      List<RawClient> others = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        var other = new RawClient(bed.server("shared").port());
        other.post(CHAT, "", chat("\"model\":\"llama-2-7b\",\"max_tokens\":2"));
        others.add(other);
      }
      await(() -> places(bed) == all - 3);
      for (RawClient other : others) {
        other.close();
      }
      await(() -> places(bed) == all);
    }
  }
}
