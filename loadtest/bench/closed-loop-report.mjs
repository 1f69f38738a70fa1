// What came of closed-loop.sh: node closed-loop-report.mjs DIR TTFT TPOT USD_PER_HOUR WARM_UP_SECONDS MODE...
import { readFileSync } from "node:fs";

const [dir, ttftText, tpotText, priceText, warmText, ...modes] = process.argv.slice(2);
const [ttft, tpot, price, warm] = [ttftText, tpotText, priceText, warmText].map(Number);
const read = (name) => readFileSync(`${dir}/${name}`, "utf8");
const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? NaN;

const rows = modes.map((mode) => {
  const requests = read(`${mode}.requests`).trim().split("\n").map((line) => JSON.parse(line)).filter((each) => each.at >= warm);
  const paid = JSON.parse(read(`${mode}.paid`));
  const kept = requests.filter((each) => !each.error && each.ttft <= ttft && (each.tpot ?? 0) <= tpot);
  const series = JSON.parse(read(`${mode}.replicas`)).data.result[0]?.values.map(([, value]) => Number(value)) ?? [];
  return {
    mode,
    requests: requests.length,
    failed: requests.filter((each) => each.error).length,
    late: requests.filter((each) => !each.error && each.ttft > ttft).length,
    slow: requests.filter((each) => !each.error && each.ttft <= ttft && (each.tpot ?? 0) > tpot).length,
    kept: (100 * kept.length) / requests.length,
    ttft95: quantile(requests.filter((each) => each.ttft).map((each) => each.ttft), 0.95),
    tpot95: quantile(requests.filter((each) => each.tpot).map((each) => each.tpot), 0.95),
    hours: paid.replica_seconds / 3600,
    least: Math.min(...series),
    most: Math.max(...series),
    decisions: paid.decisions,
    series,
  };
});
const peak = rows.find((row) => row.mode === "peak");
const number = (value, digits) => value.toFixed(digits);
console.log("\n| | within the SLO | misses (first token, per token, failed) | p95 first token | p95 per token | replica-hours | of peak | cost | servers |");
console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
for (const row of rows) {
  console.log(`| ${row.mode} | ${number(row.kept, 2)} % | ${row.late + row.slow + row.failed} (${row.late}, ${row.slow}, ${row.failed}) of ${row.requests} `
    + `| ${number(row.ttft95, 2)} s | ${number(1000 * row.tpot95, 0)} ms | ${number(row.hours, 2)} `
    + `| ${peak ? number((100 * row.hours) / peak.hours, 0) + " %" : "-"} | $${number(row.hours * price, 2)} | ${row.least}-${row.most} |`);
}
for (const row of rows) {
  console.log(`\nservers up, every 30 s, ${row.mode}: ${row.series.join(" ")}`);
}
for (const mode of modes) {
  const pool = JSON.parse(read(`${mode}.capacity`)).pools.main;
  const { decode, prefill } = pool.calibration;
  console.log(`\nlearned by ${mode}: decode ${number(decode.value, 2)} ± ${number(decode.error, 2)}, prefill ${number(prefill.value, 2)} ± ${number(prefill.error, 2)}, `
    + `${pool.calibration.samples} calls, drifts ${pool.calibration.drifts}; ${pool.slo_rps} requests/s within the SLO`);
}

// The course of what was learned, one figure each half minute.
for (const mode of modes) {
  const lines = read(`${mode}.history`).trim().split("\n").filter((line) => line).map((line) => JSON.parse(line).pools.main);
  const course = lines.filter((_, i) => i % 3 === 2);
  console.log(`\nby half minutes, ${mode}: decode ${course.map((each) => number(each.calibration.decode.value, 2)).join(" ")}`
    + `; desired ${course.map((each) => each.desired_replicas).join(" ")}; requests/s ${course.map((each) => number(each.load.rps, 1)).join(" ")}`);
}
