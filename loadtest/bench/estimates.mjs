// Sends each request twice, as a dry run and in earnest, and holds what was expected beside what came: for estimates.sh.
//
//   node estimates.mjs GATEWAY PROMPTS.jsonl OUT.jsonl --requests N --rate R --seed S KEY...
//
// The load is open, a Poisson stream whose rate swings by a half every minute. Most conversations begin with one of the tenant's system
// prompts, which servers may have cached. Some bound their answers, most do not. One line a request: id, pool, what the dry run
// said of cost and times, and the first token's true time.
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";

const [gateway, promptsFile, out, ...rest] = process.argv.slice(2);
const option = (name) => Number(rest.splice(rest.indexOf(name), 2)[1]);
const total = option("--requests");
const rate = option("--rate");
let state = option("--seed") >>> 0 || 1;
const keys = rest;
const prompts = readFileSync(promptsFile, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });

function random() {
  state ^= state << 13; state >>>= 0;
  state ^= state >>> 17;
  state ^= state << 5; state >>>= 0;
  return state / 2 ** 32;
}
const pick = (list) => list[Math.floor(random() * list.length)];
const words = "river stone market winter paper garden signal harbour copper letter window silver engine meadow".split(" ");
const text = (count) => Array.from({ length: count }, () => pick(words)).join(" ");
const systems = keys.map(() => [120, 300, 600, 1000].map((length) => `You are an assistant of this house. Its notes: ${text(length)}.`));

function body(tenant) {
  const prompt = pick(prompts.filter((each) => !each.messages.some((message) => Array.isArray(message.content))));
  const messages = [...prompt.messages];
  // The longest system prompt before a text of pages is more than the 4,096 tokens of the servers.
  const fitting = messages.some((message) => message.content.length > 4000) ? systems[tenant].slice(0, 3) : systems[tenant];
  if (random() < 0.7) messages.unshift({ role: "system", content: pick(fitting) });
  const last = messages.length - 1;
  messages[last] = { ...messages[last], content: `${messages[last].content} (${text(2 + Math.floor(60 * random() ** 3))})` };
  const asked = { model: "auto", messages, temperature: 1, stream: true, stream_options: { include_usage: true } };
  if (random() < 0.3) asked.max_tokens = pick([16, 64, 256]);
  return JSON.stringify(asked);
}

function post(key, payload, headers) {
  const began = performance.now();
  return new Promise((done) => {
    const request = http.request(`${gateway}/v1/chat/completions`, {
      method: "POST", agent, headers: { "content-type": "application/json", authorization: `Bearer ${key}`, ...headers } }, (response) => {
      let first = 0;
      let whole = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        whole += chunk;
        if (!first && /"content":"[^"]/.test(chunk)) first = performance.now() - began;
      });
      response.on("end", () => done({ status: response.statusCode, headers: response.headers, first, whole }));
      response.on("error", () => done({ status: 0 }));
    });
    request.on("error", () => done({ status: 0 }));
    request.end(payload);
  });
}

function refusal(step, answer) {
  let error = {};
  try {
    ({ error } = JSON.parse(answer.whole));
  } catch {
    // A connection that broke, or words of something in between.
  }
  return { error: `${step}: ${answer.status} ${error.code ?? ""}`.trim(), message: error.message, pool: answer.headers?.["x-penstock-pool"] };
}

async function ask() {
  const tenant = Math.floor(random() * keys.length);
  const payload = body(tenant);
  const rehearsed = await post(keys[tenant], payload, { "x-penstock-dry-run": "true" });
  if (rehearsed.status !== 200) return refusal("dry run", rehearsed);
  const said = JSON.parse(rehearsed.whole);
  const answered = await post(keys[tenant], payload, {});
  if (answered.status !== 200) return { ...refusal("request", answered), prompt_tokens: said.tokens.prompt, expected_pool: said.decision.pool };
  return {
    id: answered.headers["x-request-id"], pool: answered.headers["x-penstock-pool"], expected_pool: said.decision.pool,
    expected_usd: said.cost.expected_usd, expected_completion: said.tokens.completion_expected, ttft_ms: answered.first,
    expected_ttft_ms: said.latency.ttft_ms, basis: said.latency.basis };
}

writeFileSync(out, "");
const open = new Set();
const began = performance.now();
let at = 0;
for (let i = 0; i < total; i++) {
  const swing = 1 + 0.5 * Math.sin((2 * Math.PI * at) / 60);
  at += -Math.log(1 - random()) / (rate * swing);
  const wait = began + at * 1000 - performance.now();
  if (wait > 0) await new Promise((done) => setTimeout(done, wait));
  const asked = ask().then((line) => {
    appendFileSync(out, JSON.stringify({ number: i, ...line }) + "\n");
    open.delete(asked);
  });
  open.add(asked);
}
await Promise.all(open);
