package io.penstock.loadtest.modelserver;

import io.penstock.loadtest.modelserver.Sequence.Timeline;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** The server's metrics under vLLM's names. Only the server's loop writes and renders them. */
final class Meters {
  private static final double[] SECONDS = {
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40,
    80, 160, 640, 2560
  };
  private static final double[] TOKENS = {
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000
  };
  private static final double[] STEP_TOKENS = {
    1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384
  };
  private static final double[] SMALL = {1, 2, 5, 10, 20};

  private final String labels;
  private final AtomicLong finished = new AtomicLong();
  private final Map<String, Long> finishedByReason =
      new TreeMap<>(Map.of("stop", 0L, "length", 0L, "abort", 0L));
  private long promptTokens;
  private long generationTokens;
  private final List<Histogram> histograms = new ArrayList<>();
  private final Histogram firstToken =
      seconds("time_to_first_token_seconds", "Time to first token");
  private final Histogram interToken =
      seconds("inter_token_latency_seconds", "Time between two tokens");
  private final Histogram perToken =
      seconds("request_time_per_output_token_seconds", "Time per output token of a request");
  private final Histogram total =
      seconds("e2e_request_latency_seconds", "Time from arrival to the last token");
  private final Histogram queue = seconds("request_queue_time_seconds", "Time spent waiting");
  private final Histogram inference =
      seconds("request_inference_time_seconds", "Time spent running");
  private final Histogram prefill =
      seconds("request_prefill_time_seconds", "Time spent in prefill");
  private final Histogram decode = seconds("request_decode_time_seconds", "Time spent in decode");
  private final Histogram prompts =
      histogram("request_prompt_tokens", "Prompt tokens of a request", TOKENS);
  private final Histogram generations =
      histogram("request_generation_tokens", "Generated tokens of a request", TOKENS);
  private final Histogram iterations =
      histogram("iteration_tokens_total", "Tokens of an engine step", STEP_TOKENS);
  private final Histogram choices = histogram("request_params_n", "The n of a request", SMALL);
  private final Histogram maxTokens =
      histogram("request_params_max_tokens", "The max_tokens of a request", TOKENS);

  Meters(String model) {
    this.labels =
        "engine=\"0\",model_name=\"" + model.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  long finished() {
    return finished.get();
  }

  void asked(GenerationRequest request) {
    choices.record(request.n());
    if (request.maxTokens() > 0) {
      maxTokens.record(request.maxTokens());
    }
  }

  void step(int tokens) {
    iterations.record(tokens);
  }

  void firstToken(double seconds) {
    firstToken.record(seconds);
  }

  void nextToken(double seconds) {
    interToken.record(seconds);
  }

  void generated(int tokens) {
    generationTokens += tokens;
  }

  void prompt(int tokens) {
    promptTokens += tokens;
  }

  void finished(Timeline timeline, String reason) {
    finished.incrementAndGet();
    finishedByReason.merge(reason, 1L, Long::sum);
    total.record(between(timeline.arrivedNanos(), timeline.finishedNanos()));
    queue.record(between(timeline.arrivedNanos(), timeline.admittedNanos()));
    inference.record(between(timeline.admittedNanos(), timeline.finishedNanos()));
    prefill.record(between(timeline.admittedNanos(), timeline.firstTokenNanos()));
    decode.record(between(timeline.firstTokenNanos(), timeline.finishedNanos()));
    prompts.record(timeline.promptTokens());
    generations.record(timeline.completionTokens());
    if (timeline.completionTokens() > 1) {
      perToken.record(
          between(timeline.firstTokenNanos(), timeline.finishedNanos())
              / (timeline.completionTokens() - 1));
    }
  }

  void aborted() {
    finishedByReason.merge("abort", 1L, Long::sum);
  }

  private static double between(long fromNanos, long toNanos) {
    return Math.max(0, toNanos - fromNanos) / 1e9;
  }

  String render(Engine engine, int hanging, int blockTokens) {
    var text = new StringBuilder(16_000);
    gauge(
        text,
        "num_requests_running",
        "Requests in the running batch",
        engine.running() + (double) hanging);
    gauge(text, "num_requests_waiting", "Requests that wait", engine.waiting());
    gauge(text, "kv_cache_usage_perc", "Share of the KV cache in use, 1 is all", engine.kvUsage());
    counter(text, "num_preemptions", "Preemptions so far", (double) engine.preemptions());
    counter(
        text,
        "prefix_cache_queries",
        "Prompt tokens that were looked for in the prefix cache",
        (double) engine.queriedTokens());
    counter(
        text,
        "prefix_cache_hits",
        "Prompt tokens that were found in the prefix cache",
        (double) engine.hitTokens());
    counter(text, "prompt_tokens", "Prompt tokens taken in", (double) promptTokens);
    counter(text, "generation_tokens", "Tokens generated", (double) generationTokens);
    head(text, "request_success_total", "Requests by how they ended", "counter");
    finishedByReason.forEach((reason, count) ->
        text.append("vllm:request_success_total{")
            .append(labels)
            .append(",finished_reason=\"")
            .append(reason)
            .append("\"} ")
            .append((double) count)
            .append('\n'));
    head(text, "cache_config_info", "The KV cache's configuration", "gauge");
    text.append("vllm:cache_config_info{block_size=\"")
        .append(blockTokens)
        .append("\",num_gpu_blocks=\"")
        .append(engine.blocks())
        .append("\",engine=\"0\"} 1.0\n");
    histograms.forEach(histogram -> histogram.render(text, labels));
    return text.toString();
  }

  private void gauge(StringBuilder text, String name, String help, double value) {
    head(text, name, help, "gauge");
    text.append("vllm:")
        .append(name)
        .append('{')
        .append(labels)
        .append("} ")
        .append(value)
        .append('\n');
  }

  private void counter(StringBuilder text, String name, String help, double value) {
    head(text, name + "_total", help, "counter");
    text.append("vllm:")
        .append(name)
        .append("_total{")
        .append(labels)
        .append("} ")
        .append(value)
        .append('\n');
  }

  private static void head(StringBuilder text, String name, String help, String type) {
    text.append("# HELP vllm:")
        .append(name)
        .append(' ')
        .append(help)
        .append(".\n# TYPE vllm:")
        .append(name)
        .append(' ')
        .append(type)
        .append('\n');
  }

  private Histogram seconds(String name, String help) {
    return histogram(name, help + " in seconds", SECONDS);
  }

  private Histogram histogram(String name, String help, double[] bounds) {
    var histogram = new Histogram(name, help, bounds);
    histograms.add(histogram);
    return histogram;
  }

  private static final class Histogram {
    private final String name;
    private final String help;
    private final double[] bounds;
    private final long[] counts;
    private double sum;

    Histogram(String name, String help, double[] bounds) {
      this.name = name;
      this.help = help;
      this.bounds = bounds;
      this.counts = new long[bounds.length + 1];
    }

    void record(double value) {
      int bucket = 0;
      while (bucket < bounds.length && value > bounds[bucket]) {
        bucket++;
      }
      counts[bucket]++;
      sum += value;
    }

    void render(StringBuilder text, String labels) {
      head(text, name, help, "histogram");
      long below = 0;
      for (int i = 0; i < counts.length; i++) {
        below += counts[i];
        String bound = i < bounds.length ? Double.toString(bounds[i]) : "+Inf";
        text.append("vllm:")
            .append(name)
            .append("_bucket{")
            .append(labels)
            .append(",le=\"")
            .append(bound)
            .append("\"} ")
            .append((double) below)
            .append('\n');
      }
      text.append("vllm:")
          .append(name)
          .append("_sum{")
          .append(labels)
          .append("} ")
          .append(sum)
          .append('\n');
      text.append("vllm:")
          .append(name)
          .append("_count{")
          .append(labels)
          .append("} ")
          .append((double) below)
          .append('\n');
    }
  }
}
