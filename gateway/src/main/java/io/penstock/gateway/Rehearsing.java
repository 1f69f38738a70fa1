package io.penstock.gateway;

import io.penstock.config.ApiKey;
import io.penstock.config.Tier;
import io.penstock.gateway.accept.Accept;
import io.penstock.gateway.admin.Rehearsal;
import io.penstock.gateway.call.Accepted;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Directives;
import io.penstock.gateway.call.Problem;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Route;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A dry run for an operator: the pipeline's own stages, in a caller's name and without its key. */
final class Rehearsing {
  private Rehearsing() {}

  static Rehearsal.Answer rehearse(Rehearsal asked, Stages stages) {
    return caller(asked.keyId(), stages)
        .map(caller -> rehearse(asked, caller, stages))
        .orElseGet(() -> no(new Refusal.Unauthenticated(true)));
  }

  private static Optional<Caller> caller(String keyId, Stages stages) {
    return stages.config().keys().stream()
        .filter(key -> key.id().equals(keyId))
        .findFirst()
        .flatMap(key -> caller(key, stages));
  }

  private static Optional<Caller> caller(ApiKey key, Stages stages) {
    Tier tier = stages.config().tiers().get(key.tier());
    return Optional.ofNullable(tier).map(known -> new Caller(key.id(), key.tenant(), known));
  }

  private static Rehearsal.Answer rehearse(Rehearsal asked, Caller caller, Stages stages) {
    var directives = new Directives(true, asked.pool(), false, false, 0);
    return switch (Accept.accepted(asked.operation(), directives, asked.body())) {
      case Accepted.Request(Call call) -> route(call, caller, stages);
      case Refusal refusal -> no(refusal);
    };
  }

  private static Rehearsal.Answer route(Call call, Caller caller, Stages stages) {
    Demand demand = stages.classifier().measure(call);
    return switch (stages.router().route(call, caller, demand)) {
      case Route route -> {
        byte[] json = Future.await(stages.rehearse(call, caller, demand, route));
        yield new Rehearsal.Answer(200, new String(json, StandardCharsets.UTF_8));
      }
      case Refusal refusal -> no(refusal);
    };
  }

  private static Rehearsal.Answer no(Refusal refusal) {
    Problem problem = Problem.of(refusal);
    var error =
        new JsonObject()
            .put("message", problem.message())
            .put("type", problem.type())
            .put("param", problem.param())
            .put("code", problem.code());
    return new Rehearsal.Answer(problem.status(), new JsonObject().put("error", error).encode());
  }
}
