// A request as a dry run: what would become of it, and why.
import {$, h, set, known, number, count, percent, millis, usd, json} from "./say.js";

const SAMPLES = {
  "Small talk": "Good morning! Can you wish my colleague Ana a happy birthday in one line?",
  "Extraction": "Extract the name, the date and the amount from this line as JSON: On 3 May 2024 Kowalski GmbH paid EUR 1,240.50.",
  "Code": "Write a thread-safe LRU cache in Java with a size limit and a time to live. Explain the locking, give the complexity of every operation, then write unit tests for concurrent access.\n\n```java\npublic interface Cache<K, V> {\n  V get(K key);\n  void put(K key, V value);\n}\n```",
  "Proof": "Prove step by step that there are infinitely many primes of the form 4k + 3. First state the lemma you need, then prove it, then derive the theorem. Finally, explain why the same argument fails for 4k + 1 and how to repair it.",
};

export async function open() {
  for (const [name, text] of Object.entries(SAMPLES)) {
    $("try-samples").append(h("button", {type: "button", class: "small", onclick: () => { $("try-message").value = text; $("try-raw").checked = false; raw(); }}, name));
  }
  $("try-message").value = SAMPLES.Code;
  $("try-raw").addEventListener("change", raw);
  $("try-form").addEventListener("submit", event => { event.preventDefault(); decide(); });
  const {body} = await json("/api/dry-run");
  $("try-key").append(...body.keys.map(key => h("option", {value: key.key}, `${key.tier}: ${key.tenant} (${key.key})`)));
  $("try-pool").append(h("option", {value: ""}, "Penstock chooses"), ...body.pools.map(pool => h("option", {value: pool}, "pinned to " + pool)));
  $("try-operation").append(...body.operations.map(operation => h("option", {value: operation}, operation.replace("-", " "))));
}

function request() {
  if ($("try-raw").checked) return JSON.parse($("try-json").value);
  const text = $("try-message").value, max = $("try-max").valueAsNumber;
  const body = {"chat-completions": {messages: [{role: "user", content: text}]}, completions: {prompt: text}, embeddings: {input: text}}[$("try-operation").value];
  if (Number.isFinite(max) && $("try-operation").value !== "embeddings") body.max_tokens = max;
  return body;
}

function raw() {
  const shown = $("try-raw").checked;
  if (shown) {
    $("try-raw").checked = false;
    $("try-json").value = JSON.stringify(request(), null, 2);
    $("try-raw").checked = true;
  }
  $("try-json-label").hidden = !shown;
  $("try-message").disabled = $("try-max").disabled = shown;
}

async function decide() {
  let body;
  try {
    body = request();
  } catch (failure) {
    refused(0, "The body is not JSON: " + failure.message);
    return;
  }
  try {
    const answer = await json("/api/dry-run", {key: $("try-key").value, pool: $("try-pool").value, operation: $("try-operation").value, request: body});
    if (answer.status === 200) decided(answer.body);
    else refused(answer.status, answer.body.error.message);
  } catch {
    refused(0, "The gateway does not answer.");
  }
}

function refused(status, message) {
  $("try-result").replaceChildren(h("p", {class: "reason bad"}, h("b", {}, status ? `Refused with ${status}. ` : "Not sent. "), message));
}

const step = (name, value, sub, kind = "") => h("li", {}, h("div", {class: "name"}, name), h("div", {class: "value " + kind}, value), h("div", {class: "sub"}, sub));

function decided(run) {
  const {decision, complexity, limits, tokens, cost, latency} = run;
  $("try-result").replaceChildren(
    h("ol", {class: "path", "aria-label": "The path of the request"},
      step("Caller", run.tier, run.tenant),
      step("Complexity", complexity.class, `score ${number(complexity.score)}` + (complexity.abstained ? ", unsure: the safer class" : "")),
      step("Limits", limits.admitted ? "admitted" : "refused", limits.admitted ? bucketWords(limits.requests) : `${limits.status}`, limits.admitted ? "good" : "bad"),
      step("Pool", decision.pool, `${decision.model}${decision.backend ? " at " + decision.backend : ""}`),
      step("Cost", usd(cost.expected_usd), `at most ${usd(cost.max_usd)}, ${cost.basis}`),
      step("First token", millis(latency.ttft_ms.p50), (known(latency.ttft_ms.p95) ? `p95 ${millis(latency.ttft_ms.p95)}, ` : "") + `whole answer ${millis(latency.total_ms.p50)}`)),
    h("p", {class: "reason" + (limits.admitted ? "" : " bad")}, h("b", {}, "Why: "), decision.reason, limits.admitted ? "" : `, but ${limits.reason}`),
    h("div", {class: "two"}, signals(complexity), h("div", {class: "result"}, numbers(run), alternatives(decision))));
}

function bucketWords(bucket) {
  return known(bucket.limit) ? `${count(bucket.remaining)} of ${count(bucket.limit)} requests left` : "no request limit";
}

function signals(complexity) {
  const most = Math.max(...complexity.signals.map(signal => Math.abs(signal.contribution)), 1e-9);
  const rows = [...complexity.signals].sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution)).map(signal => {
    const part = Math.abs(signal.contribution) / most * 100;
    return h("tr", {}, h("th", {scope: "row"}, signal.name.replaceAll("_", " ")), h("td", {class: "n"}, number(signal.value)),
      h("td", {}, h("div", {class: "signal", "aria-hidden": "true"}, h("i", {class: signal.contribution < 0 ? "minus" : "", style: {width: part + "%"}}))), h("td", {class: "n"}, (signal.contribution > 0 ? "+" : "") + number(signal.contribution)));
  });
  return h("section", {class: "card", "aria-labelledby": "signals-title"}, h("div", {class: "head"}, h("h2", {id: "signals-title"}, "Signals of complexity"), h("span", {class: "soft"}, `score ${number(complexity.score)}: ${complexity.class}`)),
    h("div", {class: "scroll", role: "region", tabindex: 0, "aria-labelledby": "signals-title"}, h("table", {}, h("thead", {}, h("tr", {}, h("th", {scope: "col"}, "signal"), h("th", {scope: "col", class: "n"}, "value"), h("th", {scope: "col", colspan: 2}, "pushes the score by"))), h("tbody", {}, rows))));
}

function numbers({tokens, limits, cache}) {
  const fact = (name, value, more = "") => h("div", {}, h("dt", {}, name), h("dd", {}, value, " ", h("small", {}, more)));
  return h("section", {class: "card", "aria-labelledby": "numbers-title"}, h("h2", {id: "numbers-title"}, "Tokens and limits"), h("dl", {class: "facts"},
    fact("Prompt", count(tokens.prompt), "tokens"), fact("Answer expected", count(tokens.completion_expected), "tokens"), fact("Answer at most", known(tokens.completion_max) ? count(tokens.completion_max) : "no bound", known(tokens.completion_max) ? "tokens" : ""),
    fact("Requests left", known(limits.requests.limit) ? count(limits.requests.remaining) : "no limit", known(limits.requests.limit) ? `of ${count(limits.requests.limit)}, full in ${limits.requests.reset}` : ""),
    fact("Tokens left", known(limits.tokens.limit) ? count(limits.tokens.remaining) : "no limit", known(limits.tokens.limit) ? `of ${count(limits.tokens.limit)}, full in ${limits.tokens.reset}` : ""),
    fact("Cache", cache.would_hit ? "would hit" : cache.cacheable ? "would miss" : "not cacheable")));
}

function alternatives(decision) {
  const rows = decision.alternatives.map(other => h("tr", {}, h("th", {scope: "row"}, other.pool), h("td", {class: "n"}, usd(other.expected_usd)), h("td", {class: "n"}, millis(other.ttft_ms)), h("td", {class: "wrap"}, other.why_not)));
  return h("section", {class: "card", "aria-labelledby": "others-title"}, h("h2", {id: "others-title"}, "Pools that were not chosen"),
    rows.length ? h("div", {class: "scroll", role: "region", tabindex: 0, "aria-labelledby": "others-title"}, h("table", {}, h("thead", {}, h("tr", {}, h("th", {scope: "col"}, "pool"), h("th", {scope: "col", class: "n"}, "cost"), h("th", {scope: "col", class: "n"}, "first token"), h("th", {scope: "col"}, "why not"))), h("tbody", {}, rows))) : h("p", {class: "soft"}, "This tier has no other."));
}
