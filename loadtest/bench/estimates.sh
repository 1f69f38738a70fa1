#!/usr/bin/env bash
# What a dry run says of a request beside what became of it, by pool: expected cost and accounted cost, predicted and true time
# to the first token. A gateway and simulated model servers in processes of their own; two pools of GPUs whose hardware is not as the
# config says, and one of a provider that sells tokens, cached ones at less.
#
#   loadtest/bench/estimates.sh [--requests 10000] [--rate 16] [--skip 1000] [--slow 1.3] [--seed 1] [--out DIR]
set -euo pipefail
requests=10000 rate=16 skip=1000 slow=1.3 seed=1 out= base=22500
while [ $# -gt 0 ]; do
  case $1 in
    --requests) requests=$2 ;; --rate) rate=$2 ;; --skip) skip=$2 ;; --slow) slow=$2 ;; --seed) seed=$2 ;; --out) out=$2 ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift 2
done
here=$(cd "$(dirname "$0")/../.." && pwd)
work=${out:-$(mktemp -d)}
mkdir -p "$work"
pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  pids=()
}
trap 'stop; [ -n "$out" ] || rm -rf "$work"' EXIT

await() { # file, what to wait for
  for _ in $(seq 600); do
    grep -q "$2" "$1" && return
    sleep 0.1
  done
  cat "$1" >&2
  exit 1
}

server() { # name, port, further options
  local name=$1 port=$2
  shift 2
  PENSTOCK_JAVA_OPTS=-Xmx192m "$here/penstock" modelserver --port "$port" --max-model-len 4096 "$@" >"$work/$name.out" 2>&1 &
  pids+=($!)
}

"$here/penstock" --help >/dev/null
for i in 1 2; do server "small$i" $((base + i)) --model llama-2-7b --gpu a10g --seed "$i" --fault "slow=${slow}x"; done
for i in 1 2 3 4; do server "medium$i" $((base + 10 + i)) --model llama-2-13b --gpu l40s --seed "$i" --fault "slow=${slow}x"; done
server large $((base + 20)) --model llama-2-70b --gpu h100 --gpus 4 --alias gpt-4o
for out_of in small1 small2 medium1 medium2 medium3 medium4 large; do await "$work/$out_of.out" "^ready"; done

keys=(sk-bench-a-0000000000000 sk-bench-b-0000000000000 sk-bench-c-0000000000000)
{
  cat <<CONF
server: {host: 127.0.0.1, port: $((base + 30))}
admin: {host: 127.0.0.1, port: $((base + 31))}
tiers:
  bench:
    limits: {requests: 1000000000/minute, tokens: 1000000000000/minute, concurrency: 100000}
    route: {simple: small, medium: medium, complex: large}
pools:
  small:
    model: llama-2-7b
    backends: [{id: s1, url: "http://127.0.0.1:$((base + 1))"}, {id: s2, url: "http://127.0.0.1:$((base + 2))"}]
    queue: {max-concurrency: 100000}
    capacity: {gpu: a10g, max: 2}
  medium:
    model: llama-2-13b
    backends: [{id: m1, url: "http://127.0.0.1:$((base + 11))"}, {id: m2, url: "http://127.0.0.1:$((base + 12))"}, {id: m3, url: "http://127.0.0.1:$((base + 13))"}, {id: m4, url: "http://127.0.0.1:$((base + 14))"}]
    queue: {max-concurrency: 100000}
    capacity: {gpu: l40s, max: 4}
  large:
    provider: openai
    model: gpt-4o
    url: http://127.0.0.1:$((base + 20))
    context-length: 4096
    price: {input: 2.5, cached-input: 1.25, output: 10}
traffic: {directory: $work/traffic, fsync: 1s, segment: 64MiB}
keys:
CONF
  for i in 0 1 2; do echo "  - {id: k$i, sha256: \"$(printf %s "${keys[$i]}" | sha256sum | cut -d' ' -f1)\", tier: bench, tenant: t$i}"; done
} >"$work/penstock.yaml"
"$here/penstock" serve --config "$work/penstock.yaml" >"$work/gateway.out" 2>&1 &
pids+=($!)
await "$work/gateway.out" "^ready"

echo "date      $(date -u +%Y-%m-%dT%H:%MZ), $(nproc) cores, load average $(cut -d' ' -f1-3 /proc/loadavg) before the run"
echo "load      $requests requests, $rate a second in the mean; the GPU pools' servers $slow times as slow as configured"
node "$here/loadtest/bench/estimates.mjs" "http://127.0.0.1:$((base + 30))" "$here/loadtest/src/main/resources/io/penstock/loadtest/load/prompts.jsonl" \
  "$work/lines.jsonl" --requests "$requests" --rate "$rate" --seed "$seed" "${keys[@]}"
sleep 3
curl -s "http://127.0.0.1:$((base + 31))/api/capacity" >"$work/capacity.json"
stop
gunzip -f "$work"/traffic/*.gz 2>/dev/null || true
node "$here/loadtest/bench/estimates-report.mjs" "$work/lines.jsonl" "$skip" "$work"/traffic/*.jsonl
node -e '
  const pools = JSON.parse(require("fs").readFileSync(process.argv[1])).pools;
  for (const [name, pool] of Object.entries(pools)) {
    const {decode, prefill, request_ms} = pool.calibration;
    console.log(`learned of ${name}: decode ${decode.value} ± ${decode.error}, prefill ${prefill.value} ± ${prefill.error}, a request ${request_ms.value} ± ${request_ms.error} ms`);
  }' "$work/capacity.json"
