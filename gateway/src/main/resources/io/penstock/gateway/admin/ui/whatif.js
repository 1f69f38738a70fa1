// The plan on other hardware, under other promises, for other traffic.
import {$, h, set, known, number, count, percent, millis, usd, json} from "./say.js";
import {loadChart} from "./draw.js";

const COLORS = ["var(--c0)", "var(--c1)", "var(--c2)", "var(--c3)", "var(--c4)", "var(--c5)"];
const MEMORY = {weights: "var(--c0)", runtime: "var(--c3)", "KV in use": "var(--c1)", "KV free": "color-mix(in srgb, var(--c1) 35%, var(--card))", unclaimed: "var(--line)"};
const DEBOUNCE_MS = 250;

let choices = null, frame = null, timer = null, running = null, waitsForTraffic = true;

/** The traffic as it is, to start from. */
export function seen(next) {
  frame = next;
  if (choices && waitsForTraffic && next.window_s >= 5) useTraffic();
}

export async function open() {
  choices = (await json("/api/whatif")).body;
  $("whatif-form").append(
    h("fieldset", {}, h("legend", {}, "Traffic"),
      h("div", {class: "row"}, field("peak", "Peak, requests/s", 10), field("average", "Average, requests/s", 4)),
      h("div", {class: "row"}, field("prompt", "Prompt tokens", 400), field("completion", "Answer tokens", 250)),
      h("label", {for: "whatif-growth"}, "Growth: times today’s traffic ", h("output", {id: "whatif-growth-said", for: "whatif-growth"}, "1×"), h("input", {id: "whatif-growth", type: "range", min: 0, max: 2, step: .05, value: 0, "aria-valuetext": "1 times"})),
      h("div", {class: "row"}, field("headroom", "Headroom, %", 20), field("spares", "Spare replicas", 1)),
      h("button", {type: "button", onclick: () => { useTraffic(); plan(); }}, "Use the traffic of the last minute")),
    ...choices.pools.map(poolFields),
    h("button", {type: "reset"}, "As configured"));
  $("whatif-form").addEventListener("submit", event => event.preventDefault());
  $("whatif-form").addEventListener("input", event => { if (event.target.id.endsWith("-gpu")) precisions(event.target); if (event.target.closest("fieldset")?.querySelector("#whatif-peak")) waitsForTraffic = false; plan(); });
  $("whatif-form").addEventListener("reset", () => setTimeout(() => { choices.pools.forEach(pool => pool.hardware && precisions(input(pool.pool + "-gpu"))); useTraffic(); plan(); }));
  choices.pools.forEach(pool => pool.hardware && precisions(input(pool.pool + "-gpu")));
  if (frame) useTraffic();
  plan(0);
}

const input = name => $("whatif-" + name);

function field(name, label, value, more = {}) {
  return h("label", {for: "whatif-" + name}, label, h("input", {id: "whatif-" + name, type: "number", min: 0, step: "any", value, ...more}));
}

function select(name, label, options, value) {
  return h("label", {for: "whatif-" + name}, label, h("select", {id: "whatif-" + name}, options.map(([key, text]) => h("option", {value: key, selected: String(key) === String(value)}, text))));
}

function poolFields(pool) {
  const name = pool.pool, hardware = pool.hardware;
  const share = field(name + "-share", "Share of the traffic, %", +(100 / choices.pools.length).toFixed(1));
  if (!hardware) return h("fieldset", {}, h("legend", {}, `${name} · ${pool.model}`), share, h("span", {class: "soft"}, "bought by the token"));
  const gpus = choices.gpus.map(gpu => [gpu.name, `${gpu.name}, ${gpu.memory_gb} GB, ${usd(gpu.usd_per_hour)}/h`]);
  if (!gpus.some(([key]) => key === hardware.gpu)) gpus.push([hardware.gpu, hardware.gpu]);
  return h("fieldset", {}, h("legend", {}, `${name} · ${pool.model}`),
    h("div", {class: "row"}, share, select(name + "-gpu", "GPU", gpus, hardware.gpu)),
    h("div", {class: "row three-in"}, select(name + "-tp", "GPUs each", choices.gpus_per_replica.map(n => [n, n]), hardware.gpus_per_replica), select(name + "-weights", "Precision", [[hardware.weights, hardware.weights]], hardware.weights), select(name + "-engine", "Engine", choices.engines.map(each => [each, each]), hardware.engine)),
    h("div", {class: "row"}, field(name + "-ttft", "First token p95, ms", pool.ttft_ms), field(name + "-tpot", "Per token p95, ms", pool.tpot_ms)));
}

function precisions(select) {
  const gpu = choices.gpus.find(each => each.name === select.value), weights = $(select.id.replace(/-gpu$/, "-weights")), before = weights.value;
  const names = gpu?.precisions ?? [before];
  weights.replaceChildren(...names.map(name => h("option", {value: name, selected: name === before}, name)));
}

function useTraffic() {
  if (!frame) return;
  const rate = frame.pools.reduce((sum, pool) => sum + (pool.rates.answered ?? 0), 0);
  if (!(rate > 0)) return;
  waitsForTraffic = false;
  const round = value => +value.toPrecision(2);
  input("peak").value = round(rate);
  input("average").value = round(rate);
  input("prompt").value = Math.max(1, Math.round(frame.tokens.prompt / rate));
  input("completion").value = Math.max(1, Math.round(frame.tokens.completion / rate));
  for (const pool of frame.pools) if (input(pool.name + "-share")) input(pool.name + "-share").value = round((pool.rates.answered ?? 0) / rate * 100);
  plan();
}

// ---- asking

const value = name => input(name).valueAsNumber;
const growth = () => +(10 ** value("growth")).toPrecision(2);

function question() {
  const pools = {}, shares = {};
  for (const {pool, hardware} of choices.pools) {
    shares[pool] = value(pool + "-share") || 0;
    if (!hardware) continue;
    pools[pool] = {gpu: input(pool + "-gpu").value, gpus_per_replica: Number(input(pool + "-tp").value), weights: input(pool + "-weights").value, engine: input(pool + "-engine").value, ttft_ms: value(pool + "-ttft") || 0, tpot_ms: value(pool + "-tpot") || 0};
  }
  const peak = value("peak");
  return {traffic: {peak_rps: peak, average_rps: Math.min(value("average"), peak), prompt_tokens: value("prompt"), completion_tokens: value("completion"), growth: growth()}, headroom: value("headroom") / 100, spares: value("spares"), shares, pools};
}

function plan(wait = DEBOUNCE_MS) {
  set(input("growth-said"), growth() + "×");
  input("growth").setAttribute("aria-valuetext", growth() + " times");
  clearTimeout(timer);
  timer = setTimeout(run, wait);
}

async function run() {
  running?.abort();
  const own = running = new AbortController(), asked = question();
  const today = {...asked, pools: {}, traffic: {...asked.traffic, growth: 1}};
  try {
    const [next, before] = await Promise.all([asked, today].map(body => json("/api/whatif", body, own.signal)));
    if (next.status !== 200) {
      set($("whatif-said"), next.body.error.message);
      return;
    }
    draw(next.body, before.status === 200 ? before.body : null);
  } catch (failure) {
    if (!own.signal.aborted) set($("whatif-said"), "The gateway does not answer.");
  }
}

// ---- drawing

function tile(name, text, sub, delta) {
  return h("div", {class: "tile"}, h("div", {class: "name"}, name), h("div", {class: "value"}, text), h("div", {class: "sub"}, delta ? h("span", {class: "delta " + delta.kind}, delta.text + " ") : "", sub));
}

function change(now, before) {
  if (!known(now) || !known(before) || before === 0 || Math.abs(now - before) < 1e-9 * before) return null;
  const part = now / before - 1;
  return {kind: part > 0 ? "bad" : "good", text: part >= 1 ? `×${number(now / before)}` : `${part > 0 ? "+" : "−"}${percent(Math.abs(part), 0)}`};
}

function draw(next, before) {
  const replicas = plan => plan.pools.reduce((sum, pool) => sum + (pool.replicas?.total ?? 0), 0);
  $("whatif-sum").replaceChildren(
    tile("A month", usd(next.usd_per_month), before ? `today ${usd(before.usd_per_month)}` : "", before && change(next.usd_per_month, before.usd_per_month)),
    tile("A request", usd(next.usd_per_request), before ? `today ${usd(before.usd_per_request)}` : "", before && change(next.usd_per_request, before.usd_per_request)),
    tile("Replicas", count(replicas(next)), before ? `today’s traffic ${count(replicas(before))}` : ""),
    tile("GPUs", count(next.gpus), before ? `today’s traffic ${count(before.gpus)}` : ""),
    tile("Promises", next.met ? "kept" : "not kept", next.met ? "in every pool" : "see below"));
  $("whatif-sum").lastChild.querySelector(".value").classList.add(next.met ? "good" : "bad");
  const words = next.pools.map(pool => pool.impossible ? `${pool.pool}: ${pool.impossible}` : pool.replicas ? `${pool.pool} ${pool.replicas.total} × ${pool.hardware}` : `${pool.pool} by the token`);
  set($("whatif-said"), `${next.met ? "Every promise is kept" : "Not every promise is kept"} for ${usd(next.usd_per_month)} a month: ${words.join("; ")}.`);
  $("whatif-pools").replaceChildren(...next.pools.map((pool, i) => card(pool, before?.pools.find(each => each.pool === pool.pool), COLORS[i % COLORS.length])));
}

function card(pool, before, color) {
  const head = h("div", {class: "title head"}, h("h3", {}, pool.pool), h("span", {class: "mono soft"}, `${pool.model}, ${percent(pool.share, 0)} of the traffic`), h("span", {class: "pill " + (pool.met ? "good" : "bad")}, pool.met ? "SLO kept" : "SLO not kept"));
  const box = h("article", {class: "card plan", "aria-label": `Plan of ${pool.pool}`}, head);
  box.style.setProperty("--own", color);
  if (pool.impossible) {
    box.append(h("p", {class: "reason bad"}, pool.impossible));
    return box;
  }
  if (pool.bought) {
    box.append(h("dl", {class: "facts"}, fact("A month", usd(pool.bought.usd_per_month)), fact("A request", usd(pool.bought.usd_per_request)), fact("Bought", "by the token")));
    return box;
  }
  box.append(h("p", {class: "reason" + (pool.met ? "" : " bad")}, pool.answer + "."));
  if (pool.replicas) box.append(h("div", {class: "body"}, left(pool, before, color), right(pool)));
  box.append(h("p", {class: "soft"}, basis(pool.parameters)));
  if (pool.relax.length) box.append(h("div", {}, h("h2", {}, "What would make a plan of it"), h("ul", {}, pool.relax.map(line => h("li", {}, line)))));
  if (pool.replicas) box.append(growthTable(pool));
  if (pool.alternatives?.length) box.append(others(pool));
  return box;
}

function basis(parameters) {
  if (parameters?.from !== "traffic") return "Planned with the catalogue’s figures: live traffic has shown nothing of this hardware in this pool yet.";
  return `Planned with what ${count(parameters.samples)} answers of live traffic showed: decode steps take ${number(parameters.decode)} times, prompt tokens ${number(parameters.prefill)} times what the catalogue says.`;
}

const fact = (name, text, more = "") => h("div", {}, h("dt", {}, name), h("dd", {}, text, " ", h("small", {}, more)));

function left(pool, before, color) {
  const at = pool.peak_rps / (pool.replicas.peak + pool.replicas.headroom);
  const changed = before?.curve && before.hardware !== pool.hardware;
  return h("div", {}, h("div", {class: "labels"}, h("b", {}, "First token p95 against load"), changed ? h("span", {class: "soft"}, "dotted: as configured") : ""),
    loadChart({curve: pool.curve, before: changed ? before.curve : null, limit: pool.slo.ttft_ms, at, color: "var(--own)", said: `First token p95 against the load of one replica of ${pool.pool}: within its promises up to ${number(pool.within_slo_rps)} requests a second, ${number(pool.at_most_rps)} at most; the peak puts ${number(at)} on it.`}));
}

function right(pool) {
  const {replicas} = pool, blocks = [];
  for (const kind of ["peak", "headroom", "spare"]) for (let i = 0; i < Math.min(replicas[kind], 60); i++) blocks.push(h("i", {class: kind}));
  const memory = Object.entries(pool.memory_bytes), all = memory.reduce((sum, [, bytes]) => sum + (bytes ?? 0), 0);
  return h("div", {class: "result"},
    h("div", {}, h("div", {class: "labels"}, h("b", {}, `${count(replicas.total)} replicas`), h("span", {class: "soft"}, `${count(replicas.peak)} peak, ${count(replicas.headroom)} headroom, ${count(replicas.spare)} spare`)), h("div", {class: "blocks", "aria-hidden": "true"}, blocks)),
    h("dl", {class: "facts"},
      fact("A month", usd(pool.usd_per_month)), fact("A request", usd(pool.usd_per_request)), fact("Million tokens", usd(pool.usd_per_million_tokens)),
      fact("First token p95", millis(pool.at_peak.ttft_ms.p95), "at the peak"), fact("Per token p95", millis(pool.at_peak.tpot_ms.p95), "at the peak"), fact("In use", percent(pool.utilisation, 0), "on average"),
      fact("What binds", pool.constraint, ""), fact("One replica", number(pool.within_slo_rps) + " / s", "within SLO")),
    h("div", {}, h("div", {class: "labels"}, h("b", {}, "Memory of one GPU"), h("span", {class: "soft"}, `${number(all / 1e9)} GB`)),
      h("div", {class: "stack", role: "img", "aria-label": "Memory: " + memory.map(([name, bytes]) => `${name} ${number(bytes / 1e9)} GB`).join(", ")}, memory.map(([name, bytes]) => h("i", {style: {width: (bytes / all * 100).toFixed(2) + "%", background: MEMORY[name] ?? "var(--c5)"}}))),
      h("div", {class: "legend", "aria-hidden": "true"}, memory.map(([name, bytes]) => h("span", {}, h("span", {class: "swatch", style: {background: MEMORY[name] ?? "var(--c5)"}}), `${name} `, h("b", {}, number(bytes / 1e9)))))));
}

function growthTable(pool) {
  const rows = pool.growth.map(each => h("tr", {}, h("th", {scope: "row"}, `${each.factor}×`), h("td", {class: "n"}, count(each.replicas)), h("td", {class: "n"}, usd(each.usd_per_month)), h("td", {class: "wrap"}, each.cheapest), h("td", {class: "n"}, usd(each.cheapest_usd_per_month))));
  return h("details", {}, h("summary", {}, "If this traffic grows"), table(`Growth of ${pool.pool}`, ["traffic", "!replicas", "!a month", "cheapest then", "!a month"], rows));
}

function others(pool) {
  const rows = pool.alternatives.map(each => h("tr", {}, h("th", {scope: "row"}, each.hardware), h("td", {class: "n"}, each.replicas ? count(each.replicas) : "–"), h("td", {class: "n"}, known(each.usd_per_month) ? usd(each.usd_per_month) : "–"), h("td", {class: "wrap"}, each.why)));
  return h("details", {}, h("summary", {}, "Other hardware, and why it lost"), table(`Alternatives for ${pool.pool}`, ["hardware", "!replicas", "!a month", "why it lost"], rows));
}

function table(name, columns, rows) {
  return h("div", {class: "scroll", role: "region", tabindex: 0, "aria-label": name}, h("table", {}, h("thead", {}, h("tr", {}, columns.map(column => h("th", {scope: "col", class: column.startsWith("!") ? "n" : ""}, column.replace("!", ""))))), h("tbody", {}, rows)));
}
