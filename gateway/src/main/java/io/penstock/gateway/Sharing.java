package io.penstock.gateway;

import io.penstock.gateway.cache.Boarded;
import io.penstock.gateway.cache.Entry;
import io.penstock.gateway.cache.Found;
import io.penstock.gateway.cache.Question;
import io.penstock.gateway.cache.Recording;
import io.penstock.gateway.call.CacheMark;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Route;
import io.penstock.gateway.call.Seated;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.relay.Outgoing;
import io.penstock.gateway.upstream.Errand;
import io.penstock.gateway.upstream.Upstream;

/**
 * A call that the cache has to do with, from the look-up on: it is answered from there, or leads,
 * or follows an equal one.
 */
final class Sharing {
  private final Stages stages;
  private final Upstream upstream;
  private final Visit visit;
  private final Call call;
  private final Demand demand;
  private final Route route;

  Sharing(Stages stages, Upstream upstream, Visit visit, Call call, Demand demand, Route route) {
    this.stages = stages;
    this.upstream = upstream;
    this.visit = visit;
    this.call = call;
    this.demand = demand;
    this.route = route;
  }

  /**
   * @param alone sends the call as if there were no cache
   */
  void found(Question question, Found found, Runnable alone) {
    if (found.entry().isEmpty() || !hit(found.entry().get())) {
      board(question, found, alone, true);
    }
  }

  private boolean hit(Entry entry) {
    return visit.replay(entry, route.pool(), visit.answer(call, demand).marked(CacheMark.HIT));
  }

  private void board(Question question, Found found, Runnable alone, boolean mayTryAgain) {
    Passenger passenger = new Passenger();
    switch (stages.cache().board(question, found.key(), passenger)) {
      case Boarded.Alone.ALONE -> alone.run();
      case Boarded.Hit(var entry) -> {
        if (!hit(entry)) {
          alone.run();
        }
      }
      case Boarded.Follow(var recording, var place) -> {
        Outgoing own = visit.answer(call, demand).marked(CacheMark.COALESCED);
        visit.aboard(passenger);
        Runnable again = () -> board(question, found, alone, false);
        passenger.board(new Follower(visit, recording, own, mayTryAgain ? again : null), place);
      }
      case Boarded.Lead(var recording, var place) ->
          lead(question, found, recording, passenger, place);
    }
  }

  private void lead(
      Question question,
      Found found,
      Recording recording,
      Passenger passenger,
      Recording.Place place) {
    CacheMark mark = call.directives().noCache() ? CacheMark.BYPASS : CacheMark.MISS;
    Outgoing own = visit.answer(call, demand).marked(mark);
    Lead lead =
        new Lead(
            stages.cache(),
            question,
            found.key(),
            recording,
            visit,
            own,
            visit.judge(call, demand));
    visit.aboard(passenger);
    passenger.board(lead, place);
    visit.leads(lead);
    Fallbacks places = stages.places(call, visit.caller(), demand, route);
    visit.waits(places);
    stages
        .firstPlace(places, call, visit.caller(), demand, route)
        .onComplete(visit.then(seated -> fly(lead, places, seated)));
  }

  private void fly(Lead lead, Fallbacks places, Seated seated) {
    switch (seated) {
      case Turn turn -> {
        Errand errand = visit.errand(turn);
        Translated sink = new Translated(lead, call.body().stream());
        visit.fly(upstream.flight(errand, turn, places, sink, lead));
      }
      case Refusal no -> {
        visit.landed();
        visit.refuse(no);
        lead.giveUp();
      }
    }
  }
}
