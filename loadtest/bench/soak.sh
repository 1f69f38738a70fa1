#!/usr/bin/env bash
# Hours of ordinary traffic with ordinary trouble, and what the gateway's process holds meanwhile.
#
#   loadtest/bench/soak.sh [--minutes 60] [--clients 30] [--speed 1]
#
# One gateway with a journal, the answer cache and a real Redis; two model servers; streaming clients without a pause. Every two
# minutes a crowd of clients is killed in the middle of its streams; every five the config is read again; every ten a model server is
# killed and comes back a minute later. Every minute a line: resident memory, heap in use, threads, file
# descriptors, answers so far. At the end, with nothing in flight: accepted against answered + refused + failed + cancelled, what is still
# held, and how far the resident memory of the last quarter lies from that of the second.
set -euo pipefail
minutes=60 clients=30 speed=1
while [ $# -gt 0 ]; do
  case $1 in
    --minutes) minutes=$2 ;; --clients) clients=$2 ;; --speed) speed=$2 ;;
    *) echo "usage: soak.sh [--minutes N] [--clients N] [--speed X]" >&2; exit 2 ;;
  esac
  shift 2
done
here=$(cd "$(dirname "$0")/../.." && pwd)
for tool in redis-server redis-cli curl jcmd; do
  command -v "$tool" >/dev/null || { echo "soak.sh: $tool is missing" >&2; exit 3; }
done
ulimit -n "$(ulimit -Hn)"
port=18240 admin=18241 store=18242 server=18243
work=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  pkill -P $$ 2>/dev/null || true
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
"$here/penstock" --help >/dev/null

declare -a servers
model_server() { # number
  PENSTOCK_JAVA_OPTS=-Xmx96m "$here/penstock" modelserver --model llama-3.1-8b --gpu h200 --speed "$speed" --seed "$1" \
    --port $((server + $1)) >"$work/server$1.out" 2>&1 &
  servers[$1]=$!
  pids+=($!)
}
for i in 1 2; do model_server $i; done
for i in 1 2; do await "$work/server$i.out" "^ready"; done
redis-server --port $store --save '' --dir "$work" >"$work/redis.out" 2>&1 &
pids+=($!)
await "$work/redis.out" "Ready to accept"

key=sk-soak-0000000000000000
cat >"$work/penstock.yaml" <<CONF
server: {host: 127.0.0.1, port: $port}
admin: {port: $admin}
redis: {url: "redis://127.0.0.1:$store"}
cache: {memory: 32MiB, ttl: 5m, when: always}
traffic: {directory: "$work/traffic", segment: 4MiB, limit: 64MiB}
tiers:
  soak:
    limits: {requests: 100000/minute, tokens: 100000000/minute, concurrency: 1000}
    budget: 1000/month
    route: {simple: all, medium: all, complex: all}
keys: [{id: soak, sha256: "$(printf %s "$key" | sha256sum | cut -d' ' -f1)", tier: soak, tenant: soak}]
pools:
  all:
    model: llama-3.1-8b
    backends: [{id: s1, url: "http://127.0.0.1:$((server + 1))"}, {id: s2, url: "http://127.0.0.1:$((server + 2))"}]
    capacity: {gpu: h200, gpus-per-replica: 1, engine: vllm, weights: fp16, kv: fp16, usd-per-gpu-hour: 3, min: 1, max: 8}
    queue: {max-concurrency: 512}
CONF
PENSTOCK_JAVA_OPTS="-Xmx256m ${PENSTOCK_JAVA_OPTS:-}" "$here/penstock" serve --config "$work/penstock.yaml" >"$work/gateway.out" 2>&1 &
gateway=$!
pids+=($gateway)
await "$work/gateway.out" "^ready"

crowd() { # clients, seconds
  exec env PENSTOCK_JAVA_OPTS=-Xmx96m "$here/penstock" loadtest --target "http://127.0.0.1:$port" --key "$key" --clients "$1" \
    --model llama-3.1-8b --duration "${2}s" --prompt-tokens 200 --max-tokens 60
}
crowd "$clients" $((minutes * 60)) >"$work/clients.out" 2>&1 &
clients_pid=$!
pids+=($clients_pid)

metric() { # name, a label that its samples have
  curl -sf "http://127.0.0.1:$admin/metrics" | awk -v name="$1" -v label="${2:-}" '
    ($1 == name || index($1, name "{") == 1) && (label == "" || index($1, label)) {sum += $2} END {printf "%.0f", sum}'
}
rss_kib() { awk '/^VmRSS/ {print $2}' "/proc/$gateway/status"; }
heap_mib() { jcmd "$gateway" GC.heap_info 2>/dev/null | awk '/used/ {match($0, /used [0-9]+K/); print int(substr($0, RSTART + 5, RLENGTH - 6) / 1024); exit}'; }
threads() { awk '/^Threads/ {print $2}' "/proc/$gateway/status"; }
descriptors() { find "/proc/$gateway/fd" -mindepth 1 | wc -l; }

printf '%6s %8s %9s %8s %6s %10s %8s %10s\n' minute 'RSS MiB' 'heap MiB' threads fds answered failed cancelled
began=$(date +%s)
for minute in $(seq "$minutes"); do
  until_next=$((began + 60 * minute - $(date +%s)))
  [ "$until_next" -le 0 ] || sleep "$until_next"
  if [ $((minute % 2)) = 0 ]; then
    crowd 20 60 >"$work/crowd.out" 2>&1 &
    doomed=$!
    (sleep 8; kill -9 "$doomed" 2>/dev/null || true) &
  fi
  [ $((minute % 5)) != 0 ] || kill -HUP $gateway
  if [ $((minute % 10)) = 0 ]; then
    kill -9 "${servers[1]}" 2>/dev/null || true
  fi
  if [ $((minute % 10)) = 1 ] && ! kill -0 "${servers[1]}" 2>/dev/null; then
    model_server 1
  fi
  rss_kib >>"$work/rss"
  printf '%6d %8d %9s %8d %6d %10s %8s %10s\n' "$minute" $(($(rss_kib) / 1024)) "$(heap_mib)" "$(threads)" "$(descriptors)" \
    "$(metric penstock_requests_total 'outcome="answered"')" "$(metric penstock_requests_total 'outcome="failed"')" \
    "$(metric penstock_requests_total 'outcome="cancelled"')"
done
wait "$clients_pid" || true
for _ in $(seq 100); do
  [ "$(metric penstock_open_calls)" != 0 ] || break
  sleep 0.1
done
echo
echo "accepted $(metric penstock_accepted_total), ended $(metric penstock_requests_total), open $(metric penstock_open_calls), reservations $(metric penstock_reservations_outstanding), in flight $(metric penstock_inflight), ended twice $(metric penstock_double_endings_total)"
echo "leak reports of Netty's: $(grep -c 'LEAK:' "$work/gateway.out" || true)"
awk '{rss[NR] = $1} END {
  q = int(NR / 4); if (q < 1) exit
  for (i = q + 1; i <= 2 * q; i++) second += rss[i]
  for (i = NR - q + 1; i <= NR; i++) last += rss[i]
  printf "resident memory: %.0f MiB in the second quarter, %.0f MiB in the last (%+.1f %%)\n", second / q / 1024, last / q / 1024, (last / second - 1) * 100
}' "$work/rss"
