// What an operator looks at: one event a second, drawn in place.
import {$, h, set, show, keyed, known, number, count, percent, millis, usd, duration, json} from "./say.js";
import {spark, timeChart} from "./draw.js";

const OUTCOMES = ["answered", "refused", "failed", "cancelled"];
const COLORS = ["var(--c0)", "var(--c1)", "var(--c2)", "var(--c3)", "var(--c4)", "var(--c5)"];
const HOURS_PER_MONTH = 730, MOST_POINTS = 600, SPARK_POINTS = 90;
// A figure below this many requests says little.
const ENOUGH = 5;
// Calls after which the calibrated model is believed more than the config.
const SURE = 100;

let points = [], latest = null, metric = "ttft", colors = new Map();
let trafficChart, latencyChart, pools, tiers;
const tiles = new Map();

export function open() {
  trafficChart = timeChart($("traffic-chart"));
  latencyChart = timeChart($("latency-chart"));
  pools = keyed($("pools"), poolCard);
  tiers = keyed($("tiers"), tierRow);
  for (const button of document.querySelectorAll("[data-metric]")) {
    button.addEventListener("click", () => {
      metric = button.dataset.metric;
      for (const each of document.querySelectorAll("[data-metric]")) each.setAttribute("aria-pressed", String(each === button));
      drawCharts();
    });
  }
  if (latest) draw();
}

export function history(all) { points = all; }

export function lost() { $("live").classList.add("stale"); }

export function frame(next) {
  latest = next;
  $("live").classList.remove("stale");
  next.pools.forEach((pool, i) => colors.set(pool.name, COLORS[i % COLORS.length]));
  const byPool = {};
  for (const pool of next.pools) byPool[pool.name] = [pool.rates.answered, pool.ttft.p95_ms, pool.tpot.p95_ms, pool.in_flight];
  if (points.at(-1)?.[0] !== next.at) points.push([next.at, ...OUTCOMES.map(outcome => next.rates[outcome]), next.tokens.completion, next.cost.usd_per_hour, byPool]);
  points = points.slice(-MOST_POINTS);
  if (pools) draw();
}

function draw() {
  set($("uptime"), "up " + duration(latest.uptime_s));
  if ($("live").hidden) return;
  attention();
  drawTiles();
  drawCharts();
  pools(latest.pools, pool => pool.name);
  tiers(latest.tiers, tier => tier.name);
  drawCost();
  drawCache();
  drawGateway();
}

// ---- what is wrong

function findings() {
  const found = [];
  const say = (kind, text) => found.push({kind, text});
  latest.reasons.forEach(reason => say("bad", reason));
  for (const pool of latest.pools) {
    for (const backend of pool.backends) {
      if (backend.state === "down") say("bad", `${backend.id} of ${pool.name} is down`);
      if (backend.state === "draining") say("warn", `${backend.id} of ${pool.name} is draining`);
      if (backend.breaker && backend.breaker !== "closed") say("bad", `the breaker of ${backend.id} is ${backend.breaker}`);
    }
    for (const [name, words] of [["ttft", "first token"], ["tpot", "time per token"]]) {
      const seen = pool[name];
      if (known(seen.slo_ms) && seen.count >= ENOUGH && seen.p95_ms > seen.slo_ms) say("bad", `${pool.name}: p95 ${words} ${millis(seen.p95_ms)} is over its SLO of ${millis(seen.slo_ms)}`);
    }
    const capacity = pool.capacity, part = capacity?.utilization;
    if (part > 1) say("bad", `${pool.name} has more load than it serves within its SLO (${percent(part, 0)})`);
    else if (part > .85) say("warn", `${pool.name} is at ${percent(part, 0)} of what it serves within its SLO`);
    if (capacity && capacity.desired_replicas !== capacity.replicas) say(capacity.desired_replicas > capacity.replicas ? "bad" : "info", `${pool.name} should have ${capacity.desired_replicas} replicas and has ${capacity.replicas}`);
    if (capacity?.limited) say("bad", `${pool.name} needs more replicas than its maximum`);
    if (capacity?.calibration.contradicts_config && capacity.calibration.samples >= SURE) say("warn", `${pool.name} is not the hardware of the config: a decode step takes ${number(capacity.calibration.decode.value)}× as long as modelled, a prompt ${number(capacity.calibration.prefill.value)}×`);
    if (pool.queue?.depth > 0) say("warn", `${number(pool.queue.depth)} requests wait for ${pool.name}`);
    if (pool.rates.failed > 0) say("bad", `${pool.name}: ${number(pool.rates.failed)} requests a second fail`);
    if (pool.broken > 0) say("bad", `${pool.name}: streams break`);
    if (capacity?.calibration.samples >= 50 && capacity.latency.tpot.error > .25) say("warn", `${pool.name}: the model’s time per token is off by ${percent(capacity.latency.tpot.error, 0)}`);
  }
  for (const tier of latest.tiers) {
    for (const [limit, hits] of Object.entries(tier.decisions)) if (hits >= 1) say("warn", `${tier.name}: its ${limit === "requests" ? "request" : limit === "tokens" ? "token" : limit} limit refused ${count(hits)} in the last minute`);
    if (tier.budget_used > .9) say(tier.budget_used >= 1 ? "bad" : "warn", `${tier.name}: ${percent(tier.budget_used, 0)} of a budget is spent`);
  }
  for (const store of latest.stores ?? []) if (!store.up) say("bad", `the store ${store.name} does not answer`);
  return found.length ? found.sort((a, b) => (b.kind === "bad") - (a.kind === "bad")) : [{kind: "good", text: "Nothing needs attention."}];
}

let said = "";

function attention() {
  const found = findings(), text = JSON.stringify(found.map(one => one.text.replace(/[\d.,]+/g, "#")));
  const list = $("attention");
  if (text === said && list.children.length === found.length) {
    found.forEach((one, i) => set(list.children[i], one.text));
  } else {
    list.replaceChildren(...found.map(one => h("li", {class: one.kind}, one.text)));
    said = text;
  }
}

// ---- tiles

function tile(name, value, unit, sub, kind, values, color) {
  if (!tiles.has(name)) {
    const parts = {value: h("span"), unit: h("small"), sub: h("div", {class: "sub"}), box: h("div", {class: "tile"}), graph: h("span")};
    parts.line = h("div", {class: "value"}, parts.value, " ", parts.unit);
    parts.box.append(h("div", {class: "name"}, name), parts.line, parts.sub, parts.graph);
    tiles.set(name, parts);
    $("tiles").append(parts.box);
  }
  const parts = tiles.get(name);
  set(parts.value, value);
  set(parts.unit, unit);
  set(parts.sub, sub);
  parts.line.className = "value " + kind;
  if (values) {
    const graph = spark(values.slice(-SPARK_POINTS), color);
    parts.graph.replaceWith(graph);
    parts.graph = graph;
  }
}

function sumOf(rates) { return OUTCOMES.reduce((sum, outcome) => sum + (rates[outcome] ?? 0), 0); }

function drawTiles() {
  const rates = latest.rates, all = sumOf(rates), failed = all > 0 ? rates.failed / all : null;
  tile("Requests", number(all), "/ s", `${number(rates.answered)} answered · ${number(rates.refused)} refused`, "", points.map(p => p[1] + p[2] + p[3] + p[4]), "var(--answered)");
  let counted = 0, within = 0, worst = null;
  for (const pool of latest.pools) {
    if (!known(pool.ttft.within)) continue;
    counted += pool.ttft.count;
    within += pool.ttft.count * pool.ttft.within;
    const ratio = pool.ttft.p95_ms / pool.ttft.slo_ms;
    if (!worst || ratio > worst.ratio) worst = {ratio, pool};
  }
  const part = counted > 0 ? within / counted : null;
  tile("First token within SLO", counted ? percent(part) : "–", "", worst ? `${worst.pool.name}: p95 ${millis(worst.pool.ttft.p95_ms)} of ${millis(worst.pool.ttft.slo_ms)}` : "no stream in the last minute", part === null ? "" : part >= .95 ? "good" : part >= .9 ? "warn" : "bad");
  const queues = latest.pools.filter(pool => pool.queue), waiting = queues.reduce((sum, pool) => sum + pool.queue.depth, 0);
  tile("In flight", count(latest.open), "", queues.length ? `${count(waiting)} waiting` : "queue: not measured", waiting > 0 ? "warn" : "", points.map(p => Object.values(p[7]).reduce((sum, pool) => sum + (pool[3] ?? 0), 0)), "var(--c3)");
  tile("Failed", failed === null ? "–" : percent(failed), "", `${number(rates.cancelled)} cancelled / s`, failed > .01 ? "bad" : failed === null ? "" : "good", points.map(p => p[3]), "var(--failed)");
  tile("Tokens out", number(latest.tokens.completion), "/ s", `${number(latest.tokens.prompt)} in / s`, "", points.map(p => p[5]), "var(--c2)");
  tile("Cost now", usd(latest.cost.usd_per_hour), "/ h", known(latest.cost.usd_per_hour) ? `${usd(latest.cost.usd_per_hour * HOURS_PER_MONTH)} a month at this rate` : "", "", points.map(p => p[6]), "var(--c1)");
}

// ---- charts

function drawCharts() {
  if (!latest) return;
  const times = points.map(p => p[0]);
  trafficChart({
    times, stacked: true, unit: number,
    series: OUTCOMES.map((outcome, i) => ({name: outcome, color: `var(--${outcome})`, values: points.map(p => p[i + 1])})),
    said: "Requests a second by outcome. Now: " + OUTCOMES.map(outcome => `${number(latest.rates[outcome])} ${outcome}`).join(", ") + ".",
  });
  const index = metric === "ttft" ? 1 : 2, words = metric === "ttft" ? "first token" : "time per token";
  latencyChart({
    times, unit: millis,
    series: latest.pools.map(pool => ({name: pool.name, color: colors.get(pool.name), values: points.map(p => p[7][pool.name]?.[index] ?? null), note: known(pool[metric].slo_ms) ? `/ SLO ${millis(pool[metric].slo_ms)}` : "/ no SLO"})),
    limits: latest.pools.filter(pool => known(pool[metric].slo_ms)).map(pool => ({name: pool.name, color: colors.get(pool.name), value: pool[metric].slo_ms})),
    said: `p95 of ${words} by pool, over the last minute. Now: ` + latest.pools.map(pool => `${pool.name} ${millis(pool[metric].p95_ms)}, ${known(pool[metric].slo_ms) ? "SLO " + millis(pool[metric].slo_ms) : "no SLO"}`).join("; ") + ".",
  });
}

// ---- pools

/** Facts of a list: call it with [name, text or null, why not measured, small print]. */
function facts(list) {
  const rows = new Map();
  return all => {
    for (const [name, text, why, more, kind] of all) {
      if (!rows.has(name)) {
        const row = {value: h("span"), more: h("small")};
        row.dd = h("dd", {}, row.value, " ", row.more);
        rows.set(name, row);
        list.append(h("div", {}, h("dt", {}, name), row.dd));
      }
      const row = rows.get(name);
      show(row.value, text, why);
      set(row.more, text === null ? "" : more ?? "");
      row.dd.className = kind ?? "";
    }
  };
}

function poolCard(first) {
  const pill = h("span", {class: "pill"}), hardware = h("div", {class: "soft"});
  const fill = h("i"), bar = h("div", {class: "bar", role: "meter", "aria-label": `load of ${first.name} against what it serves within its SLO`, "aria-valuemin": 0, "aria-valuemax": 100}, fill);
  const loadName = h("span"), loadValue = h("span", {class: "soft"}), list = h("dl", {class: "facts"}), body = h("tbody"), reason = h("div", {class: "soft why"});
  const element = h("article", {class: "card pool", "aria-label": "Pool " + first.name},
    h("div", {}, h("div", {class: "title"}, h("span", {class: "dot", style: {background: colors.get(first.name)}}), h("h3", {}, first.name), h("span", {class: "mono soft"}, first.model), pill), hardware),
    h("div", {}, h("div", {class: "labels"}, loadName, loadValue), bar, reason),
    list,
    h("div", {class: "scroll", role: "region", tabindex: 0, "aria-label": "Backends of " + first.name}, h("table", {},
      h("thead", {}, h("tr", {}, ...["backend", "state · breaker"].map(name => h("th", {scope: "col"}, name)), ...["in flight", "first · per token"].map(name => h("th", {scope: "col", class: "n"}, name)), h("th", {scope: "col"}, "action"))), body)));
  const write = facts(list), backends = keyed(body, backendRow);
  return {element, fill(pool) {
    set(pill, pool.state);
    pill.className = "pill " + (pool.state === "up" ? "good" : "bad");
    set(hardware, pool.hardware ?? `${pool.provider}, bought by the token`);
    const capacity = pool.capacity, part = capacity?.utilization, why = pool.hardware ? "the model has seen no traffic yet" : "no hardware is named";
    set(loadName, known(part) ? `Load ${percent(part, part < .1 ? 1 : 0)}` : "Load");
    if (known(part)) {
      set(loadValue, `${number(capacity.load.rps)} of ${number(capacity.slo_rps * capacity.replicas)} req/s within SLO, ${number(capacity.max_rps)} at most`);
      fill.style.width = Math.min(100, part * 100) + "%";
      fill.style.background = part > 1 ? "var(--bad)" : part > .85 ? "var(--warn)" : colors.get(pool.name);
      bar.setAttribute("aria-valuenow", Math.round(part * 100));
    } else {
      show(loadValue, null, why);
      fill.style.width = "0";
      bar.setAttribute("aria-valuenow", 0);
      bar.setAttribute("aria-valuetext", "not measured");
    }
    if (known(part)) bar.removeAttribute("aria-valuetext");
    reason.hidden = !capacity?.reasons.length;
    set(reason, capacity?.reasons[0] ?? "");
    write([
      latencyFact("First token p95", pool.ttft), latencyFact("Per token p95", pool.tpot),
      ["In flight", count(pool.in_flight), ""],
      ["Replicas", String(capacity?.replicas ?? pool.backends.filter(backend => backend.state === "up").length), "", capacity ? `of ${capacity.desired_replicas} desired` : "up", capacity && capacity.desired_replicas > capacity.replicas ? "bad" : ""],
      ["Load ahead", known(capacity?.load.rps_ahead) ? number(capacity.load.rps_ahead) + " / s" : null, why, known(capacity?.load.rps_ahead_p95) ? `p95 ${number(capacity.load.rps_ahead_p95)}` : ""],
      ["Model error", known(capacity?.latency.tpot.error) ? percent(capacity.latency.tpot.error, 0) : null, why, known(capacity?.latency.ttft.error) ? `per token, ${percent(capacity.latency.ttft.error, 0)} first` : "per token"],
      ["Calibrated", capacity?.calibration.samples > 0 ? number(capacity.calibration.decode.value) + "×" : null, why, capacity ? `± ${number(capacity.calibration.decode.error)}, ${count(capacity.calibration.samples)} seen` : ""],
      ["Queue", pool.queue ? count(pool.queue.depth) : null, "no waiting room", pool.queue && known(pool.queue.p95_ms) ? `p95 ${millis(pool.queue.p95_ms)}` : ""],
      ["Answered", number(pool.rates.answered) + " / s", "", pool.rates.failed > 0 ? `${number(pool.rates.failed)} failed / s` : ""],
      ["Cost now", known(pool.usd_per_hour) ? usd(pool.usd_per_hour) + " / h" : null, "no price"],
    ]);
    backends(pool.backends.map(backend => ({...backend, pool: pool.name})), backend => backend.id);
  }};
}

function latencyFact(name, seen) {
  const promise = known(seen.slo_ms) ? `of ${millis(seen.slo_ms)}` : "no SLO";
  if (!known(seen.p95_ms)) return [name, null, "no stream in 60 s"];
  return [name, millis(seen.p95_ms), "", promise, known(seen.slo_ms) ? seen.p95_ms > seen.slo_ms ? "bad" : "good" : ""];
}

function backendRow(first) {
  const cells = ["th", "td", "td", "td", "td"].map((tag, i) => h(tag, {class: i === 2 || i === 3 ? "n" : "", ...(i === 0 ? {scope: "row"} : {})}));
  const state = h("span"), breaker = h("span", {class: "soft"});
  cells[1].append(state, " · ", breaker);
  const button = h("button", {type: "button", class: "small", onclick: async () => {
    const verb = button.dataset.verb;
    await json(`/api/pools/${encodeURIComponent(first.pool)}/backends/${encodeURIComponent(first.id)}/${verb}`, {});
  }});
  cells[4].append(button);
  return {element: h("tr", {}, cells), fill(backend) {
    set(cells[0], backend.id);
    cells[0].title = backend.url;
    set(state, backend.state + (backend.failures > 0 ? ` (${backend.failures} failed)` : ""));
    state.className = backend.state === "up" ? "good" : backend.state === "draining" ? "warn" : "bad";
    show(breaker, backend.breaker, "");
    set(cells[2], count(backend.in_flight));
    set(cells[3], `${millis(backend.ttft_ms)} · ${millis(backend.tpot_ms)}`.replace(" ms ·", " ·"));
    const verb = backend.state === "draining" ? "undrain" : "drain";
    set(button, verb);
    button.dataset.verb = verb;
    button.setAttribute("aria-label", `${verb} ${backend.id} of ${backend.pool}`);
  }};
}

// ---- tiers

function tierRow(first) {
  const cells = Array.from({length: 10}, (_, i) => h(i === 0 ? "th" : "td", {class: [2, 3, 5, 6, 8, 9].includes(i) ? "n" : "", ...(i === 0 ? {scope: "row"} : {})}));
  const fill = h("i"), bar = h("span", {class: "bar thin", "aria-hidden": "true"}, fill), used = h("span");
  cells[7].append(bar, used);
  set(cells[0], first.name);
  return {element: h("tr", {}, cells), fill(tier) {
    set(cells[1], tier.priority);
    set(cells[2], number(tier.rates.answered));
    set(cells[3], number(tier.rates.refused));
    cells[3].className = "n " + (tier.rates.refused > 0 ? "warn" : "");
    const hits = Object.entries(tier.decisions).filter(([, hit]) => hit > 0).map(([limit, hit]) => `${limit} ${count(hit)}`);
    set(cells[4], hits.join(", ") || "none");
    cells[4].className = hits.length ? "warn" : "soft";
    show(cells[5], known(tier.queue) ? count(tier.queue) : null, "");
    set(cells[6], `${number(tier.tokens.prompt)} · ${number(tier.tokens.completion)}`);
    bar.hidden = !known(tier.budget_used);
    set(used, known(tier.budget_used) ? `${percent(tier.budget_used)} of ${usd(tier.limits.budget_usd?.amount)}` : "no budget");
    used.className = known(tier.budget_used) ? "" : "soft";
    fill.style.width = Math.min(100, (tier.budget_used ?? 0) * 100) + "%";
    set(cells[8], known(tier.usd_per_hour) ? usd(tier.usd_per_hour) + " / h" : "–");
    set(cells[9], usd(tier.spend_usd));
  }};
}

// ---- the rest

let costFacts, cacheFacts, gatewayFacts;

function drawCost() {
  costFacts ??= facts($("cost"));
  const cost = latest.cost;
  costFacts([
    ["Now", known(cost.usd_per_hour) ? usd(cost.usd_per_hour) + " / h" : null, "nothing was priced yet"],
    ["Since start", known(cost.since_start_usd) ? usd(cost.since_start_usd) : null, "nothing was priced yet"],
    ["This month", known(cost.month_usd) ? usd(cost.month_usd) : null, "needs the traffic journal"],
    ["A month at this rate", known(cost.usd_per_hour) ? usd(cost.usd_per_hour * HOURS_PER_MONTH) : null, "nothing was priced yet"],
  ]);
}

function drawCache() {
  cacheFacts ??= facts($("cache"));
  const cache = latest.cache, why = "no cache serves";
  if (!cache) {
    cacheFacts([["Hit rate", null, why], ["Saved", null, why]]);
    return;
  }
  const all = Object.values(cache.lookups).reduce((sum, one) => sum + (one ?? 0), 0), hits = (cache.lookups.hit ?? 0) + (cache.lookups.coalesced ?? 0);
  cacheFacts([
    ["Hit rate", all > 0 ? percent(hits / all) : null, "no look-up in 60 s", `of ${count(all)} in 60 s`],
    ["Saved", known(cache.saved_usd) ? usd(cache.saved_usd) : null, why, "since start"],
  ]);
}

function drawGateway() {
  gatewayFacts ??= facts($("gateway"));
  const up = latest.pools.flatMap(pool => pool.backends).filter(backend => backend.state === "up").length;
  gatewayFacts([
    ["Added before first byte", known(latest.overhead_p95_ms) ? millis(latest.overhead_p95_ms) : null, "no answer in 60 s", "p95"],
    ["Backends up", String(up), "", `of ${latest.pools.flatMap(pool => pool.backends).length}`],
    ["Retries", number(latest.pools.reduce((sum, pool) => sum + (pool.retries ?? 0), 0)) + " / s", ""],
    ["Store", latest.stores ? latest.stores.map(store => `${store.name} ${store.up ? "up" : "down"}`).join(", ") : null, "everything is in this process"],
  ]);
}
