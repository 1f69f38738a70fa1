#!/usr/bin/env bash
# A burst of three tiers at a pool that bears a fifth of it: through Penstock, and through HAProxy to the same servers.
#
#   loadtest/bench/burst.sh [--seconds 60] [--servers 5] [--enterprise 1.25] [--paid 8.75] [--free 15] [--best "4 4.5 5 5.5"] [--only PHASES]
#
# Simulated model servers (mistral-7b on an l4, prompts of about 1,000 tokens, answers of 100 to 300): a pool `main` of them takes all,
# `spare`, one more, is what paid degrades to. Rates are requests a second, arrivals Poisson, times in ms from the intended start.
# Good: within a TTFT of 1.5 s and 100 ms a token; the first 15 s of each load are its start and do not count, except for
# the enterprise's times. One in ten of those refused comes back when told: kept, it was answered; broken, it was refused again.
#
#   unloaded  enterprise alone
#   best      one tier without a priority at rates around what main bears, through HAProxy: the most good answers a second
#   burst     all three tiers, through Penstock
#   haproxy   the same requests through HAProxy, least connections, which knows no tiers: to the servers of main and spare
set -euo pipefail
seconds=60 servers=5 enterprise=1.25 paid=8.75 free=15 best="4 4.5 5 5.5" only="unloaded best burst haproxy" gpu=l4 port=23000
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2 ;; --servers) servers=$2 ;; --enterprise) enterprise=$2 ;; --paid) paid=$2 ;; --free) free=$2 ;;
    --best) best=$2 ;; --only) only=$2 ;; --port) port=$2 ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift 2
done
for tool in haproxy node; do
  command -v "$tool" >/dev/null || { echo "burst.sh: $tool is missing" >&2; exit 3; }
done
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"' EXIT
await() { # file, what to wait for
  for _ in $(seq 600); do grep -q "$2" "$1" && return; sleep 0.1; done
  cat "$1" >&2
  exit 1
}
hash() { printf %s "sk-burst-$1" | sha256sum | cut -d' ' -f1; }

"$here/penstock" --help >/dev/null
backends= lines=
for i in $(seq $((servers + 1))); do
  PENSTOCK_JAVA_OPTS=-Xmx256m "$here/penstock" modelserver --model mistral-7b --gpu $gpu --no-prefix-caching --port $((port + i)) --seed "$i" >"$work/server$i" 2>&1 &
  pids+=($!)
  line="server s$i 127.0.0.1:$((port + i))"
  lines="$lines  $line"$'\n'
  if [ "$i" -le "$servers" ]; then
    backends="$backends{id: s$i, url: \"http://127.0.0.1:$((port + i))\"}, " mains=$lines
  fi
done
limits='limits: {requests: 1000000000/minute, tokens: 1000000000000/minute, concurrency: 100000}'
route='route: {simple: spare, medium: main, complex: main}'
hardware="capacity: {gpu: $gpu, gpus-per-replica: 1, engine: vllm, weights: fp16, kv: fp16, usd-per-gpu-hour: 0.8, min: 1, max: 8}"
slo='slo: {ttft: 1500ms, tpot: 100ms}'
cat >"$work/penstock.yaml" <<CONF
server: {host: 127.0.0.1, port: $((port + 20))}
admin: {port: $((port + 21))}
complexity: {medium: 0, complex: 1}
cache: {memory: 0MiB}
tiers:
  enterprise: {$limits, priority: high, $route, when-busy: wait}
  paid: {$limits, priority: normal, $route, when-busy: degrade}
  free: {$limits, priority: low, $route, when-busy: reject}
keys:
  - {id: enterprise, sha256: "$(hash enterprise)", tier: enterprise, tenant: a}
  - {id: paid, sha256: "$(hash paid)", tier: paid, tenant: b}
  - {id: free, sha256: "$(hash free)", tier: free, tenant: c}
pools:
  main:
    model: mistral-7b
    backends: [$backends]
    $hardware
    $slo
  spare:
    model: mistral-7b
    backends: [{id: s$((servers + 1)), url: "http://127.0.0.1:$((port + servers + 1))"}]
    $hardware
    $slo
CONF
cat >"$work/haproxy.cfg" <<CONF
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  balance leastconn
listen all
  bind 127.0.0.1:$((port + 22))
$lines
listen main
  bind 127.0.0.1:$((port + 23))
$mains
CONF
for i in $(seq $((servers + 1))); do await "$work/server$i" "^ready"; done
"$here/penstock" serve --config "$work/penstock.yaml" >"$work/gateway" 2>&1 & pids+=($!)
await "$work/gateway" "^ready"
haproxy -f "$work/haproxy.cfg" >"$work/haproxy" 2>&1 & pids+=($!)

cpu() { # seconds that all of them have used
  local ticks=0 pid
  for pid in "${pids[@]}"; do ticks=$((ticks + $(cut -d' ' -f14,15 "/proc/$pid/stat" | tr ' ' +))); done
  echo $((ticks / $(getconf CLK_TCK)))
}
clients() { # what it is, where, rates
  local before
  before=$(cpu)
  node "$here/loadtest/bench/burst.mjs" "$1" "http://127.0.0.1:$((port + $2))" "${4:-$seconds}" "$3"
  echo "          cpu of the servers and proxies: $(($(cpu) - before)) s"
}
echo "date      $(date -u +%Y-%m-%dT%H:%MZ), $(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg)"
clients warm 20 "paid=4" 30 >/dev/null
case $only in *unloaded*) clients unloaded 20 "enterprise=$enterprise" ;; esac
case $only in *best*) for rate in $best; do clients "best $rate" 23 "paid=$rate"; done ;; esac
case $only in *burst*) clients burst 20 "enterprise=$enterprise paid=$paid free=$free" ;; esac
case $only in *haproxy*) clients haproxy 22 "enterprise=$enterprise paid=$paid free=$free" ;; esac
