#!/usr/bin/env bash
# The loop, closed: a trace of real traffic at its own pace through real processes, the same three times beside one another:
#
#   penstock     the gateway's controller says how many servers there should be
#   utilization  an HPA that keeps the calls in flight at 70 % of what a server bears, from Prometheus
#   peak         as many as the plan has for the trace's busiest minute, from beginning to end
#
# Each has a gateway of its own, simulated model servers as processes of their own that a runner (fleet.mjs) starts and stops, and one
# Prometheus scrapes them all. Every server is slower than the config says by a factor of its own, which no gateway is told.
#
#   loadtest/bench/closed-loop.sh --trace FILE [--from MINUTE] [--seconds 1800] [--warm-up MINUTES] [--modes "penstock utilization peak"] [--slow 1.2,1.8] [--seed 1]
#       [--start 60] [--window 2m] [--headroom 10%] [--initial N] [--peak N] [--bears N] [--ttft 3] [--tpot 0.12] [--out DIR] [--base PORT]
#
# The window of the trace begins at minute FROM; what came in the WARM-UP minutes before it is replayed, too, but not counted: nobody
# who judges an autoscaler judges a gateway that started with the load. In the beginning there are as many servers as an operator
# would start, who knows the first minute's load and the config, but not how slow the hardware is: as `penstock plan` says.
# Peak is by default what `penstock plan` says for the trace on hardware as slow as the servers are in the mean (so it knows
# what the others have to find out). Bears is what the HPA takes for 100 %: how many clients in a closed loop one server of the mean
# slowness keeps within the time per token, as an operator would measure it (`penstock loadtest --clients N`).
# Replica-hours count from the wish for a server to its end, its start and its draining included. Nothing is divided or
# speeded up: a run of half an hour takes half an hour, and about half of one core.
set -euo pipefail
trace= from_minute=0 warm=0 length=1800 modes="penstock utilization peak" slow=1.2,1.8 seed=1 start=60 window=2m headroom=10% initial= peak= bears=28
ttft=3 tpot=0.12 out= gpu=l4 weights=fp8 model=llama-3.1-8b most=24 base=22100
while [ $# -gt 0 ]; do
  case $1 in
    --trace) trace=$2 ;; --from) from_minute=$2 ;; --warm-up) warm=$2 ;; --seconds) length=$2 ;; --modes) modes=$2 ;; --slow) slow=$2 ;; --seed) seed=$2 ;; --start) start=$2 ;;
    --window) window=$2 ;; --headroom) headroom=$2 ;; --initial) initial=$2 ;; --peak) peak=$2 ;; --bears) bears=$2 ;;
    --ttft) ttft=$2 ;; --tpot) tpot=$2 ;; --out) out=$2 ;; --base) base=$2 ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift 2
done
[ -r "$trace" ] || { echo "closed-loop.sh: --trace FILE is needed, Azure's conversations for one" >&2; exit 2; }
here=$(cd "$(dirname "$0")/../.." && pwd)
work=${out:-$(mktemp -d)}
mkdir -p "$work"
pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
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

key=sk-bench-0000000000000000
"$here/penstock" --help >/dev/null

# The part of the trace from one second to another.
part() {
  awk -F, -v from_s="$1" -v until_s="$2" '
    NR == 1 {print; next}
    {split($1, part, /[ :]/); at = part[2] * 3600 + part[3] * 60 + part[4]; if (NR == 2) first = at
     if (at - first >= from_s && at - first < until_s) print}
  ' "$trace"
}
begin=$((60 * from_minute)) warm_s=$((60 * warm))
[ "$warm_s" -le "$begin" ] || { echo "closed-loop.sh: the trace has no $warm minutes before minute $from_minute" >&2; exit 2; }
part $((begin - warm_s)) $((begin + length)) >"$work/trace.csv"
part "$begin" $((begin + length)) >"$work/window.csv"
part $((begin - warm_s)) $((begin - warm_s + 60)) >"$work/first.csv"

pool() { # backends, further keys of capacity.scaling
  cat <<CONF
tiers:
  bench:
    limits: {requests: 1000000000/minute, tokens: 1000000000000/minute, concurrency: 100000}
    route: {simple: main, medium: main, complex: main}
keys: [{id: bench, sha256: "$(printf %s "$key" | sha256sum | cut -d' ' -f1)", tier: bench, tenant: bench}]
pools:
  main:
    model: $model
    context-length: 16384
    backends: [$1]
    balance: {by: least-loaded}
    slo: {ttft: $(awk "BEGIN {print $ttft * 1000}")ms, tpot: $(awk "BEGIN {print $tpot * 1000}")ms}
    queue: {max-concurrency: 100000}
    timeouts: {connect: 5s, first-token: 2m, between-tokens: 1m, total: 10m}
    capacity:
      gpu: $gpu
      weights: $weights
      min: 1
      max: $most
      scaling:
        start: ${start}s
        window: $window
$(printf '%s\n' "$2")
CONF
}

# What the plan has for a part of the trace: a config's, a trace's.
planned() {
  "$here/penstock" plan --config "$1" --traffic "$2" --json | node -pe 'JSON.parse(require("fs").readFileSync(0)).pools[0].plan.replicas'
}

# What the plan says of hardware that is as slow as the servers are in the mean: the same GPU with that much less of everything.
mean=$(awk -v slow="$slow" 'BEGIN {split(slow, each, ","); print (each[1] + each[2]) / 2}')
slowed=$(grep -A1 "^  $gpu:" "$here/config/catalog/gpus.yaml" | awk -v by="$mean" '
  match($0, /bandwidth-gbs: [0-9.]+/) {
    bandwidth = substr($0, RSTART + 15, RLENGTH - 15) / by
    match($0, /tflops: \{[^}]*\}/)
    count = split(substr($0, RSTART + 9, RLENGTH - 10), peaks, /, */)
    for (i = 1; i <= count; i++) {split(peaks[i], peak, ": "); list = list (i > 1 ? ", " : "") peak[1] ": " peak[2] / by}
    printf "bandwidth-gbs: %s, tflops: {%s}", bandwidth, list
  }')
configured=$(printf 'admin: {port: 1}\nserver: {port: 2}\n'; pool '{id: a, url: "http://127.0.0.1:1"}' "")
echo "$configured" >"$work/configured.yaml"
printf '%s\ncatalog: {gpus: {%s: {%s}}}\n' "$configured" "$gpu" "$slowed" >"$work/slowed.yaml"
[ -n "$peak" ] || peak=$(planned "$work/slowed.yaml" "$work/window.csv")
[ -n "$initial" ] || initial=$(planned "$work/configured.yaml" "$work/first.csv")
price=$(grep -A2 "^  $gpu:" "$here/config/catalog/gpus.yaml" | grep -o 'usd-per-hour: [0-9.]*' | head -1 | cut -d' ' -f2)

echo "date      $(date -u +%Y-%m-%dT%H:%MZ), $(nproc) cores, load average $(cut -d' ' -f1-3 /proc/loadavg) before the run"
echo "trace     $(($(wc -l <"$work/window.csv") - 1)) requests in $length s from minute $from_minute, after $warm minutes that do not count; SLO: first token $ttft s, $tpot s a token"
echo "servers   $model $weights on $gpu, each $slow times as slow as configured; $start s to start; in the beginning $initial, at the peak $peak; one bears $bears at once"

cat >"$work/scale" <<'CONF'
#!/bin/sh
exec curl -sf -o /dev/null -X POST --data "$PENSTOCK_REPLICAS" "$FLEET"
CONF
chmod +x "$work/scale"

prometheus=$((base + 90))
at=0
for mode in $modes; do
  at=$((at + 1))
  port=$((base + 10 * at)) from=$((base + 100 * at)) first=$initial most_here=$most
  scaling="        headroom: $headroom"
  hpa=null
  case $mode in
    penstock) scaling="$scaling
        controller: {command: [$work/scale], timeout: 5s}" ;;
    utilization) hpa="{\"prometheus\": \"http://127.0.0.1:$prometheus\", \"query\": \"avg_over_time(sum(penstock_inflight{job=\\\"$mode\\\"})[15s:1s])\",
        \"target\": $(awk "BEGIN {print 0.7 * $bears}")}" ;;
    peak) first=$peak ;;
    *) echo "closed-loop.sh: no mode is called $mode" >&2; exit 2 ;;
  esac
  { printf 'server: {host: 127.0.0.1, port: %d}\nadmin: {port: %d}\n' "$port" $((port + 1)); pool BACKENDS "$scaling"; } >"$work/$mode.template"
  cat >"$work/$mode.json" <<CONF
{"penstock": "$here/penstock", "port": $((port + 2)), "ports": $from, "seed": $seed, "slow": [$slow], "start": $start, "initial": $first, "min": 1, "max": $most,
 "model": "$model", "gpu": "$gpu", "weights": "$weights", "context": 16384, "template": "$work/$mode.template", "config": "$work/$mode.yaml",
 "gateway": "http://127.0.0.1:$((port + 1))", "log": "$work/$mode.log", "hpa": $hpa}
CONF
  node "$here/loadtest/bench/fleet.mjs" "$work/$mode.json" >"$work/$mode.fleet" 2>&1 &
  pids+=($!)
  eval "fleet_$mode=$!"
  await "$work/$mode.fleet" "^ready"
  FLEET="http://127.0.0.1:$((port + 2))/replicas" "$here/penstock" serve --config "$work/$mode.yaml" >"$work/$mode.gateway" 2>&1 &
  pids+=($!)
  await "$work/$mode.gateway" "^ready"
done

{
  echo "global: {scrape_interval: 1s}"
  echo "scrape_configs:"
  at=0
  for mode in $modes; do
    at=$((at + 1))
    echo "  - {job_name: $mode, metrics_path: /metrics, static_configs: [{targets: ['127.0.0.1:$((base + 10 * at + 1))']}]}"
  done
} >"$work/prometheus.yml"
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/prometheus" --web.listen-address="127.0.0.1:$prometheus" \
  --log.level=warn >"$work/prometheus.out" 2>&1 &
pids+=($!)
sleep 5

loads=()
at=0
for mode in $modes; do
  at=$((at + 1))
  fleet=fleet_$mode
  kill -USR1 "${!fleet}"
  PENSTOCK_JAVA_OPTS=-Xmx512m "$here/penstock" loadtest --target "http://127.0.0.1:$((base + 10 * at))" --key "$key" --model "$model" \
    --trace "$work/trace.csv" --full-length --record "$work/$mode.requests" >"$work/$mode.report" 2>&1 &
  loads+=($!)
done
pids+=("${loads[@]}")
(
  while sleep 10; do
    at=0
    for mode in $modes; do
      at=$((at + 1))
      curl -s "http://127.0.0.1:$((base + 10 * at + 1))/api/capacity" >>"$work/$mode.history" && echo >>"$work/$mode.history"
    done
  done
) &
pids+=($!)
(
  sleep "$warm_s"
  for mode in $modes; do
    fleet=fleet_$mode
    kill -USR2 "${!fleet}"
  done
) &
for load in "${loads[@]}"; do wait "$load" || true; done

at=0
for mode in $modes; do
  at=$((at + 1))
  curl -s "http://127.0.0.1:$((base + 10 * at + 2))/" >"$work/$mode.paid"
  curl -s "http://127.0.0.1:$((base + 10 * at + 1))/api/capacity" >"$work/$mode.capacity"
  curl -sG "http://127.0.0.1:$prometheus/api/v1/query_range" --data-urlencode "query=penstock_capacity_replicas{job=\"$mode\"}" \
    --data-urlencode "start=$(($(date +%s) - length - 30))" --data-urlencode "end=$(date +%s)" --data-urlencode step=30 >"$work/$mode.replicas"
done
node "$here/loadtest/bench/closed-loop-report.mjs" "$work" "$ttft" "$tpot" "$price" "$warm_s" $modes
