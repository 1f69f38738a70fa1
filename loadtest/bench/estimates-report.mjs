// What estimates.sh found, by pool: node estimates-report.mjs LINES.jsonl SKIP JOURNAL...
//
// The first SKIP requests are left out, while lengths and speeds are learned. A dry run says four percentiles of a request's
// first token; the p95 of all of a pool's requests is that of the mixture of these distributions (log-normal between two percentiles), which is held
// against what clients saw.
import { readFileSync } from "node:fs";

const [file, skip, ...segments] = process.argv.slice(2);
const lines = readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const accounted = new Map();
for (const segment of segments) {
  for (const line of readFileSync(segment, "utf8").trim().split("\n")) {
    const record = JSON.parse(line);
    accounted.set(record.id, record);
  }
}
const late = lines.filter((each) => each.number >= Number(skip) && !each.error);
const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))];
const sum = (list, of) => list.reduce((total, each) => total + of(each), 0);

function below(x) { // the standard normal distribution (Abramowitz and Stegun 26.2.17)
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
    * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x > 0 ? 1 - tail : tail;
}
const knots = [["p50", 0], ["p90", 1.28155], ["p95", 1.64485], ["p99", 2.32635]];
function deviations(said, x) { // of the normal distribution, where a request's first token of e^x ms is in its own
  const known = knots.filter(([name]) => said[name]).map(([name, z]) => [Math.log(said[name]), z]);
  const next = known.findIndex(([at]) => at >= x);
  const above = next < 0 ? known.length - 1 : Math.max(1, next);
  const [[from, low], [to, high]] = known.slice(above - 1, above + 1);
  return low + ((x - from) * (high - low)) / Math.max(1e-3, to - from);
}
function mixture(requests, q) {
  let [low, high] = [0.01, 1e7];
  while (high / low > 1.0005) {
    const middle = Math.sqrt(low * high);
    const share = sum(requests, (each) => below(deviations(each.expected_ttft_ms, Math.log(middle)))) / requests.length;
    if (share < q) low = middle; else high = middle;
  }
  return low;
}

console.log(`\n${lines.length} requests, ${lines.filter((each) => each.error).length} not answered; the first ${skip} left out`);
for (const error of new Set(lines.map((each) => each.error).filter(Boolean))) {
  const those = lines.filter((each) => each.error === error);
  console.log(`${those.length} times ${error}: ${those[0].message ?? "no words"}`);
}
console.log("\n| pool | requests | expected cost, mean | accounted, mean | off by | p95 first token, predicted | seen | off by | requests within their own p95 | by how much these p95 are over | expected tokens of |");
console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
for (const pool of [...new Set(late.map((each) => each.pool))].sort()) {
  const requests = late.filter((each) => each.pool === pool && each.expected_pool === pool && accounted.get(each.id)?.outcome === "answered");
  const expected = sum(requests, (each) => each.expected_usd) / requests.length;
  const actual = sum(requests, (each) => accounted.get(each.id).cost_usd ?? 0) / requests.length;
  const timed = requests.filter((each) => each.expected_ttft_ms.p95 && each.ttft_ms > 0);
  const predicted = timed.length ? mixture(timed, 0.95) : NaN;
  const seen = quantile(timed.map((each) => each.ttft_ms), 0.95);
  const within = timed.filter((each) => each.ttft_ms <= each.expected_ttft_ms.p95).length / timed.length;
  // What all these p95 would have to be divided by for 95 of 100 requests to stay just within theirs.
  const over = 1 / quantile(timed.map((each) => each.ttft_ms / each.expected_ttft_ms.p95), 0.95) - 1;
  const tokens = sum(requests, (each) => each.expected_completion) / sum(requests, (each) => accounted.get(each.id).completion_tokens);
  const percent = (value) => (100 * value).toFixed(1) + " %";
  console.log(`| ${pool} | ${requests.length} | $${expected.toFixed(6)} | $${actual.toFixed(6)} | ${percent(expected / actual - 1)} | ${predicted.toFixed(0)} ms `
    + `| ${seen?.toFixed(0)} ms | ${percent(predicted / seen - 1)} | ${percent(within)} | ${percent(over)} | ${percent(tokens)} |`);
}
