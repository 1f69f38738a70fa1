// Charts in SVG, drawn anew with every event.
import {h} from "./say.js";

const NS = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A round number at or above a value, for the top of an axis. */
export function ceiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find(step => step * power >= value * 0.999) * power;
}

const fixed = value => value.toFixed(1);

/** A path through points; what is not known is a gap. */
function path(points) {
  let d = "", open = false;
  for (const [x, y] of points) {
    if (y === null) { open = false; continue; }
    d += `${open ? "L" : "M"}${fixed(x)} ${fixed(y)}`;
    open = true;
  }
  return d;
}

export function spark(values, color) {
  const numbers = values.map(value => value ?? 0), top = Math.max(1e-9, ...numbers), last = Math.max(1, numbers.length - 1);
  const points = numbers.map((value, i) => [i / last * 100, 29 - value / top * 26]);
  const picture = svg("svg", {viewBox: "0 0 100 32", preserveAspectRatio: "none", "aria-hidden": "true"});
  if (points.length > 1) {
    const line = path(points);
    picture.append(
      svg("path", {d: `${line}L100 32L0 32Z`, fill: color, opacity: .12}),
      svg("path", {d: line, fill: "none", stroke: color, "stroke-width": 1.6, "vector-effect": "non-scaling-stroke", "stroke-linejoin": "round"}));
  }
  return picture;
}

/**
 * A chart over the last minutes. Made once for a place; call what it returns with
 * {times, series: [{name, color, values}], limits: [{name, color, value}], stacked, unit, said}.
 */
export function timeChart(place) {
  const height = 210, left = 46, right = 10, top = 10, bottom = 22;
  let width = 640;
  const picture = svg("svg", {role: "img"});
  const legend = h("div", {class: "legend"}), tip = h("div", {class: "tip", hidden: true, "aria-hidden": "true"});
  place.replaceChildren(picture, legend, tip);
  let data = null, pointer = null;

  const x = time => left + (time - data.from) / (data.to - data.from) * (width - left - right);
  const y = value => height - bottom - value / data.top * (height - top - bottom);

  function frame() {
    const parts = [];
    for (let i = 0; i <= 4; i++) {
      const value = data.top * i / 4;
      parts.push(svg("line", {class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value)}));
      const text = svg("text", {x: left - 6, y: y(value) + 4, "text-anchor": "end"});
      text.textContent = data.unit(value);
      parts.push(text);
    }
    const span = (data.to - data.from) / 1000, step = span > 420 ? 120 : span > 200 ? 60 : span > 90 || width < 400 ? 30 : 15;
    for (let back = 0; back <= span; back += step) {
      const text = svg("text", {x: x(data.to - back * 1000), y: height - 6, "text-anchor": back === 0 ? "end" : "middle"});
      text.textContent = back === 0 ? "now" : back % 60 === 0 ? `−${back / 60} min` : `−${back} s`;
      if (x(data.to - back * 1000) > left + 20) parts.push(text);
    }
    return parts;
  }

  function lines() {
    const parts = [];
    if (data.stacked) {
      let below = data.times.map(() => 0);
      for (const one of data.series) {
        const above = below.map((sum, i) => sum + (one.values[i] ?? 0));
        const up = data.times.map((time, i) => [x(time), y(above[i])]), down = data.times.map((time, i) => [x(time), y(below[i])]).reverse();
        parts.push(svg("path", {d: path([...up, ...down]) + "Z", style: undefined, fill: one.color, opacity: .75}));
        below = above;
      }
    } else {
      for (const limit of data.limits ?? []) {
        parts.push(svg("line", {x1: left, x2: width - right, y1: y(limit.value), y2: y(limit.value), stroke: limit.color, "stroke-width": 1.5, "stroke-dasharray": "6 4", opacity: .8}));
      }
      for (const one of data.series) {
        parts.push(svg("path", {d: path(data.times.map((time, i) => [x(time), one.values[i] === null || one.values[i] === undefined ? null : y(Math.min(one.values[i], data.top))])), fill: "none", stroke: one.color, "stroke-width": 2, "stroke-linejoin": "round", "stroke-linecap": "round"}));
      }
    }
    return parts;
  }

  function point() {
    if (pointer === null || !data.times.length) { tip.hidden = true; return []; }
    const time = data.from + (pointer - left) / (width - left - right) * (data.to - data.from);
    let i = 0;
    data.times.forEach((each, k) => { if (Math.abs(each - time) < Math.abs(data.times[i] - time)) i = k; });
    const at = x(data.times[i]);
    tip.replaceChildren(h("div", {class: "soft"}, new Date(data.times[i]).toLocaleTimeString("en-GB")),
      ...data.series.map(one => h("div", {}, h("span", {class: "swatch", style: {background: one.color}}), `${one.name} `, h("b", {}, data.unit(one.values[i])))));
    tip.hidden = false;
    const share = at / width;
    tip.style.top = "8px";
    tip.style.left = share < .6 ? `calc(${share * 100}% + 12px)` : "auto";
    tip.style.right = share < .6 ? "auto" : `calc(${(1 - share) * 100}% + 12px)`;
    return [svg("line", {class: "cursor", x1: at, x2: at, y1: top, y2: height - bottom})];
  }

  function draw() {
    if (!data) return;
    width = Math.max(280, place.clientWidth || width);
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    picture.replaceChildren(...frame(), ...lines(), ...point());
    picture.setAttribute("aria-label", data.said);
    legend.replaceChildren(...data.series.map(one => h("span", {}, h("span", {class: "swatch", style: {background: one.color}}), one.name + " ", h("b", {}, data.unit(one.values.at(-1))), one.note ? ` ${one.note}` : "")));
  }

  picture.addEventListener("pointermove", event => {
    const box = picture.getBoundingClientRect();
    pointer = Math.min(width - right, Math.max(left, (event.clientX - box.left) / box.width * width));
    draw();
  });
  picture.addEventListener("pointerleave", () => { pointer = null; draw(); });

  return next => {
    const to = next.times.at(-1) ?? Date.now();
    const from = Math.min(to - 60000, next.times[0] ?? to);
    const most = next.stacked ? Math.max(0, ...next.times.map((_, i) => next.series.reduce((sum, one) => sum + (one.values[i] ?? 0), 0)))
      : Math.max(0, ...next.series.flatMap(one => one.values.filter(value => value !== null && value !== undefined)), ...(next.limits ?? []).map(limit => limit.value * 1.15));
    data = {...next, from, to, top: ceiling(most)};
    draw();
  };
}

/**
 * Latency against load for one replica: the curve, what it was before, the promise and where the
 * plan puts the peak.
 */
export function loadChart({curve, before, limit, at, color, said}) {
  const width = 460, height = 190, left = 48, right = 12, top = 12, bottom = 34;
  const right_ = Math.max(...curve.map(p => p.rps), ...(before ?? []).map(p => p.rps));
  const floor = Math.min(...curve.map(p => p.ttft_ms).filter(Boolean));
  const high = ceiling(Math.max(limit > 0 ? limit * 1.6 : floor * 6, floor * 1.5));
  const x = rps => left + rps / right_ * (width - left - right), y = ms => height - bottom - Math.min(ms, high) / high * (height - top - bottom);
  const label = (text, attributes) => { const element = svg("text", attributes); element.textContent = text; return element; };
  const unit = ms => ms >= 1000 ? `${+(ms / 1000).toFixed(2)} s` : `${Math.round(ms)} ms`;
  const points = list => list.map(p => [x(p.rps), p.ttft_ms === null || p.ttft_ms > high * 1.02 ? null : y(p.ttft_ms)]);
  const picture = svg("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": said});
  for (let i = 0; i <= 4; i++) picture.append(svg("line", {class: "grid", x1: left, x2: width - right, y1: y(high * i / 4), y2: y(high * i / 4)}), label(unit(high * i / 4), {x: left - 6, y: y(high * i / 4) + 4, "text-anchor": "end"}));
  for (let i = 0; i <= 4; i++) picture.append(label(`${+(right_ * i / 4).toPrecision(2)}`, {x: x(right_ * i / 4), y: height - bottom + 14, "text-anchor": "middle"}));
  picture.append(label("requests a second to one replica", {x: (left + width) / 2, y: height - 4, "text-anchor": "middle"}));
  if (limit > 0) picture.append(svg("line", {x1: left, x2: width - right, y1: y(limit), y2: y(limit), stroke: "var(--bad)", "stroke-width": 1.5, "stroke-dasharray": "6 4"}), label("SLO " + unit(limit), {x: width - right, y: y(limit) - 5, "text-anchor": "end"}));
  if (before) picture.append(svg("path", {d: path(points(before)), fill: "none", stroke: "var(--soft)", "stroke-width": 1.6, "stroke-dasharray": "2 4"}));
  picture.append(svg("path", {d: path(points(curve)), fill: "none", stroke: color, "stroke-width": 2.4, "stroke-linejoin": "round"}));
  if (at > 0 && at <= right_) picture.append(svg("line", {class: "cursor", x1: x(at), x2: x(at), y1: top, y2: height - bottom}), label("peak", {x: x(at) + (at > right_ * .85 ? -4 : 4), y: top + 9, "text-anchor": at > right_ * .85 ? "end" : "start"}));
  return picture;
}
