// Which page is shown, in which colours, and what all of them share.
import {$, set, ask} from "./say.js";
import * as live from "./live.js";
import * as tryout from "./try.js";
import * as whatif from "./whatif.js";

const PAGES = {live, try: tryout, whatif};
const opened = new Set();

function show(moveFocus) {
  const wanted = location.hash.slice(1), name = Object.hasOwn(PAGES, wanted) ? wanted : "live";
  for (const each of Object.keys(PAGES)) $(each).hidden = each !== name;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === "#" + name && link.pathname === "/") link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const title = document.querySelector(`#${name} h1`).textContent;
  document.title = `${title} · Penstock`;
  if (!opened.has(name)) {
    opened.add(name);
    PAGES[name].open();
  }
  if (moveFocus) $("main").focus();
  scrollTo(0, 0);
}

// Colours.

const THEMES = ["system", "light", "dark"];
let theme = localStorage.getItem("penstock-theme") ?? "system";

function paint() {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  set($("theme"), "Theme: " + theme);
}

$("theme").addEventListener("click", () => {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  localStorage.setItem("penstock-theme", theme);
  paint();
});
paint();

// Events, one stream for all pages; a tab that nobody sees asks for none.

let stream = null, paused = false, wait = 1000;

function status(text, kind) {
  set($("ready"), text);
  $("ready").className = "pill " + kind;
}

function take(event) {
  const name = /^event: (.*)$/m.exec(event)?.[1], data = /^data: (.*)$/m.exec(event)?.[1];
  if (!data) return;
  if (name === "history") live.history(JSON.parse(data));
  if (name === "frame") {
    const frame = JSON.parse(data);
    status(frame.ready ? "ready" : "not ready", frame.ready ? "good" : "bad");
    live.frame(frame);
    whatif.seen(frame);
  }
}

async function listen() {
  const own = stream = new AbortController();
  while (stream === own) {
    try {
      const answer = await ask("/api/live", {signal: own.signal});
      if (!answer.ok) throw new Error((await answer.json()).error.message);
      wait = 1000;
      let rest = "";
      for await (const text of texts(answer.body)) {
        const events = (rest + text).split("\n\n");
        rest = events.pop();
        events.forEach(take);
      }
    } catch (failure) {
      if (own.signal.aborted) return;
    }
    if (stream !== own) return;
    status("no answer from the gateway; trying again", "bad");
    live.lost();
    await new Promise(done => setTimeout(done, wait));
    wait = Math.min(10000, wait * 2);
  }
}

async function* texts(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    yield value;
  }
}

function listenOrNot() {
  const wanted = !paused && document.visibilityState === "visible";
  if (wanted && !stream) listen();
  if (!wanted && stream) {
    stream.abort();
    stream = null;
  }
}

$("pause").addEventListener("click", () => {
  paused = !paused;
  $("pause").setAttribute("aria-pressed", String(paused));
  set($("pause"), paused ? "Go on" : "Pause");
  if (paused) status("paused", "warn");
  listenOrNot();
});
document.addEventListener("visibilitychange", listenOrNot);
addEventListener("hashchange", () => show(true));
show(false);
listenOrNot();
