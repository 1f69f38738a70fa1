// The clients of batch.sh: embeddings at an open load, then what the model server's metrics say of them.
//
//   node batch.mjs NAME SERVER-PORT GATEWAY-PORT RATE SECONDS
import http from "node:http";

const [name, server, gateway, rate, seconds] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
const words = 30, warm = 200;
const headers = { "content-type": "application/json", authorization: "Bearer sk-bench-0000000000000000" };
const millis = [];
let failed = 0, open = 0;

function ask(at) {
  const input = Array.from({ length: words }, () => "w" + Math.floor(Math.random() * 9000)).join(" ");
  open++;
  return new Promise(resolve => {
    const request = http.request({ host: "127.0.0.1", port: gateway, path: "/v1/embeddings", method: "POST", agent, headers }, response => {
      response.resume();
      response.on("end", () => {
        if (response.statusCode === 200) millis.push(Date.now() - at);
        else failed++;
        resolve(open--);
      });
    });
    request.on("error", () => resolve((failed++, open--)));
    request.end(JSON.stringify({ model: "llama-3.1-8b", dimensions: 8, input }));
  });
}

async function metrics() {
  const text = await (await fetch(`http://127.0.0.1:${server}/metrics`)).text();
  const value = key => +(text.match(new RegExp(`^vllm:${key}\\{[^}]*\\} (.*)$`, "m")) ?? [0, NaN])[1];
  return { steps: value("iteration_tokens_total_count"), tokens: value("prompt_tokens_total") };
}

for (let i = 0; i < warm; i++) await ask(Date.now());
millis.length = 0;
const before = await metrics(), began = Date.now() + 100;
let at = began;
await new Promise(resolve => {
  const next = () => {
    at += (-Math.log(1 - Math.random()) / rate) * 1000;
    if (at - began >= seconds * 1000) return resolve();
    setTimeout(() => (ask(at), next()), Math.max(0, at - Date.now()));
  };
  next();
});
while (open > 0) await new Promise(resolve => setTimeout(resolve, 20));
const after = await metrics(), sorted = millis.sort((a, b) => a - b), quantile = q => Math.round(sorted[Math.floor(q * (sorted.length - 1))]);
const steps = after.steps - before.steps, tokens = after.tokens - before.tokens;
console.log(
  `${name}: ${sorted.length} answered, ${failed} failed; ${quantile(0.5)} / ${quantile(0.95)} ms (p50, p95); the server: ${steps} steps, ${(steps / seconds).toFixed(0)} a second, ${(tokens / steps).toFixed(1)} tokens each`,
);
process.exit(failed > 0 ? 1 : 0);
