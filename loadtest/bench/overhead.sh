#!/usr/bin/env bash
# CPU per request of Penstock's full path beside nginx forwarding the same bytes, in one run.
#
#   loadtest/bench/overhead.sh [--seconds 8] [--rounds 5] [--connections 64] [--body 1024] [--warm 30]
#
# The load (wrk) and the model server (nginx answering from memory) share core 0; the proxy under test has core 1 alone.
# CPU is the proxy process's own user and system time over the round, from /proc, divided by the requests that wrk
# saw answered. Targets take turns within each round, so that a machine whose speed drifts slows all alike.
set -euo pipefail
seconds=8 rounds=5 connections=64 body=1024 warm=30
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2 ;; --rounds) rounds=$2 ;; --connections) connections=$2 ;; --body) body=$2 ;; --warm) warm=$2 ;;
    *) echo "usage: overhead.sh [--seconds N] [--rounds N] [--connections N] [--body BYTES] [--warm N]" >&2; exit 2 ;;
  esac
  shift 2
done
for tool in nginx wrk taskset; do
  command -v "$tool" >/dev/null || { echo "overhead.sh: $tool is missing: apt-get install nginx-light wrk util-linux" >&2; exit 3; }
done
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
pids=()
cleanup() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT
mock=18101 plain=18102 gateway=18103 admin=18104

answer='{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"llama-2-7b","choices":[{"index":0,"message":{"role":"assistant","content":"'$(head -c 700 /dev/zero | tr '\0' 'a')'"},"finish_reason":"stop"}],"usage":{"prompt_tokens":200,"completion_tokens":180,"total_tokens":380}}'
nginx_conf() { # name, server block
  cat > "$work/$1.conf" <<CONF
worker_processes 1; daemon off; pid $work/$1.pid; error_log $work/$1.err crit;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 600s; client_body_buffer_size 128k; client_max_body_size 64m;
  client_body_temp_path $work/$1.body; proxy_temp_path $work/$1.proxy; fastcgi_temp_path $work/$1.f; uwsgi_temp_path $work/$1.u; scgi_temp_path $work/$1.s;
  $2
}
CONF
}
nginx_conf mock "server { listen 127.0.0.1:$mock; default_type application/json; location / { return 200 '$answer'; } }"
nginx_conf plain "upstream m { server 127.0.0.1:$mock; keepalive 128; keepalive_requests 100000000; }
  server { listen 127.0.0.1:$plain; location / { proxy_pass http://m; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_buffering off; } }"
key=sk-bench-0000000000000000
sha=$(printf %s "$key" | sha256sum | cut -d' ' -f1)
cat > "$work/penstock.yaml" <<CONF
server: {host: 127.0.0.1, port: $gateway}
admin: {port: $admin}
tiers:
  bench:
    limits: {requests: 1000000000/minute, tokens: 1000000000000/minute, concurrency: 100000}
    priority: high
    route: {simple: small, medium: small, complex: small}
keys: [{id: bench, sha256: "$sha", tier: bench, tenant: bench}]
pools:
  small:
    model: llama-2-7b
    backends: [{id: small-1, url: "http://127.0.0.1:$mock"}]
    capacity: {gpu: l4, gpus-per-replica: 1, engine: vllm, weights: fp16, kv: fp16, usd-per-gpu-hour: 0.8, min: 1, max: 4}
    timeouts: {connect: 1s, first-token: 30s, between-tokens: 15s, total: 10m}
CONF
prompt=$(head -c "$((body > 200 ? body - 160 : 40))" < <(yes 'Tell me how a pump works and what it needs. ' | tr -d '\n'))
cat > "$work/post.lua" <<LUA
wrk.method = "POST"
wrk.path = "/v1/chat/completions"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer $key"
wrk.body = '{"model":"auto","messages":[{"role":"system","content":"You answer shortly."},{"role":"user","content":"$prompt"}],"max_tokens":200}'
LUA
taskset -c 0 nginx -c "$work/mock.conf" & pids+=($!)
taskset -c 1 nginx -c "$work/plain.conf" & plain_pid=$!; pids+=($plain_pid)
"$here/penstock" --help >/dev/null
taskset -c 1 "$here/penstock" serve --config "$work/penstock.yaml" > "$work/penstock.out" 2>&1 & gateway_pid=$!; pids+=($gateway_pid)
for _ in $(seq 100); do grep -q '^ready' "$work/penstock.out" && break; sleep 0.1; done
grep -q '^ready' "$work/penstock.out" || { cat "$work/penstock.out" >&2; exit 1; }

ticks=$(getconf CLK_TCK)
jiffies() { # the process and its children
  local total=0 pid
  for pid in "$1" $(pgrep -P "$1" || true); do
    total=$((total + $(awk '{print $14 + $15}' "/proc/$pid/stat")))
  done
  echo "$total"
}
load() { taskset -c 0 wrk -t1 -c"$connections" -d"${1}s" -s "$work/post.lua" "http://127.0.0.1:$2" > "$work/wrk.out" 2>&1; }
measure() { # pid, port -> "us requests/s errors"
  local before after requests errors
  before=$(jiffies "$1"); load "$seconds" "$2"; after=$(jiffies "$1")
  requests=$(awk '/requests in/ {print $1}' "$work/wrk.out")
  errors=$(awk '/Non-2xx/ {print $NF}' "$work/wrk.out")
  awk -v d=$((after - before)) -v t="$ticks" -v n="$requests" -v s="$seconds" -v e="${errors:-0}" 'BEGIN {printf "%.2f %.0f %d\n", d / t * 1e6 / n, n / s, e}'
}
load "$warm" $gateway; load 3 $plain # warm up: the JIT, the connections
echo "round nginx_us nginx_rps penstock_us penstock_rps ratio errors"
for round in $(seq "$rounds"); do
  read -r nu nr ne < <(measure $plain_pid $plain)
  read -r pu pr pe < <(measure $gateway_pid $gateway)
  awk -v r="$round" -v a="$nu" -v b="$nr" -v c="$pu" -v d="$pr" -v e=$((ne + pe)) 'BEGIN {printf "%d %.1f %d %.1f %d %.2f %d\n", r, a, b, c, d, c / a, e}'
done | tee "$work/rows"
awk '{n[NR]=$2; p[NR]=$4; q[NR]=$6} END {m=int((NR+1)/2); asort(n); asort(p); asort(q); printf "median nginx %.1f us, penstock %.1f us, ratio %.2f (body %d bytes, %d connections)\n", n[m], p[m], q[m], b, c}' b="$body" c="$connections" "$work/rows" 2>/dev/null \
  || { median() { cut -d' ' -f"$1" "$work/rows" | sort -n | sed -n "$(((rounds + 1) / 2))p"; }; echo "median nginx $(median 2) us, penstock $(median 4) us, ratio $(median 6) (body $body bytes, $connections connections)"; }
