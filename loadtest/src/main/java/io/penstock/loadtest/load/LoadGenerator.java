package io.penstock.loadtest.load;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.internal.ContextInternal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends chat completions to an OpenAI-compatible endpoint and measures what comes back.
 *
 * <p>In an open load the starts are decided before the load begins, and every latency counts from
 * the intended start: a target that stalls does not slow the questions down, and what would have
 * been asked meanwhile is in the figures. In a closed load every client waits for its answer, and
 * latency counts from the true start.
 *
 * <p>Work is spread over event loops, each with its own connections and its own histograms, added
 * up at the end.
 */
public final class LoadGenerator {
  private static final long PROGRESS_MILLIS = 500;
  private static final long SWEEP_MILLIS = 250;
  private static final int CLIENTS_PER_TURN = 32;
  private static final double NANOS_PER_SECOND = 1e9;

  private LoadGenerator() {}

  /**
   * @param target where to; only scheme, host and port count
   * @param key sent as bearer; empty: nothing
   * @param model asked for
   * @param promptTokens about as many, of made-up words that differ from request to request
   * @param maxTokens the limit of completions
   * @param fullLength whether to ask for exactly that many, which only vLLM and servers like it do
   */
  public record Ask(
      URI target,
      String key,
      String model,
      int promptTokens,
      int maxTokens,
      boolean stream,
      boolean fullLength) {
    public Ask {
      if (promptTokens < 1 || maxTokens < 1) {
        throw new IllegalArgumentException("tokens must be 1 or more");
      }
      if (target.getHost() == null) {
        throw new IllegalArgumentException(
            "a target is a URL like http://127.0.0.1:8080, not " + target);
      }
    }

    int port() {
      return target.getPort() > 0 ? target.getPort() : isSecure() ? 443 : 80;
    }

    boolean isSecure() {
      return "https".equals(target.getScheme());
    }
  }

  /**
   * @param duration how long requests are begun; a trace that is shorter ends earlier
   * @param timeout after which a request is given up
   * @param loops event loops to work on
   */
  public record Options(
      Ask ask, Arrivals arrivals, Duration duration, Duration timeout, int loops, long seed) {
    public Options {
      if (loops < 1) {
        throw new IllegalArgumentException("loops must be 1 or more, not " + loops);
      }
    }

    /** Ten seconds of one stream a second with 200 tokens in and 100 out. */
    public static Options defaults(URI target, String key) {
      return new Options(
          new Ask(target, key, "auto", 200, 100, true, false),
          new Arrivals.Poisson(1),
          Duration.ofSeconds(10),
          Duration.ofMinutes(2),
          Math.min(2, Runtime.getRuntime().availableProcessors()),
          1);
    }

    public Options with(Ask ask) {
      return new Options(ask, arrivals, duration, timeout, loops, seed);
    }

    public Options with(Arrivals arrivals) {
      return new Options(ask, arrivals, duration, timeout, loops, seed);
    }

    public Options lasting(Duration duration) {
      return new Options(ask, arrivals, duration, timeout, loops, seed);
    }
  }

  /** How far a load is. */
  public record Progress(Duration elapsed, long sent, long answered, long failed) {
    public long inFlight() {
      return sent - answered - failed;
    }
  }

  public static Future<LoadReport> run(Vertx vertx, Options options) {
    return run(vertx, options, _ -> {}, _ -> {});
  }

  /**
   * Ends when every request that was begun has ended.
   *
   * @param progress hears now and then how far it is
   * @param ended hears of each request, from several threads
   */
  public static Future<LoadReport> run(
      Vertx vertx, Options options, Consumer<Progress> progress, Consumer<Finished> ended) {
    var counts = new Counts(ended);
    long beginNanos = System.nanoTime();
    List<Loop> loops = new ArrayList<>();
    List<Future<String>> deployed = new ArrayList<>();
    for (int i = 0; i < options.loops(); i++) {
      var loop = new Loop(options, i, beginNanos, counts);
      loops.add(loop);
      deployed.add(vertx.deployVerticle(loop));
    }
    long ticker =
        vertx.setPeriodic(PROGRESS_MILLIS, _ -> progress.accept(counts.progress(beginNanos)));
    return Future.all(deployed)
        .compose(_ -> Future.all(loops.stream().map(loop -> loop.done.future()).toList()))
        .eventually(() -> {
          vertx.cancelTimer(ticker);
          progress.accept(counts.progress(beginNanos));
          return Future.join(
              deployed.stream()
                  .filter(Future::succeeded)
                  .map(id -> vertx.undeploy(id.result()))
                  .toList());
        })
        .map(_ -> report(loops));
  }

  private static LoadReport report(List<Loop> loops) {
    var all = new Tally();
    loops.forEach(loop -> all.add(loop.tally));
    return all.report();
  }

  private static final class Counts {
    private final LongAdder sent = new LongAdder();
    private final LongAdder answered = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final Consumer<Finished> heard;

    Counts(Consumer<Finished> heard) {
      this.heard = heard;
    }

    Progress progress(long beginNanos) {
      return new Progress(
          Duration.ofNanos(System.nanoTime() - beginNanos),
          sent.sum(),
          answered.sum(),
          failed.sum());
    }
  }

  private static final class Loop extends VerticleBase {
    private final Options options;
    private final int number;
    private final long beginNanos;
    private final long untilNanos;
    private final Counts counts;
    private final Bodies bodies;
    private final Tally tally = new Tally();
    private final Promise<Void> done = Promise.promise();
    private final Set<Call> open = new LinkedHashSet<>();
    private @Nullable HttpClient client;
    private boolean allSent;
    private int asked;

    Loop(Options options, int number, long beginNanos, Counts counts) {
      this.options = options;
      this.number = number;
      this.beginNanos = beginNanos;
      this.untilNanos = options.duration().toNanos();
      this.counts = counts;
      this.bodies = new Bodies(options.ask(), options.seed());
    }

    @Override
    public Future<?> start() {
      var connections =
          new HttpClientOptions()
              .setSsl(options.ask().isSecure())
              .setTcpNoDelay(true)
              .setConnectTimeout(10_000);
      client = vertx.createHttpClient(connections, new PoolOptions().setHttp1MaxSize(65_000));
      vertx.setPeriodic(SWEEP_MILLIS, _ -> sweep());
      if (options.arrivals() instanceof Arrivals.Closed(int clients)) {
        begin(number, clients);
      } else {
        var schedule =
            new Schedule(options.arrivals(), number, options.loops(), untilNanos, options.seed());
        follow(schedule, schedule.next());
      }
      return Future.succeededFuture();
    }

    /** Starts this loop's clients, a few a turn so that those who are there already are heard. */
    private void begin(int from, int clients) {
      int client = from;
      for (int i = 0; i < CLIENTS_PER_TURN && client < clients; i++) {
        ask(sinceBegin(), client);
        client += options.loops();
      }
      if (client < clients) {
        int next = client;
        context.runOnContext(_ -> begin(next, clients));
      } else {
        allSent = number >= clients;
        endWhenIdle();
      }
    }

    private long sinceBegin() {
      return System.nanoTime() - beginNanos;
    }

    private void follow(Schedule schedule, long firstNanos) {
      long at = firstNanos;
      for (long now = sinceBegin(); at <= now; at = schedule.next()) {
        ask(at, schedule.number());
      }
      if (at == Schedule.END) {
        allSent = true;
        endWhenIdle();
        return;
      }
      long next = at;
      // Finer than a Vert.x timer, which counts milliseconds.
      var _ =
          ((ContextInternal) context)
              .nettyEventLoop()
              .schedule(
                  () -> context.runOnContext(_ -> follow(schedule, next)),
                  next - sinceBegin(),
                  TimeUnit.NANOSECONDS);
    }

    private void askAgain() {
      long now = sinceBegin();
      if (now < untilNanos) {
        ask(now, number + asked * options.loops());
      } else {
        allSent = true;
        endWhenIdle();
      }
    }

    private void ask(long intendedNanos, int request) {
      asked++;
      var call = new Call(intendedNanos);
      open.add(call);
      counts.sent.increment();
      tally.sent(sinceBegin() - intendedNanos);
      call.send(body(request));
    }

    private Buffer body(int request) {
      if (options.arrivals() instanceof Arrivals.Replay replay) {
        return bodies.body(request, replay.trace());
      }
      return bodies.body(request, options.ask().promptTokens(), options.ask().maxTokens());
    }

    private void sweep() {
      long giveUp = sinceBegin() - options.timeout().toNanos();
      for (var call : List.copyOf(open)) {
        if (call.startedNanos < giveUp) {
          call.giveUp();
        }
      }
    }

    private void ended(Call call) {
      open.remove(call);
      if (options.arrivals() instanceof Arrivals.Closed) {
        // Not on this stack: a target that refuses at once would make it deep.
        context.runOnContext(_ -> askAgain());
      } else {
        endWhenIdle();
      }
    }

    private void endWhenIdle() {
      if (allSent && open.isEmpty()) {
        done.tryComplete();
      }
    }

    private HttpClient client() {
      return Objects.requireNonNull(client);
    }

    /** One request from its start to its end. */
    private final class Call {
      private final long intendedNanos;
      private final long startedNanos = sinceBegin();
      private @Nullable Runnable reset;
      private long firstNanos = -1;
      private long lastNanos;
      private long contents;
      private long promptTokens;
      private long completionTokens;
      private boolean complete;
      private boolean failedInStream;
      private boolean over;

      Call(long intendedNanos) {
        this.intendedNanos = intendedNanos;
      }

      void send(Buffer body) {
        var ask = options.ask();
        var request =
            new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setHost(ask.target().getHost())
                .setPort(ask.port())
                .setSsl(ask.isSecure())
                .setURI("/v1/chat/completions")
                .putHeader("content-type", "application/json");
        if (!ask.key().isEmpty()) {
          request.putHeader("authorization", "Bearer " + ask.key());
        }
        client()
            .request(request)
            .onFailure(_ -> failed("connect"))
            .onSuccess(connected -> {
              if (over) {
                connected.reset();
                return;
              }
              reset = connected::reset;
              connected
                  .send(body)
                  .onFailure(_ -> failed("closed before the answer"))
                  .onSuccess(response -> {
                    response.exceptionHandler(_ -> failed("closed in the answer"));
                    if (response.statusCode() != 200) {
                      response.endHandler(_ -> failed("status " + response.statusCode()));
                    } else if (ask.stream()) {
                      var events = new EventReader(this::event);
                      response.handler(events::read);
                      response.endHandler(_ -> streamEnded());
                    } else {
                      response.bodyHandler(this::whole);
                    }
                  });
            });
      }

      private void event(String data) {
        if (data.startsWith("[DONE]")) {
          complete = true;
        } else if (Glance.isError(data)) {
          failedInStream = true;
        } else {
          if (Glance.hasUsage(data)) {
            usage(data);
          }
          if (Glance.hasContent(data)) {
            content(sinceBegin());
          }
        }
      }

      private void usage(String json) {
        promptTokens = Glance.number(json, "prompt_tokens");
        completionTokens = Glance.number(json, "completion_tokens");
      }

      private void content(long now) {
        contents++;
        if (firstNanos < 0) {
          firstNanos = now;
          tally.firstToken(now - intendedNanos);
        } else {
          tally.gap(now - lastNanos);
        }
        lastNanos = now;
      }

      private void streamEnded() {
        if (failedInStream) {
          failed("error in the stream");
        } else if (!complete) {
          failed("stream without [DONE]");
        } else {
          long tokens = completionTokens > 0 ? completionTokens : contents;
          if (tokens > 1 && firstNanos >= 0) {
            tally.perToken((lastNanos - firstNanos) / (tokens - 1));
          }
          answered(tokens);
        }
      }

      private void whole(Buffer body) {
        String json = body.toString(StandardCharsets.ISO_8859_1);
        if (Glance.isError(json) || !json.startsWith("{") || !json.contains("\"choices\"")) {
          failed("not an answer");
          return;
        }
        usage(json);
        answered(completionTokens);
      }

      private void answered(long tokens) {
        if (!over) {
          over = true;
          counts.answered.increment();
          long now = sinceBegin();
          tally.answered(now - intendedNanos, promptTokens, tokens, now);
          counts.heard.accept(finished(tokens, now, ""));
          ended(this);
        }
      }

      private void failed(String kind) {
        if (!over) {
          over = true;
          counts.failed.increment();
          long now = sinceBegin();
          tally.failed(kind, now);
          counts.heard.accept(finished(contents, now, kind));
          ended(this);
        }
      }

      private Finished finished(long tokens, long now, String error) {
        boolean streamed = firstNanos >= 0;
        return new Finished(
            intendedNanos / NANOS_PER_SECOND,
            streamed ? (firstNanos - intendedNanos) / NANOS_PER_SECOND : Double.NaN,
            streamed && tokens > 1
                ? (lastNanos - firstNanos) / NANOS_PER_SECOND / (tokens - 1)
                : Double.NaN,
            (now - intendedNanos) / NANOS_PER_SECOND,
            promptTokens,
            tokens,
            error);
      }

      void giveUp() {
        failed("timeout");
        if (reset != null) {
          reset.run();
        }
      }
    }
  }
}
