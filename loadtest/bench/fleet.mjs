// A process runner that stands in for Kubernetes: keeps as many simulated model servers as it is told, for one pool.
//
//   node fleet.mjs FLEET.json
//
// A server that is wanted is paid for at once, starts after `start` seconds (a machine that boots, weights that load), joins the pool's
// backends (the config is written anew and the gateway reads it), and leaves them when it is wanted no more: then its calls
// end, and so does the process. Each server is slower than its model says by a factor of its own, which nobody is told.
//
//   POST /replicas N        so many should there be
//   GET  /                  how many there are, and what they have cost
//
// With `hpa` it scales itself as a HorizontalPodAutoscaler on a metric of Prometheus does, by the defaults of Kubernetes: every 15 s,
// not within a tenth of the target, up at once (to the double or by 4, whichever is more), down to the most of the last 5 minutes.
import { createServer } from "node:http";
import { spawn } from "node:child_process";
import { appendFileSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const fleet = JSON.parse(readFileSync(process.argv[2], "utf8"));
const began = Date.now();
const seconds = () => (Date.now() - began) / 1000;
const log = (line) => appendFileSync(fleet.log, `${seconds().toFixed(1)} ${line}\n`);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// The same slowness for the n-th server of every fleet of one seed.
function dice(n) {
  let x = (fleet.seed * 2654435761 + n * 40503 + 12345) >>> 0;
  for (let i = 0; i < 4; i++) {
    x ^= x << 13; x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5; x >>>= 0;
  }
  return x / 2 ** 32;
}
const slowness = (n) => fleet.slow[0] + (fleet.slow[1] - fleet.slow[0]) * dice(n);

let wanted = 0;
let started = 0;
let paidBefore = 0; // seconds of servers that are gone
let decisions = 0;
const servers = []; // {n, port, state: starting | up | draining, paidFrom, child}

const count = (...states) => servers.filter((each) => states.includes(each.state)).length;
const paid = () => paidBefore + servers.reduce((sum, each) => sum + seconds() - each.paidFrom, 0);

async function healthy(server) {
  try {
    return (await fetch(`http://127.0.0.1:${server.port}/health`)).ok;
  } catch {
    return false;
  }
}

async function start(delay) {
  const n = started++;
  const server = { n, port: fleet.ports + n, state: "starting", paidFrom: seconds() };
  servers.push(server);
  await sleep(delay * 1000);
  if (!servers.includes(server)) return; // wanted no more meanwhile
  const out = openSync(fleet.log + ".servers", "a");
  server.child = spawn(
    fleet.penstock,
    ["modelserver", "--model", fleet.model, "--gpu", fleet.gpu, "--weights", fleet.weights, "--port", String(server.port),
      "--seed", String(n), "--max-model-len", String(fleet.context), "--fault", `slow=${slowness(n).toFixed(3)}x`],
    { stdio: ["ignore", out, out], env: { ...process.env, PENSTOCK_JAVA_OPTS: "-Xmx192m -XX:TieredStopAtLevel=1" } });
  server.child.on("exit", () => gone(server));
  while (!(await healthy(server))) await sleep(200);
  if (server.state === "starting") server.state = "up";
  log(`up ${n} slow ${slowness(n).toFixed(2)}`);
  await tell();
}

function gone(server) {
  const at = servers.indexOf(server);
  if (at < 0) return;
  servers.splice(at, 1);
  paidBefore += seconds() - server.paidFrom;
  log(`gone ${server.n}`);
}

async function load(server) {
  const answer = await fetch(`http://127.0.0.1:${server.port}/load`).then((each) => each.json()).catch(() => ({ server_load: 0 }));
  return answer.server_load;
}

// Those that start go first, the newest of them before others; then who has the least calls, which end soonest.
let shrinking = false;
async function shrink() {
  if (shrinking) return;
  shrinking = true;
  while (count("starting", "up") > wanted) {
    const starting = servers.findLast((each) => each.state === "starting");
    const up = servers.filter((each) => each.state === "up");
    const loads = starting ? [] : await Promise.all(up.map(load));
    if (count("starting", "up") <= wanted) break;
    const idlest = up.filter((each) => each.state === "up").sort((a, b) => loads[up.indexOf(a)] - loads[up.indexOf(b)])[0];
    if (!starting && !idlest) break;
    drain(starting ?? idlest);
  }
  shrinking = false;
}

async function drain(server) {
  if (server.state === "starting" && !server.child) return gone(server);
  server.state = "draining";
  await tell();
  for (let idle = 0; idle < 3; ) {
    await sleep(500);
    idle = (await load(server)) === 0 ? idle + 1 : 0;
  }
  server.child.kill("SIGTERM");
}

// The gateway's config with the servers that are up; the gateway reads it anew.
async function tell() {
  const up = servers.filter((each) => each.state === "up");
  const backends = up.map((each) => `{id: s${each.n}, url: "http://127.0.0.1:${each.port}"}`).join(", ");
  // Whole or not at all: the gateway may be reading it for another server's sake.
  writeFileSync(`${fleet.config}.next`, readFileSync(fleet.template, "utf8").replace("BACKENDS", backends));
  renameSync(`${fleet.config}.next`, fleet.config);
  if (fleet.gateway) {
    const answer = await fetch(`${fleet.gateway}/api/config/reload`, { method: "POST" }).catch((no) => ({ ok: false, text: () => no }));
    if (!answer.ok) log(`reload failed: ${await answer.text()}`);
  }
}

function scale(replicas, why) {
  const next = Math.min(fleet.max, Math.max(fleet.min, replicas));
  if (next !== wanted) {
    log(`want ${next} (${why})`);
    decisions++;
  }
  wanted = next;
  while (count("starting", "up") < wanted) start(fleet.start);
  shrink();
}

// ---- an HPA

async function measured(query) {
  const answer = await fetch(`${fleet.hpa.prometheus}/api/v1/query?query=${encodeURIComponent(query)}`).then((each) => each.json());
  return Number(answer.data.result[0]?.value[1] ?? NaN);
}

async function autoscale() {
  const recent = [{ at: seconds(), desired: fleet.initial }];
  for (;;) {
    await sleep(15000);
    const value = await measured(fleet.hpa.query).catch(() => NaN);
    if (Number.isNaN(value)) continue;
    const now = count("starting", "up");
    const ratio = value / (now * fleet.hpa.target);
    let desired = Math.abs(ratio - 1) <= 0.1 ? now : Math.ceil(value / fleet.hpa.target);
    desired = Math.min(desired, Math.max(2 * now, now + 4));
    recent.push({ at: seconds(), desired });
    while (recent[0].at < seconds() - 300) recent.shift();
    const held = Math.max(...recent.map((each) => each.desired));
    scale(desired > now ? desired : Math.min(now, held), `${value} in flight`);
  }
}

createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    if (request.method === "POST") scale(Number(body), "told");
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({
      wanted, up: count("up"), starting: count("starting"), draining: count("draining"), started, decisions,
      replica_seconds: paid(), seconds: seconds(), mean_slowness: servers.reduce((sum, each) => sum + slowness(each.n), 0) / servers.length,
    }) + "\n");
  });
}).listen(fleet.port, "127.0.0.1", async () => {
  wanted = fleet.initial;
  for (let i = 0; i < fleet.initial; i++) start(0);
  while (count("up") < fleet.initial) await sleep(100);
  console.log("ready");
});

// The load begins.
process.on("SIGUSR1", () => {
  if (fleet.hpa) autoscale();
});
// What is counted begins: what was paid so far is forgotten.
process.on("SIGUSR2", () => {
  paidBefore = 0;
  for (const each of servers) each.paidFrom = seconds();
});
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => {
    for (const each of servers) each.child?.kill("SIGKILL");
    process.exit(0);
  });
}
