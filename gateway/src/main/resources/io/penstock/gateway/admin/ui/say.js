// Words, numbers and elements: what every page needs.

export const $ = id => document.getElementById(id);

/** An element: attributes by name, `on…` as listeners, children as text or nodes. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [property, set] of Object.entries(value)) element.style.setProperty(property, set);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined));
  return element;
}

/** Sets a text only where it changed, so that nobody's selection or reader is disturbed. */
export function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Keeps one element per key in a parent, in order; `make` builds it once and returns its filler. */
export function keyed(parent, make) {
  const known = new Map();
  return (items, key) => {
    const wanted = items.map(item => {
      const id = key(item);
      if (!known.has(id)) known.set(id, make(item));
      const one = known.get(id);
      one.fill(item);
      return [id, one.element];
    });
    const ids = new Set(wanted.map(([id]) => id));
    for (const id of [...known.keys()]) if (!ids.has(id)) known.delete(id);
    const elements = wanted.map(([, element]) => element);
    if (elements.length !== parent.children.length || elements.some((element, i) => element !== parent.children[i])) parent.replaceChildren(...elements);
  };
}

// Numbers. Null is what nobody measured, and is never shown as zero.

export const known = value => value !== null && value !== undefined && Number.isFinite(value);

const plain = new Intl.NumberFormat("en", {maximumFractionDigits: 0});
const compact = new Intl.NumberFormat("en", {notation: "compact", maximumSignificantDigits: 3});

export function number(value) {
  if (!known(value)) return "–";
  const size = Math.abs(value);
  return size >= 10000 ? compact.format(value) : size >= 100 || value === 0 ? plain.format(value) : size >= 10 ? trim(value.toFixed(1)) : trim(value.toFixed(2));
}

const trim = text => text.includes(".") ? text.replace(/\.?0+$/, "") : text;
export const count = value => known(value) ? plain.format(value) : "–";
export const percent = (value, digits = 1) => known(value) ? trim((value * 100).toFixed(digits)) + " %" : "–";

export function millis(value) {
  if (!known(value)) return "–";
  return value >= 1000 ? trim((value / 1000).toFixed(2)) + " s" : value >= 100 ? Math.round(value) + " ms" : trim(value.toFixed(1)) + " ms";
}

export function usd(value) {
  if (!known(value)) return "–";
  const size = Math.abs(value), sign = value < 0 ? "−" : "";
  const text = size === 0 ? "0" : size >= 1000 ? plain.format(size) : size >= 0.1 ? size.toFixed(2) : trim(size.toFixed(Math.min(8, 2 - Math.floor(Math.log10(size)))));
  return sign + "$" + text;
}

export function duration(seconds) {
  const days = Math.floor(seconds / 86400), hours = Math.floor(seconds / 3600) % 24, minutes = Math.floor(seconds / 60) % 60;
  return days ? `${days} d ${hours} h` : hours ? `${hours} h ${minutes} min` : minutes ? `${minutes} min` : `${Math.floor(seconds)} s`;
}

/** What stands where a figure would: its absence, and why. */
export const notMeasured = why => h("span", {class: "not"}, "not measured", why ? h("small", {}, why) : null);

/** Puts a figure or its absence into an element. */
export function show(element, text, why) {
  if (text === null) {
    if (element.dataset.why !== why) {
      element.dataset.why = why;
      element.replaceChildren(notMeasured(why));
    }
  } else {
    delete element.dataset.why;
    set(element, text);
  }
}

// The API.

const TOKEN = "penstock-admin-token";

function headers(more) {
  const token = sessionStorage.getItem(TOKEN);
  return token ? {...more, authorization: "Bearer " + token} : more;
}

let asking = null;

function askForToken() {
  asking ??= new Promise(done => {
    const dialog = $("token");
    dialog.addEventListener("close", () => {
      sessionStorage.setItem(TOKEN, $("token-value").value);
      asking = null;
      done();
    }, {once: true});
    dialog.showModal();
  });
  return asking;
}

/** A response; asks for the admin token where the port wants one. */
export async function ask(path, options = {}) {
  for (;;) {
    // Of the origin: an address with a name and a password in it cannot be fetched from.
    const answer = await fetch(new URL(path, location.origin), {...options, headers: headers(options.headers ?? {})});
    if (answer.status !== 401 || !answer.headers.has("www-authenticate")) return answer;
    await askForToken();
  }
}

/** A JSON answer and its status. */
export async function json(path, body, signal) {
  const options = body === undefined ? {signal} : {method: "POST", body: JSON.stringify(body), headers: {"content-type": "application/json"}, signal};
  const answer = await ask(path, options);
  return {status: answer.status, body: await answer.json()};
}
