package io.penstock.loadtest.modelserver;

import io.penstock.loadtest.modelserver.GenerationRequest.Prompt;
import io.penstock.loadtest.modelserver.Sequence.Timeline;
import io.penstock.loadtest.text.Dice;
import io.penstock.loadtest.text.Tokenizer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/** The endpoints. */
final class Api {
  private static final System.Logger LOG = System.getLogger(Api.class.getName());
  private static final String VERSION = "0.11.0";
  private static final Set<String> GENERATING =
      Set.of("/v1/chat/completions", "/v1/completions", "/v1/embeddings");
  private static final Map<String, String> METHODS =
      Map.ofEntries(
          Map.entry("/health", "GET"),
          Map.entry("/ping", "GET POST"),
          Map.entry("/load", "GET"),
          Map.entry("/version", "GET"),
          Map.entry("/metrics", "GET"),
          Map.entry("/tokenize", "POST"),
          Map.entry("/detokenize", "POST"),
          Map.entry("/v1/models", "GET"),
          Map.entry("/v1/chat/completions", "POST"),
          Map.entry("/v1/completions", "POST"),
          Map.entry("/v1/embeddings", "POST"));

  private final ModelServer.Options options;
  private final EngineLoop loop;
  private final Meters meters;
  private final FaultDice faults;
  private final RequestReader reader;
  private final int maxModelTokens;
  private final int blockTokens;
  private final long created = Instant.now().getEpochSecond();
  private final Deque<Recorded> recorded = new ConcurrentLinkedDeque<>();
  private long requests;

  Api(
      ModelServer.Options options,
      EngineLoop loop,
      Meters meters,
      FaultDice faults,
      int maxModelTokens,
      int blockTokens) {
    this.options = options;
    this.loop = loop;
    this.meters = meters;
    this.faults = faults;
    this.reader = new RequestReader(options, maxModelTokens);
    this.maxModelTokens = maxModelTokens;
    this.blockTokens = blockTokens;
  }

  List<Recorded> recorded() {
    return List.copyOf(recorded);
  }

  void serve(Exchange exchange) {
    record(exchange);
    try {
      route(exchange);
    } catch (ApiError.Refused refused) {
      var error = refused.error();
      boolean asFault = options.quirks().contains(Quirk.CLIENT_FAULT_500) && error.status() == 400;
      exchange.fail(asFault ? error.asServerFault() : error);
    } catch (RuntimeException bug) {
      LOG.log(System.Logger.Level.ERROR, "model server: a request was not understood", bug);
      exchange.fail(ApiError.ofStatus(500));
    }
  }

  private void record(Exchange exchange) {
    if (options.behaviour().recordedRequests() == 0) {
      return;
    }
    if (recorded.size() >= options.behaviour().recordedRequests()) {
      recorded.poll();
    }
    var headers =
        exchange.headers().entries().stream()
            .map(header -> Map.entry(header.getKey(), header.getValue()))
            .toList();
    recorded.add(
        new Recorded(
            exchange.method(), exchange.target(), headers, exchange.body(), System.nanoTime()));
  }

  private void route(Exchange exchange) {
    String path = exchange.path();
    if (path.startsWith("/v1/") && !authorised(exchange)) {
      exchange.json(401, new JsonObject().put("error", "Unauthorized"));
      return;
    }
    boolean oneModel = path.startsWith("/v1/models/");
    String methods = METHODS.get(oneModel ? "/v1/models" : path);
    if (methods == null) {
      exchange.fail(new ApiError(404, "Not Found", "Not Found", null));
    } else if (!List.of(methods.split(" ")).contains(exchange.method())) {
      exchange.fail(new ApiError(405, "Method Not Allowed", "Method Not Allowed", null));
    } else if (oneModel) {
      model(
          exchange,
          URLDecoder.decode(path.substring("/v1/models/".length()), StandardCharsets.UTF_8));
    } else if (GENERATING.contains(path)) {
      generate(exchange, path);
    } else {
      answer(exchange, path);
    }
  }

  private boolean authorised(Exchange exchange) {
    String key = options.served().apiKey();
    return key.isEmpty() || ("Bearer " + key).equals(exchange.headers().get("authorization"));
  }

  private void answer(Exchange exchange, String path) {
    switch (path) {
      case "/health", "/ping" -> exchange.answer(200, "text/plain", "");
      case "/version" -> exchange.json(200, new JsonObject().put("version", VERSION));
      case "/load" ->
          exchange.json(
              200,
              new JsonObject().put("server_load", loop.stats().running() + loop.stats().waiting()));
      case "/metrics" ->
          exchange.answer(
              200,
              "text/plain; version=0.0.4; charset=utf-8",
              meters.render(
                  loop.engine(), loop.stats().running() - loop.engine().running(), blockTokens));
      case "/v1/models" -> models(exchange);
      case "/tokenize" -> tokenize(exchange);
      default -> detokenize(exchange);
    }
  }

  private void models(Exchange exchange) {
    var data = new JsonArray();
    options.names().forEach(name -> data.add(card(name)));
    exchange.json(200, new JsonObject().put("object", "list").put("data", data));
  }

  private void model(Exchange exchange, String name) {
    if (options.serves(name)) {
      exchange.json(200, card(name));
    } else {
      exchange.fail(ApiError.noModel(name));
    }
  }

  private JsonObject card(String name) {
    var permission =
        new JsonObject()
            .put("id", "modelperm-" + Dice.of(options.seed(), name).hex(32))
            .put("object", "model_permission")
            .put("created", created)
            .put("allow_create_engine", false)
            .put("allow_sampling", true)
            .put("allow_logprobs", true)
            .put("allow_search_indices", false)
            .put("allow_view", true)
            .put("allow_fine_tuning", false)
            .put("organization", "*")
            .putNull("group")
            .put("is_blocking", false);
    return new JsonObject()
        .put("id", name)
        .put("object", "model")
        .put("created", created)
        .put("owned_by", "vllm")
        .put("root", options.model())
        .putNull("parent")
        .put("max_model_len", maxModelTokens)
        .put("permission", new JsonArray().add(permission));
  }

  private void tokenize(Exchange exchange) {
    var fields = Fields.of(exchange.body());
    reader.model(fields);
    int[] ids =
        fields.value("messages") == null
            ? Tokenizer.ids(Objects.toString(fields.required("prompt")))
            : Tokenizer.ids(reader.chatPrompt(fields).text());
    var tokens = new JsonArray();
    for (int token : ids) {
      tokens.add(token);
    }
    exchange.json(
        200,
        new JsonObject()
            .put("count", ids.length)
            .put("max_model_len", maxModelTokens)
            .put("tokens", tokens)
            .putNull("token_strs"));
  }

  private void detokenize(Exchange exchange) {
    var fields = Fields.of(exchange.body());
    reader.model(fields);
    if (!(fields.required("tokens") instanceof JsonArray tokens)) {
      throw ApiError.invalid("list_type", "tokens", "Input should be a valid list").thrown();
    }
    exchange.json(
        200, new JsonObject().put("prompt", Tokenizer.text(RequestReader.ids(tokens, "tokens"))));
  }

  private void generate(Exchange exchange, String path) {
    var fault = faults.draw();
    if (fault != null && misbehaves(exchange, fault)) {
      return;
    }
    if (path.equals("/v1/embeddings")) {
      embed(exchange);
      return;
    }
    boolean chat = path.equals("/v1/chat/completions");
    var request = chat ? reader.chat(exchange.body()) : reader.completion(exchange.body());
    String id = (chat ? "chatcmpl-" : "cmpl-") + Dice.of(options.seed(), "id", requests++).hex(32);
    new Generation(
            exchange,
            request,
            id,
            loop,
            meters,
            options.quirks(),
            fault == null ? null : fault.kind())
        .start(options, maxModelTokens);
  }

  /** Whether that was the whole answer; faults of the middle of an answer wait for it. */
  private boolean misbehaves(Exchange exchange, Fault fault) {
    switch (fault.kind()) {
      case ERROR, STATUS -> exchange.fail(ApiError.ofStatus((int) fault.value()));
      case RESET -> exchange.reset();
      case GARBAGE -> exchange.garbage();
      case GARBAGE_BODY -> exchange.answer(200, "application/json", "{\"choices\": [{\"mess");
      case WRONG_CONTENT_TYPE ->
          exchange.answer(200, "text/html", "<html><body>It works!</body></html>");
      case ERROR_BODY_200 -> exchange.json(200, ApiError.ofStatus(500).body(options.quirks()));
      case HANG_BEFORE_FIRST_TOKEN -> hang(exchange);
      default -> {
        return false;
      }
    }
    return true;
  }

  private void hang(Exchange exchange) {
    if (options.quirks().contains(Quirk.EARLY_HEADERS)
        && Fields.of(exchange.body()).flag("stream", false)) {
      exchange.openStream();
    }
    loop.hangs(1);
    exchange.whenLeft(() -> {
      loop.hangs(-1);
      loop.aborted();
      meters.aborted();
    });
  }

  private void embed(Exchange exchange) {
    var fields = Fields.of(exchange.body());
    var prompts = RequestReader.prompts(fields.required("input"), "input");
    String model = reader.model(fields);
    int dimensions = fields.atLeast("dimensions", 1, options.behaviour().embeddingDimensions());
    boolean base64 = "base64".equals(fields.string("encoding_format"));
    for (var prompt : prompts) {
      if (prompt.tokens() > maxModelTokens) {
        throw ApiError.badRequest(
                "This model's maximum context length is %d tokens. However, your request has %d input tokens. Please reduce the length of the input messages."
                    .formatted(maxModelTokens, prompt.tokens()),
                "input_tokens")
            .thrown();
      }
    }
    String id = "embd-" + Dice.of(options.seed(), "id", requests++).hex(32);
    new Embedding(exchange, prompts, id, model, dimensions, base64).start();
  }

  /** Prompts are taken in by the engine; nothing is generated. */
  private final class Embedding implements Sequence.Listener {
    private final Exchange exchange;
    private final List<Prompt> prompts;
    private final String id;
    private final String model;
    private final int dimensions;
    private final boolean base64;
    private int left;

    Embedding(
        Exchange exchange,
        List<Prompt> prompts,
        String id,
        String model,
        int dimensions,
        boolean base64) {
      this.exchange = exchange;
      this.prompts = prompts;
      this.id = id;
      this.model = model;
      this.dimensions = dimensions;
      this.base64 = base64;
      this.left = prompts.size();
    }

    void start() {
      var sequences =
          prompts.stream()
              .map(prompt -> new Sequence(Math.max(1, prompt.tokens()), 0, 0, this))
              .toList();
      exchange.whenLeft(() -> {
        sequences.forEach(loop::cancel);
        loop.aborted();
        meters.aborted();
      });
      sequences.forEach(loop::submit);
    }

    @Override
    public void token(int index, long atNanos) {
      throw new IllegalStateException("an embedding generates nothing");
    }

    @Override
    public void finished(Timeline timeline) {
      meters.prompt(timeline.promptTokens());
      meters.finished(timeline, "stop");
      if (--left == 0) {
        exchange.json(200, body());
      }
    }

    private JsonObject body() {
      var data = new JsonArray();
      int tokens = 0;
      for (int i = 0; i < prompts.size(); i++) {
        tokens += prompts.get(i).tokens();
        data.add(
            new JsonObject()
                .put("index", i)
                .put("object", "embedding")
                .put("embedding", encoded(vector(prompts.get(i)))));
      }
      var usage =
          new JsonObject()
              .put("prompt_tokens", tokens)
              .put("total_tokens", tokens)
              .put("completion_tokens", 0)
              .putNull("prompt_tokens_details");
      return new JsonObject()
          .put("id", id)
          .put("object", "list")
          .put("created", Instant.now().getEpochSecond())
          .put("model", model)
          .put("data", data)
          .put("usage", usage);
    }

    private float[] vector(Prompt prompt) {
      var dice = Dice.of(options.seed(), "embedding", model, prompt.text());
      var vector = new float[dimensions];
      double squares = 0;
      for (int i = 0; i < dimensions; i++) {
        vector[i] = (float) dice.gaussian();
        squares += vector[i] * (double) vector[i];
      }
      for (int i = 0; i < dimensions; i++) {
        vector[i] = (float) (vector[i] / Math.sqrt(squares));
      }
      return vector;
    }

    private Object encoded(float[] vector) {
      if (base64) {
        var bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return Base64.getEncoder().encodeToString(bytes.array());
      }
      var array = new JsonArray();
      for (float element : vector) {
        array.add(element);
      }
      return array;
    }
  }

  /** Draws, for each request, which of the configured faults it meets: the first that strikes. */
  static final class FaultDice {
    private final Dice dice;
    private volatile List<Fault> faults;

    FaultDice(long seed, List<Fault> faults) {
      this.dice = Dice.of(seed, "faults");
      this.faults = List.copyOf(faults);
    }

    void set(List<Fault> faults) {
      this.faults = List.copyOf(faults);
    }

    boolean has(Fault.Kind kind) {
      return faults.stream().anyMatch(fault -> fault.kind() == kind);
    }

    /** All slow-downs multiplied. */
    double slowness() {
      double factor = 1;
      for (var fault : faults) {
        factor *= fault.kind() == Fault.Kind.SLOW ? fault.value() : 1;
      }
      return factor;
    }

    private @Nullable Fault draw() {
      for (var fault : faults) {
        if (fault.kind() != Fault.Kind.SLOW
            && fault.kind() != Fault.Kind.REFUSE
            && dice.chance(fault.probability())) {
          return fault;
        }
      }
      return null;
    }
  }
}
