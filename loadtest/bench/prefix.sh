#!/usr/bin/env bash
# What it is worth to send a prompt where its beginning is known: a trace that says which blocks of prompts are the
# same, through one gateway to simulated model servers with prefix caches, by each of the ways to balance in turn.
#
#   loadtest/bench/prefix.sh --trace FILE [--servers 4] [--gpu l4] [--shrink 8] [--speed 20] [--load 1]
#                            [--seconds 180] [--by "round-robin least-loaded prefix"]
#
# Shrink divides the lengths of prompts and completions, so that two cores carry the whole: an L4 computes prompts and
# holds about an eighth of what an H100 does, so that 4 of them under a trace of eighths stand for 4 H100 under the whole.
# Speed divides the servers' times; the trace is replayed load times as fast as that, so that load is how many times
# the trace's own rate the servers see. Seconds are those of the run. The times below are multiplied by the speed again.
# Hit rate and first token are the servers' own (vllm:prefix_cache_*, vllm:time_to_first_token_seconds), by the
# schedule of their engines, which a busy machine does not stretch; the client's report, which it does, follows.
set -euo pipefail
trace= servers=4 gpu=l4 shrink=8 speed=20 load=1 seconds=180 ways="round-robin least-loaded prefix"
while [ $# -gt 0 ]; do
  case $1 in
    --trace) trace=$2 ;; --servers) servers=$2 ;; --gpu) gpu=$2 ;; --shrink) shrink=$2 ;; --speed) speed=$2 ;; --load) load=$2 ;;
    --seconds) seconds=$2 ;; --by) ways=$2 ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift 2
done
[ -r "$trace" ] || { echo "prefix.sh: --trace FILE is needed, a .jsonl with hash_ids" >&2; exit 2; }
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  pids=()
}
trap 'stop; rm -rf "$work"' EXIT

await() { # file, what to wait for
  for _ in $(seq 600); do
    grep -q "$2" "$1" && return
    sleep 0.1
  done
  cat "$1" >&2
  exit 1
}

key=sk-bench-0000000000000000
"$here/penstock" --help >/dev/null

run() { # how to balance
  local backends= i
  for i in $(seq "$servers"); do
    PENSTOCK_JAVA_OPTS=-Xmx256m "$here/penstock" modelserver --model llama-3.1-8b --gpu "$gpu" --speed "$speed" \
      --port $((18400 + i)) >"$work/server$i.out" 2>&1 &
    pids+=($!)
    backends="$backends{id: s$i, url: \"http://127.0.0.1:$((18400 + i))\"}, "
  done
  for i in $(seq "$servers"); do await "$work/server$i.out" "^ready"; done
  cat >"$work/penstock.yaml" <<CONF
server: {host: 127.0.0.1, port: 18420}
admin: {port: 18421}
tiers:
  bench:
    limits: {requests: 1000000000/minute, tokens: 1000000000000/minute, concurrency: 100000}
    route: {simple: all, medium: all, complex: all}
keys: [{id: bench, sha256: "$(printf %s "$key" | sha256sum | cut -d' ' -f1)", tier: bench, tenant: bench}]
pools:
  all:
    model: llama-3.1-8b
    backends: [${backends%, }]
    balance: {by: $1}
    capacity: {gpu: $gpu, gpus-per-replica: 1, engine: vllm, weights: fp16, kv: fp16, usd-per-gpu-hour: 3, min: 1, max: 64}
    timeouts: {connect: 10s, first-token: 2m, between-tokens: 1m, total: 10m}
CONF
  "$here/penstock" serve --config "$work/penstock.yaml" >"$work/gateway.out" 2>&1 &
  pids+=($!)
  await "$work/gateway.out" "^ready"
  PENSTOCK_JAVA_OPTS=-Xmx768m "$here/penstock" loadtest --target http://127.0.0.1:18420 --key "$key" \
    --model llama-3.1-8b --trace "$trace" --shrink "$shrink" --speed "$(awk "BEGIN {print $speed * $load}")" --duration "${seconds}s" \
    >"$work/report" 2>&1 || true
  echo "--- $1"
  for i in $(seq "$servers"); do curl -s "http://127.0.0.1:$((18400 + i))/metrics"; done >"$work/metrics"
  awk -v speed="$speed" '
    {value = $NF; name = $1; sub(/\{.*/, "", name); sum[name] += value}
    name == "vllm:prompt_tokens_total" {n++; least = n == 1 || value < least ? value : least; most = value > most ? value : most}
    name == "vllm:time_to_first_token_seconds_bucket" {
      match($1, /le="[^"]*"/); le = substr($1, RSTART + 4, RLENGTH - 5)
      if (!(le in bucket)) order[++bounds] = le
      bucket[le] += value
    }
    function quantile(q,   i, low, below) { # linear inside a bucket, as Prometheus has it
      low = 0; below = 0
      for (i = 1; i <= bounds; i++) {
        if (bucket[order[i]] >= q * bucket["+Inf"]) {
          if (order[i] == "+Inf") return low * speed
          return (low + (order[i] - low) * (q * bucket["+Inf"] - below) / (bucket[order[i]] - below)) * speed
        }
        low = order[i]; below = bucket[order[i]]
      }
    }
    END {
      printf "hit rate     %.1f %% of %.1f million prompt tokens\n", 100 * sum["vllm:prefix_cache_hits_total"] / sum["vllm:prefix_cache_queries_total"], sum["vllm:prefix_cache_queries_total"] / 1e6
      printf "first token  mean %.0f ms, p50 %.0f ms, p90 %.0f ms, p99 %.0f ms\n", 1e3 * speed * sum["vllm:time_to_first_token_seconds_sum"] / sum["vllm:time_to_first_token_seconds_count"], 1e3 * quantile(0.5), 1e3 * quantile(0.9), 1e3 * quantile(0.99)
      printf "prompt       %.0f %% of the mean at the server with the least, %.0f %% at the one with the most\n", 100 * least * n / sum["vllm:prompt_tokens_total"], 100 * most * n / sum["vllm:prompt_tokens_total"]
      printf "preempted    %d\n", sum["vllm:num_preemptions_total"]
    }' "$work/metrics"
  sed 's/^/client: /' "$work/report"
  stop
}

echo "date      $(date -u +%Y-%m-%dT%H:%MZ), $(nproc) cores, load average $(cut -d' ' -f1-3 /proc/loadavg) before the run"
echo "servers   $servers x $gpu with llama-3.1-8b, times divided by $speed; lengths divided by $shrink, $load times the trace's rate"
for way in $ways; do run "$way"; done
