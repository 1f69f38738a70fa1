package io.penstock.gateway;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.penstock.config.Pool;
import io.penstock.gateway.accept.Accept;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Refusal;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * {@code GET /v1/models} and {@code /v1/models/ID}: what a caller may write as {@code model}. That
 * is {@code auto}, and of each pool that its tier may use the pool's name and the model's.
 */
final class Models {
  private static final String PATH = "/v1/models";
  private static final String AUTO = "auto";

  private final Stages stages;

  Models(Stages stages) {
    this.stages = stages;
  }

  static boolean isHere(String path) {
    return path.startsWith(PATH)
        && (path.length() == PATH.length() || path.charAt(PATH.length()) == '/');
  }

  void handle(HttpServerRequest request, String path) {
    Accept.stamp(request);
    Visit visit = Visit.open(request, stages);
    if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
      visit.refuse(new Refusal.WrongMethod(request.method().name(), path, "GET, HEAD"));
      return;
    }
    String authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
    stages
        .authenticator()
        .authenticate(authorization)
        .onComplete(
            visit.then(who -> {
              switch (visit.identified(who)) {
                case Caller caller -> answer(visit, names(caller), path.substring(PATH.length()));
                case Refusal no -> visit.refuse(no);
              }
            }));
  }

  private static void answer(Visit visit, Set<String> names, String rest) {
    String id = decoded(rest.startsWith("/") ? rest.substring(1) : rest);
    if (id.isEmpty()) {
      visit.listed(list(names));
    } else if (names.contains(id)) {
      visit.listed(model(id));
    } else {
      visit.refuse(new Refusal.ModelNotFound(id));
    }
  }

  private Set<String> names(Caller caller) {
    Set<String> names = new LinkedHashSet<>();
    names.add(AUTO);
    for (Pool pool : stages.router().allowed(caller.tier())) {
      names.add(pool.name());
      names.add(pool.model());
    }
    return names;
  }

  private static String list(Set<String> names) {
    StringBuilder list = new StringBuilder("{\"object\":\"list\",\"data\":[");
    String comma = "";
    for (String name : names) {
      list.append(comma).append(model(name));
      comma = ",";
    }
    return list.append("]}").toString();
  }

  private static String model(String id) {
    return "{\"id\":\""
        + new String(JsonStringEncoder.getInstance().quoteAsString(id))
        + "\",\"object\":\"model\",\"created\":0,\"owned_by\":\"penstock\"}";
  }

  private static String decoded(String id) {
    try {
      return URLDecoder.decode(id.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      return id;
    }
  }
}
