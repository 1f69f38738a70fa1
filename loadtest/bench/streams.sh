#!/usr/bin/env bash
# Many streams at once through one gateway process, with simulated model servers behind it.
#
#   loadtest/bench/streams.sh [--streams 2000] [--servers 8] [--speed 0.1] [--seconds 60]
#
# Every client keeps one stream open and begins the next when it ends. One model server runs 256 sequences at a time, so
# that 2,000 streams want 8. Speed divides the servers' times: at 0.1 a token comes every 0.1 to 0.2 s, as from a large
# model, and two cores carry the whole: servers, gateway and clients. Prints the gateway's resident memory before, during
# and after, its CPU, and the clients' report; the same clients' report against one server without a gateway, with that
# server's share of the streams, for comparison. More JVM flags for the gateway: PENSTOCK_JAVA_OPTS.
set -euo pipefail
streams=2000 servers=8 speed=0.1 seconds=60
while [ $# -gt 0 ]; do
  case $1 in
    --streams) streams=$2 ;; --servers) servers=$2 ;; --speed) speed=$2 ;; --seconds) seconds=$2 ;;
    *) echo "usage: streams.sh [--streams N] [--servers N] [--speed X] [--seconds N]" >&2; exit 2 ;;
  esac
  shift 2
done
here=$(cd "$(dirname "$0")/../.." && pwd)
need=$((4 * streams + 500))
ulimit -n "$need" 2>/dev/null || ulimit -n "$(ulimit -Hn)"
[ "$(ulimit -n)" -ge $((2 * streams + 200)) ] || { echo "streams.sh: $(ulimit -n) file descriptors are too few" >&2; exit 3; }

work=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

await() { # file, what to wait for
  for _ in $(seq 600); do
    grep -q "$2" "$1" && return
    sleep 0.1
  done
  cat "$1" >&2
  exit 1
}

options="${PENSTOCK_JAVA_OPTS:-}"
"$here/penstock" --help >/dev/null
backends=
for i in $(seq "$servers"); do
  PENSTOCK_JAVA_OPTS=-Xmx96m "$here/penstock" modelserver --model llama-3.1-8b --gpu h200 --speed "$speed" --seed "$i" \
    --port $((18200 + i)) >"$work/server$i.out" 2>&1 &
  pids+=($!)
  backends="$backends{id: s$i, url: \"http://127.0.0.1:$((18200 + i))\"}, "
done
for i in $(seq "$servers"); do await "$work/server$i.out" "^ready"; done

key=sk-bench-0000000000000000
cat >"$work/penstock.yaml" <<CONF
server: {host: 127.0.0.1, port: 18220}
admin: {port: 18221}
tiers:
  bench:
    limits: {requests: 1000000000/minute, tokens: 1000000000000/minute, concurrency: 100000}
    route: {simple: all, medium: all, complex: all}
keys: [{id: bench, sha256: "$(printf %s "$key" | sha256sum | cut -d' ' -f1)", tier: bench, tenant: bench}]
pools:
  all:
    model: llama-3.1-8b
    backends: [${backends%, }]
    capacity: {gpu: h200, gpus-per-replica: 1, engine: vllm, weights: fp16, kv: fp16, usd-per-gpu-hour: 3, min: 1, max: 8}
    timeouts: {connect: 10s, first-token: 2m, between-tokens: 1m, total: 10m}
CONF
PENSTOCK_JAVA_OPTS="$options" "$here/penstock" serve --config "$work/penstock.yaml" >"$work/gateway.out" 2>&1 &
gateway=$!
pids+=("$gateway")
await "$work/gateway.out" "^ready"

memory() { awk '/^VmRSS/ {printf "%.0f MB", $2 / 1024}' "/proc/$gateway/status"; }
processor() { awk '{print $14 + $15}' "/proc/$gateway/stat"; }
load() { # target, clients, seconds
  PENSTOCK_JAVA_OPTS=-Xmx512m "$here/penstock" loadtest --target "$1" --key "$key" --clients "$2" \
    --model llama-3.1-8b --duration "${3}s" --prompt-tokens 50 --max-tokens 300
}
completions='penstock_tokens_total{.*direction="completion"'
sum() { curl -s http://127.0.0.1:18221/metrics | grep "^$1" | awk '{s += $NF} END {printf "%.0f", s}'; }

echo "date      $(date -u +%Y-%m-%dT%H:%MZ), $(nproc) cores, load average $(cut -d' ' -f1-3 /proc/loadavg) before the run"
echo "flags     $(tr '\0' '\n' <"/proc/$gateway/cmdline" | grep -E '^-X' | tr '\n' ' ')"
echo "idle      $(memory)"
load http://127.0.0.1:18220 $((streams / 4)) 20 >/dev/null 2>&1 || true
echo "before    $(memory), warmed up by $((streams / 4)) streams"
begun=$(processor) tokens=$(sum "$completions")
load http://127.0.0.1:18220 "$streams" "$seconds" >"$work/report" 2>&1 &
loading=$!
most=0
while kill -0 "$loading" 2>/dev/null; do
  kill -0 "$gateway" 2>/dev/null || { echo "streams.sh: the gateway has ended:" >&2; tail -20 "$work/gateway.out" >&2; exit 1; }
  now=$(awk '/^VmRSS/ {print $2}' "/proc/$gateway/status")
  open=$(sum 'penstock_inflight')
  [ "$now" -gt "$most" ] && most=$now
  echo "during    $(memory), $open streams open at the gateway" >>"$work/samples"
  sleep 5
done
result=0
wait "$loading" || result=$?
ended=$(processor)
cat "$work/samples"
echo "most      $((most / 1024)) MB"
sleep 5
echo "after     $(memory)"
jcmd=$(dirname "$(readlink -f "/proc/$gateway/exe")")/jcmd
"$jcmd" "$gateway" GC.run >/dev/null
sleep 1
echo "after GC  $(memory), heap: $("$jcmd" "$gateway" GC.heap_info | grep -oE '(DefNew|Tenured|def new generation|tenured generation) +total [0-9]+K, used [0-9]+K' | tr -s ' ' | paste -sd';')"
awk -v ticks=$((ended - begun)) -v hz="$(getconf CLK_TCK)" \
  -v tokens=$(($(sum "$completions") - tokens)) \
  'BEGIN {printf "CPU       %.1f s in all, %.1f us a token\n", ticks / hz, ticks / hz / tokens * 1e6}'
echo "ended     $(curl -s http://127.0.0.1:18221/metrics | grep '^penstock_requests_total' | sed 's/.*outcome="\([a-z]*\)".* /\1 /' | awk '{s[$1] += $2} END {for (o in s) printf "%s %.0f  ", o, s[o]}')"
echo "load      $(cut -d' ' -f1-3 /proc/loadavg) after the run"
echo "--- $streams streams through the gateway"
cat "$work/report"
echo "--- $((streams / servers)) streams at one server, without a gateway"
load "http://127.0.0.1:18201" $((streams / servers)) "$seconds" || true
exit "$result"
