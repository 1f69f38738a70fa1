#!/usr/bin/env bash
# What it gains a server to be sent embeddings many at a time, by its own metrics: the same requests through Penstock, as they come
# and collected (`batch` of a pool).
#
#   loadtest/bench/batch.sh [--seconds 20] [--rate 200] [--wait 50ms] [--max 32] [--gpu h100]
#
# One simulated model server (llama-3.1-8b); inputs of about 80 tokens, arrivals Poisson; times in ms from the intended start. A step of the
# engine reads all weights however few tokens are in it, so fewer steps for the same tokens are time that it has for others.
set -euo pipefail
seconds=20 rate=200 wait=50ms max=32 gpu=h100 port=23200
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2 ;; --rate) rate=$2 ;; --wait) wait=$2 ;; --max) max=$2 ;; --gpu) gpu=$2 ;; --port) port=$2 ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift 2
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

"$here/penstock" --help >/dev/null
at=$port
start() { # name, further keys of the pool; the server's and the gateway's ports in $server and $gateway
  server=$at gateway=$((at + 1)) at=$((at + 3))
  PENSTOCK_JAVA_OPTS=-Xmx256m "$here/penstock" modelserver --model llama-3.1-8b --gpu "$gpu" --port "$server" >"$work/server-$1" 2>&1 &
  pids+=($!)
  cat >"$work/$1.yaml" <<CONF
server: {host: 127.0.0.1, port: $gateway}
admin: {port: $((gateway + 1))}
cache: {memory: 0MiB}
tiers: {bench: {limits: {requests: 1000000000/minute, tokens: 1000000000000/minute, concurrency: 100000}, route: {simple: main, medium: main, complex: main}}}
keys: [{id: bench, sha256: "$(printf %s sk-bench-0000000000000000 | sha256sum | cut -d' ' -f1)", tier: bench, tenant: bench}]
pools: {main: {model: llama-3.1-8b, supports: {embeddings: true}, backends: [{id: s, url: "http://127.0.0.1:$server"}], queue: {max-concurrency: 100000}$2}}
CONF
  await "$work/server-$1" "^ready"
  "$here/penstock" serve --config "$work/$1.yaml" >"$work/gateway-$1" 2>&1 &
  pids+=($!)
  await "$work/gateway-$1" "^ready"
}
echo "date      $(date -u +%Y-%m-%dT%H:%MZ), $(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg)"
echo "embeddings of about 80 tokens, $rate a second for $seconds s, one $gpu"
start "as they come" ""
node "$here/loadtest/bench/batch.mjs" "as they come" $server $gateway "$rate" "$seconds"
start "collected" ", batch: {wait: $wait, max: $max}"
node "$here/loadtest/bench/batch.mjs" "collected, wait $wait, max $max" $server $gateway "$rate" "$seconds"
