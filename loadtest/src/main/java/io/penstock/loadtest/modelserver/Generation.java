package io.penstock.loadtest.modelserver;

import io.penstock.loadtest.modelserver.GenerationRequest.Prompt;
import io.penstock.loadtest.modelserver.Sequence.Timeline;
import io.penstock.loadtest.modelserver.Shape.Usage;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One generating request at work: its choices run in the engine, and what they say goes to the
 * client as it comes or at the end.
 */
final class Generation {
  private final Exchange exchange;
  private final GenerationRequest request;
  private final Shape shape;
  private final EngineLoop loop;
  private final Meters meters;
  private final Set<Quirk> quirks;
  private final Fault.@Nullable Kind breaks;
  private final String id;
  private final long created = Instant.now().getEpochSecond();
  private final List<Choice> choices = new ArrayList<>();
  private int breakAtTokens;
  private int tokens;
  private int finished;
  private boolean broken;

  /**
   * @param breaks what goes wrong in the middle of the answer
   */
  Generation(
      Exchange exchange,
      GenerationRequest request,
      String id,
      EngineLoop loop,
      Meters meters,
      Set<Quirk> quirks,
      Fault.@Nullable Kind breaks) {
    this.exchange = exchange;
    this.request = request;
    this.shape =
        request.chat() ? new ChatShape(request.logprobs()) : new TextShape(request.logprobs());
    this.id = id;
    this.loop = loop;
    this.meters = meters;
    this.quirks = quirks;
    this.breaks = breaks;
  }

  void start(ModelServer.Options options, int maxModelTokens) {
    meters.asked(request);
    for (var prompt : request.prompts()) {
      for (int n = 0; n < request.n(); n++) {
        var answer = Answer.plan(request, prompt, n, options, maxModelTokens - prompt.tokens());
        choices.add(new Choice(choices.size(), answer, prompt));
      }
      meters.prompt(prompt.tokens());
    }
    breakAtTokens =
        Math.max(1, choices.stream().mapToInt(choice -> choice.answer.pieces().size()).sum() / 2);
    exchange.whenLeft(this::abandon);
    if (request.stream().wanted() && quirks.contains(Quirk.EARLY_HEADERS)) {
      exchange.openStream();
    }
    choices.forEach(choice -> loop.submit(choice.sequence));
  }

  private void abandon() {
    if (broken) {
      loop.hangs(-1);
    }
    choices.forEach(choice -> loop.cancel(choice.sequence));
    meters.aborted();
    loop.aborted();
  }

  private void said(Choice choice, int token) {
    meters.generated(1);
    if (request.stream().wanted()) {
      send(choice, token);
    }
    if (breaks != null && ++tokens == breakAtTokens) {
      breakOff(breaks);
    }
  }

  private void send(Choice choice, int token) {
    var opening = token == 0 ? shape.opening(choice.index) : null;
    if (opening != null) {
      exchange.event(frame(new JsonArray().add(opening), 0).encode());
    }
    boolean last = token == choice.answer.pieces().size() - 1;
    if (choice.answer.pieces().get(token).text().isEmpty() && !last) {
      return;
    }
    var frame =
        frame(new JsonArray().add(shape.delta(choice.index, choice.answer, token)), token + 1);
    if (last
        && finished == choices.size() - 1
        && request.stream().usage()
        && quirks.contains(Quirk.USAGE_WITH_CHOICES)
        && !quirks.contains(Quirk.NO_USAGE)) {
      frame.put("usage", usage(choices).json());
    }
    exchange.event(frame.encode());
  }

  private JsonObject frame(JsonArray elements, int completionTokens) {
    var frame = Shape.envelope(id, shape.streamObject(), created, request.model(), elements);
    if (request.stream().continuousUsage()) {
      frame.put("usage", new Usage(promptTokens(), cachedTokens(), completionTokens).json());
    }
    return frame;
  }

  private void finished() {
    if (++finished < choices.size() || broken) {
      return;
    }
    if (request.stream().wanted()) {
      sendUsage();
      exchange.endStream();
    } else {
      exchange.answer(200, "application/json", whole().encode());
    }
  }

  private void sendUsage() {
    if (!request.stream().usage()
        || quirks.contains(Quirk.NO_USAGE)
        || quirks.contains(Quirk.USAGE_WITH_CHOICES)) {
      return;
    }
    if (quirks.contains(Quirk.USAGE_PER_CHOICE)) {
      choices.forEach(choice -> sendUsage(usage(List.of(choice))));
    } else {
      sendUsage(usage(choices));
    }
  }

  private void sendUsage(Usage usage) {
    exchange.event(
        Shape.envelope(id, shape.streamObject(), created, request.model(), new JsonArray())
            .put("usage", usage.json())
            .encode());
  }

  private Usage usage(List<Choice> of) {
    return new Usage(
        promptTokens(),
        cachedTokens(),
        of.stream().mapToInt(choice -> choice.answer.pieces().size()).sum());
  }

  /** A prompt is counted once, whatever n is. */
  private int promptTokens() {
    return request.prompts().stream().mapToInt(GenerationRequest.Prompt::tokens).sum();
  }

  /** What was found of the prompts when their first choices began. */
  private int cachedTokens() {
    int tokens = 0;
    for (int first = 0; first < choices.size(); first += request.n()) {
      tokens += choices.get(first).sequence.cachedTokens;
    }
    return tokens;
  }

  private JsonObject whole() {
    var elements = new JsonArray();
    choices.forEach(choice -> elements.add(shape.whole(choice.index, choice.answer)));
    var counted = quirks.contains(Quirk.USAGE_PER_CHOICE) ? List.of(choices.getFirst()) : choices;
    var whole =
        Shape.envelope(id, shape.wholeObject(), created, request.model(), elements)
            .putNull("service_tier")
            .putNull("system_fingerprint")
            .put("usage", usage(counted).json());
    if (request.chat()) {
      whole.putNull("prompt_logprobs").putNull("prompt_token_ids");
    }
    return whole.putNull("kv_transfer_params");
  }

  private void breakOff(Fault.Kind kind) {
    choices.forEach(choice -> loop.cancel(choice.sequence));
    if (!request.stream().wanted() && kind != Fault.Kind.ERROR_IN_STREAM) {
      exchange.half(200, "application/json", whole().encode());
    }
    switch (kind) {
      case HANG_MID_STREAM -> {
        broken = true;
        loop.hangs(1);
      }
      case ERROR_IN_STREAM -> failMidway();
      default -> exchange.cut();
    }
  }

  private void failMidway() {
    var error = ApiError.ofStatus(500);
    if (request.stream().wanted()) {
      exchange.event(error.body(Set.of()).encode());
      exchange.endStream();
    } else {
      exchange.fail(error);
    }
  }

  private final class Choice implements Sequence.Listener {
    private final int index;
    private final Answer answer;
    private final Sequence sequence;
    private long lastNanos;

    Choice(int index, Answer answer, Prompt prompt) {
      this.index = index;
      this.answer = answer;
      var chain = prompt.chain().copy();
      answer.pieces().forEach(piece -> chain.add(piece.text()));
      this.sequence =
          new Sequence(
              prompt.tokens(), answer.pieces().size(), request.priority(), chain.blocks(), this);
    }

    @Override
    public void token(int token, long atNanos) {
      if (token == 0) {
        meters.firstToken((atNanos - sequence.arrivedNanos) / 1e9);
      } else {
        meters.nextToken((atNanos - lastNanos) / 1e9);
      }
      lastNanos = atNanos;
      said(this, token);
    }

    @Override
    public void finished(Timeline timeline) {
      meters.finished(timeline, answer.finishReason().equals("length") ? "length" : "stop");
      Generation.this.finished();
    }
  }
}
