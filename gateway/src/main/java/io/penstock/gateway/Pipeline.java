package io.penstock.gateway;

import io.penstock.gateway.cache.Asked;
import io.penstock.gateway.cache.Question;
import io.penstock.gateway.call.Accepted;
import io.penstock.gateway.call.Admission;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Reservation;
import io.penstock.gateway.call.Route;
import io.penstock.gateway.call.Seated;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.upstream.Errand;
import io.penstock.gateway.upstream.Upstream;
import io.vertx.core.http.HttpServerRequest;

/**
 * The path of a request, from top to bottom, a stage at a time. A stage answers with what the next
 * one needs, or with a refusal, which ends the visit. One pipeline serves one event loop; its
 * stages were built from one config, and a reload builds another pipeline, while the calls in
 * flight stay with theirs.
 */
final class Pipeline {
  private final Stages stages;
  private final Upstream upstream;

  Pipeline(Stages stages, Upstream upstream) {
    this.stages = stages;
    this.upstream = upstream;
  }

  /** Bounds and reads the body, once its key is known. */
  void handle(HttpServerRequest request) {
    Visit visit = Visit.open(request, stages);
    stages
        .accept()
        .read(request, key -> stages.authenticator().authenticate(key).map(visit::identified))
        .onComplete(visit.then(accepted -> classify(visit, accepted)));
  }

  private void classify(Visit visit, Accepted accepted) {
    switch (accepted) {
      case Accepted.Request(Call call) ->
          route(visit, visit.called(call), visit.measured(stages.classifier().measure(call)));
      case Refusal no -> visit.refuse(no);
    }
  }

  private void route(Visit visit, Call call, Demand demand) {
    switch (stages.router().route(call, visit.caller(), demand)) {
      case Route route -> expect(visit, call, demand, visit.routed(route));
      case Refusal no -> visit.refuse(no);
    }
  }

  /** Where it goes says how long its answer may become. */
  private void expect(Visit visit, Call call, Demand demand, Route route) {
    Demand expected = visit.measured(stages.expecting(call, visit.caller(), demand, route));
    if (stages.isRehearsal(call)) {
      stages
          .rehearse(call, visit.caller(), expected, route)
          .onComplete(visit.then(visit::rehearsed));
    } else {
      reserve(visit, call, expected, route);
    }
  }

  /** What is shared with the fleet is asked twice, but waited for no longer than once. */
  private void reserve(Visit visit, Call call, Demand demand, Route route) {
    long asked = System.nanoTime();
    stages
        .admit()
        .reserve(
            visit.caller(),
            route.pool(),
            demand,
            stages.maxMicroUsd(call, visit.caller(), demand, route))
        .onComplete(visit.then(admission -> seat(visit, call, demand, route, admission, asked)));
  }

  private void seat(
      Visit visit, Call call, Demand demand, Route route, Admission admission, long askedNanos) {
    switch (admission) {
      case Reservation reservation -> {
        visit.admitted(reservation);
        find(visit, call, demand, route, askedNanos);
      }
      case Refusal no -> visit.refuse(no);
    }
  }

  /** An answer that is there is given; equal calls share one way to a model server. */
  private void find(Visit visit, Call call, Demand demand, Route route, long askedNanos) {
    switch (stages.cache().ask(call, visit.caller(), route.pool())) {
      case Asked.Bypassed.BYPASSED -> send(visit, call, demand, route);
      case Question question -> {
        Sharing sharing = new Sharing(stages, upstream, visit, call, demand, route);
        stages
            .cache()
            .find(question, System.nanoTime() - askedNanos)
            .onComplete(
                visit.then(found ->
                    sharing.found(question, found, () -> send(visit, call, demand, route))));
      }
    }
  }

  /** Whatever becomes of it, the flight tells the visit, or the visit cancels the flight. */
  private void send(Visit visit, Call call, Demand demand, Route route) {
    Fallbacks places = stages.places(call, visit.caller(), demand, route);
    visit.waits(places);
    stages
        .firstPlace(places, call, visit.caller(), demand, route)
        .onComplete(visit.then(seated -> fly(visit, call, demand, places, seated)));
  }

  private void fly(Visit visit, Call call, Demand demand, Fallbacks places, Seated seated) {
    switch (seated) {
      case Turn turn -> {
        Errand errand = visit.errand(turn);
        Delivery delivery = new Delivery(visit.answer(call, demand));
        Translated sink = new Translated(delivery, call.body().stream());
        visit.fly(upstream.flight(errand, turn, places, sink, visit));
      }
      case Refusal no -> visit.refuse(no);
    }
  }
}
