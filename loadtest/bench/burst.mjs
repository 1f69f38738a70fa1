// The clients of burst.sh: tiers at open load, every time counted from the intended start. Prints a row for each tier.
//
//   node burst.mjs NAME URL SECONDS "TIER=RATE ..."
import http from "node:http";

const [name, base, length, wanted] = process.argv.slice(2);
const seconds = +length, start = 15, drain = 30;
const slo = { ttft: 1500, tpot: 100 }, answer = 200, words = 340, obeys = 10, graceMillis = 20;
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
let seed = 7;
const random = () => { // mulberry32
  let t = (seed = (seed + 0x6d2b79f5) | 0);
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const prompt = () => Array.from({ length: words }, () => "w" + Math.floor(random() * 9000)).join(" ");
const body = () => JSON.stringify({ model: "mistral-7b", stream: true, max_tokens: Math.round(answer * (0.5 + random())), ignore_eos: true, messages: [{ role: "user", content: prompt() }] });
const tiers = {}, began = Date.now() + 500;

function ask(tier, at, obeying, question = body()) {
  const mine = tiers[tier], counts = at - began >= start * 1000 && !obeying;
  if (!obeying) mine.asked++;
  if (counts) mine.counted++;
  const headers = { "content-type": "application/json", authorization: "Bearer sk-burst-" + tier };
  const request = http.request(base + "/v1/chat/completions", { method: "POST", agent, headers }, response => {
    if (response.statusCode === 503) {
      response.resume();
      refused(tier, mine, at, obeying, question, +response.headers["retry-after-ms"]);
    } else if (response.statusCode === 200) {
      take(mine, at, counts, obeying, response);
    } else {
      response.resume();
      mine.failed++;
    }
  });
  request.on("error", () => mine.failed++);
  request.end(question);
}

function refused(tier, mine, at, obeying, question, wait) {
  if (obeying) {
    mine.broken++;
    return;
  }
  mine.refused++;
  mine.refusedMillis.push(Date.now() - at);
  mine.told.push(wait);
  if (mine.refused % obeys === 1 && Date.now() + wait - began < seconds * 1000) {
    setTimeout(() => ask(tier, Date.now(), true, question), wait + graceMillis);
  }
}

function take(mine, at, counts, obeying, response) {
  const pool = response.headers["x-penstock-pool"] ?? "all";
  let first = 0, last = 0, tokens = 0;
  response.on("data", bytes => {
    const content = String(bytes).split('"content":"').length - 1;
    last = Date.now();
    first ||= content > 0 ? last : 0;
    tokens += content;
  });
  response.on("error", () => mine.failed++);
  response.on("end", () => {
    const ttft = first - at, tpot = (last - first) / Math.max(1, tokens - 1), good = ttft <= slo.ttft && tpot <= slo.tpot;
    if (obeying) {
      mine.kept++;
      mine.keptGood += good;
      if (at - began >= start * 1000) mine.goodIn[pool] = (mine.goodIn[pool] ?? 0) + good;
      return;
    }
    mine.answered++;
    mine.ttft.push(ttft);
    mine.tpot.push(tpot);
    mine.good += good;
    mine.pools[pool] = (mine.pools[pool] ?? 0) + 1;
    if (counts) mine.goodIn[pool] = (mine.goodIn[pool] ?? 0) + good;
  });
}

const quantile = (of, q) => of.length ? of.sort((a, b) => a - b)[Math.min(of.length - 1, Math.floor(q * of.length))] : NaN;
const shown = x => (Number.isNaN(x) ? "-" : x.toFixed(0));

for (const [tier, rate] of wanted.split(" ").map(each => each.split("="))) {
  tiers[tier] = { rate: +rate, asked: 0, counted: 0, answered: 0, good: 0, refused: 0, failed: 0, kept: 0, keptGood: 0, broken: 0, pools: {}, goodIn: {}, ttft: [], tpot: [], refusedMillis: [], told: [] };
  let at = began;
  const next = () => {
    at += (-Math.log(1 - random()) / +rate) * 1000;
    if (at - began < seconds * 1000) setTimeout(() => (ask(tier, at, false), next()), Math.max(0, at - Date.now()));
  };
  next();
}

setTimeout(() => {
  const total = {};
  console.log(name + "\n  tier        asked answered good refused failed  ttft p50   p95   tpot p95  refused within p50 p95  told ms p50..max  kept broken  pools");
  for (const [tier, m] of Object.entries(tiers)) {
    const open = m.asked - m.answered - m.refused - m.failed;
    for (const [pool, good] of Object.entries(m.goodIn)) total[pool] = (total[pool] ?? 0) + good;
    console.log(
      `  ${tier.padEnd(11)} ${m.asked} ${m.answered} ${m.good} ${m.refused} ${m.failed}+${open}   ${shown(quantile(m.ttft, 0.5))} ${shown(quantile(m.ttft, 0.95))}   ${shown(quantile(m.tpot, 0.95))}` +
        `   ${shown(quantile(m.refusedMillis, 0.5))} ${shown(quantile(m.refusedMillis, 0.95))}   ${shown(quantile(m.told, 0.5))}..${shown(quantile(m.told, 1))}   ${m.kept}(${m.keptGood}) ${m.broken}   ${JSON.stringify(m.pools)}`,
    );
  }
  const asked = Object.values(tiers).reduce((sum, m) => sum + m.counted, 0), rate = Object.values(tiers).reduce((sum, m) => sum + m.rate, 0);
  for (const [pool, good] of Object.entries(total)) {
    console.log(`          good answers a second in ${pool}: ${(good / (seconds - start)).toFixed(2)}; of those asked ${((100 * good) / asked).toFixed(0)} %, at the nominal rate ${((rate * good) / asked).toFixed(2)}`);
  }
  process.exit(0);
}, (seconds + drain) * 1000);
