#!/usr/bin/env bash
# A rolling restart of two gateways behind HAProxy while streams run, and what clients lost.
#
#   loadtest/bench/rolling-restart.sh [--streams 500] [--seconds 90] [--delay 3s] [--rolls 1]
#
# Every client keeps one stream of about 10 s open and begins the next when it ends. HAProxy asks each gateway's /ready twice
# a second, has no retries and passes each request to the gateway with fewer connections. When all streams run, the first
# gateway gets SIGTERM; when its process has exited it is started again, and when HAProxy has it back in the second one's
# turn comes; rolls says how often that is done. Prints what each gateway had in flight at its SIGTERM and how long it took to
# exit, and the clients' report; exits 1 unless every request was answered in full.
set -euo pipefail
streams=500 seconds=90 delay=3s rolls=1
while [ $# -gt 0 ]; do
  case $1 in
    --streams) streams=$2 ;; --seconds) seconds=$2 ;; --delay) delay=$2 ;; --rolls) rolls=$2 ;;
    *) echo "usage: rolling-restart.sh [--streams N] [--seconds N] [--delay D] [--rolls N]" >&2; exit 2 ;;
  esac
  shift 2
done
command -v haproxy >/dev/null || { echo "rolling-restart.sh: haproxy is missing: apt-get install haproxy" >&2; exit 3; }
here=$(cd "$(dirname "$0")/../.." && pwd)
ulimit -n $((6 * streams + 1000)) 2>/dev/null || ulimit -n "$(ulimit -Hn)"

work=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}" "${gateways[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
gateways=()

until_so() { # what is waited for, a command
  for _ in $(seq 600); do
    "${@:2}" && return
    sleep 0.1
  done
  echo "rolling-restart.sh: waited in vain for $1" >&2
  tail -n 5 "$work"/*.out >&2
  exit 1
}

"$here/penstock" --help >/dev/null
servers=$(((streams + 199) / 200))
backends=
for i in $(seq "$servers"); do
  PENSTOCK_JAVA_OPTS=-Xmx128m "$here/penstock" modelserver --model llama-3.1-8b --gpu h200 --speed 0.15 --seed "$i" \
    --port $((25100 + i)) >"$work/server$i.out" 2>&1 &
  pids+=($!)
  backends="$backends{id: s$i, url: \"http://127.0.0.1:$((25100 + i))\"}, "
done
for i in $(seq "$servers"); do until_so "server $i" grep -q '^ready' "$work/server$i.out"; done

key=sk-bench-0000000000000000
for i in 0 1; do
  cat >"$work/penstock$i.yaml" <<CONF
server: {host: 127.0.0.1, port: $((25200 + i)), drain-delay: $delay, drain-timeout: 60s}
admin: {port: $((25210 + i))}
tiers:
  bench:
    limits: {requests: 1000000000/minute, tokens: 1000000000000/minute, concurrency: 100000}
    route: {simple: all, medium: all, complex: all}
keys: [{id: bench, sha256: "$(printf %s "$key" | sha256sum | cut -d' ' -f1)", tier: bench, tenant: bench}]
pools:
  all:
    model: llama-3.1-8b
    backends: [${backends%, }]
    timeouts: {connect: 10s, first-token: 2m, between-tokens: 1m, total: 10m}
CONF
done
start() { # which gateway
  "$here/penstock" serve --config "$work/penstock$1.yaml" >"$work/gateway$1.out" 2>&1 &
  gateways[$1]=$!
  until_so "gateway $1" grep -q '^ready' "$work/gateway$1.out"
}
start 0
start 1

cat >"$work/haproxy.cfg" <<CONF
global
  maxconn $((2 * streams + 100))
defaults
  mode http
  retries 0
  timeout connect 5s
  timeout client 10m
  timeout server 10m
frontend in
  bind 127.0.0.1:25220
  default_backend gateways
backend gateways
  balance leastconn
  option httpchk GET /ready
  default-server check inter 500ms fall 2 rise 2
  server gateway0 127.0.0.1:25200 port 25210
  server gateway1 127.0.0.1:25201 port 25211
CONF
haproxy -f "$work/haproxy.cfg" >"$work/haproxy.out" 2>&1 &
pids+=($!)

inflight() { curl -s "http://127.0.0.1:$((25210 + $1))/metrics" | awk '/^penstock_inflight/ {s += $NF} END {printf "%d", s}'; }
all_run() { [ $(($(inflight 0) + $(inflight 1))) -ge $((streams * 9 / 10)) ]; }
# Who HAProxy has in says so by taking new streams.
is_back() { [ "$(inflight "$1")" -gt 0 ] || gone "$load"; }
gone() { ! kill -0 "$1" 2>/dev/null; }

PENSTOCK_JAVA_OPTS=-Xmx512m "$here/penstock" loadtest --target http://127.0.0.1:25220 --key "$key" --clients "$streams" \
  --model llama-3.1-8b --duration "${seconds}s" --prompt-tokens 50 --max-tokens 150 >"$work/report" 2>&1 &
load=$!
pids+=("$load")
echo "date      $(date -u +%Y-%m-%dT%H:%MZ), $(nproc) cores, $streams streams, $servers model servers, drain-delay $delay"
until_so "the streams" all_run
for _ in $(seq "$rolls"); do
  for i in 0 1; do
    before=$(inflight "$i")
    begun=$(date +%s%N)
    kill -TERM "${gateways[$i]}"
    until_so "the end of gateway $i" gone "${gateways[$i]}"
    rc=0; wait "${gateways[$i]}" || rc=$?
    echo "gateway$i  $before streams in flight at SIGTERM; exited with $rc after $((($(date +%s%N) - begun) / 1000000)) ms"
    start "$i"
    until_so "gateway $i to be back in" is_back "$i"
  done
done
rc=0; wait "$load" || rc=$?
cat "$work/report"
[ "$rc" = 0 ] && echo "lost      none" || { echo "lost      see the report"; exit 1; }
