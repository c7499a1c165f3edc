// One glyph everywhere: dot = median, thick line = 50 %, thin line = 90 %. Places are in per cent of the cell.

import { el, svg } from "./dom.js";

/** The round number at or above `size`, so that a scale does not jump with every run. */
export function nice(size) {
  if (!(size > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(size));
  return [1, 1.5, 2, 3, 4, 5, 7.5, 10].map((step) => step * unit).find((step) => step >= size);
}

/** A scale with nought in it that holds all the intervals; `even` puts nought in the middle. */
export function scaleOf(intervals, even = false) {
  const ends = intervals.filter((i) => i && Number.isFinite(i.median)).flatMap((i) => [i.low90, i.high90]);
  const low = Math.max(0, -Math.min(0, ...ends)), high = Math.max(0, ...ends);
  const a = nice(Math.max(low, even ? high : high / 8)), b = nice(Math.max(high, even ? low : low / 8));
  return { low: -a, high: b, at: (value) => Math.max(-2, Math.min(102, (100 * (value + a)) / (a + b))) };
}

const percent = (value) => `${value.toFixed(2)}%`;

function rule(scale, name, low, high, y) {
  return svg("line", { class: name, x1: percent(scale.at(low)), x2: percent(scale.at(high)), y1: y, y2: y });
}

/** Draw an interval; `ghost` is that of the previous setting, drawn thin and grey beneath. */
export function glyph(item, scale, { kind = "ink", settling = false, ghost = null, label = "", height = 24 } = {}) {
  const middle = ghost ? height / 2 - 3 : height / 2;
  const known = item && Number.isFinite(item.median) && item.median !== null;
  return svg("svg", { class: `iv k-${kind}${settling ? " settling" : ""}`, width: "100%", height, role: "img", "aria-label": label },
    svg("line", { class: "grid", x1: "0", x2: "100%", y1: middle, y2: middle }),
    ghost && Number.isFinite(ghost.median) ? rule(scale, "ghost", ghost.low90, ghost.high90, middle + 9) : null,
    svg("line", { class: "zero", x1: percent(scale.at(0)), x2: percent(scale.at(0)), y1: 1, y2: height - 1 }),
    known ? [
      rule(scale, "i90", item.low90, item.high90, middle),
      rule(scale, "i50", item.low50, item.high50, middle),
      svg("circle", { class: "dot", cx: percent(scale.at(item.median)), cy: middle, r: 4.6 }),
    ] : null);
}

/** The ticks of a scale, to stand in a table's head. */
export function axis(scale, suffix = "") {
  const values = [scale.low, scale.low / 2, 0, scale.high / 2, scale.high];
  const seen = values.filter((v, i) => values.findIndex((w) => Math.abs(scale.at(v) - scale.at(w)) < 9) === i);
  const text = (v) => `${v < 0 ? "−" : v > 0 ? "+" : ""}${Math.abs(v).toLocaleString("en")}${suffix}`;
  return el("span", { class: "ax", "aria-hidden": "true" }, seen.map((v) => el("span", { left: percent(scale.at(v)) }, text(v))));
}

/** Share of draws before (hollow) and after (full) matching, on a scale of 0 to 1. */
export function passed(before, after, label) {
  const at = (share) => percent(3 + 94 * share);
  return svg("svg", { class: "iv", width: "100%", height: 20, role: "img", "aria-label": label },
    svg("line", { class: "grid", x1: "0", x2: "100%", y1: 10, y2: 10 }),
    Number.isFinite(before) && before !== null && after !== null ? svg("line", { class: "link", x1: at(before), x2: at(after), y1: 10, y2: 10 }) : null,
    before !== null ? svg("circle", { class: "hollow", cx: at(before), cy: 10, r: 4 }) : null,
    after !== null ? svg("circle", { class: "full", cx: at(after), cy: 10, r: 4.4 }) : null);
}

/** Probability that a claim holds (dot), and where the advice tips (bar). */
export function holds(p, tips) {
  const at = (share) => percent(3 + 94 * share);
  const said = `holds with probability ${p.toFixed(2)}${tips === null || tips === undefined ? "" : `, the advice tips at ${tips.toFixed(2)}`}`;
  return svg("svg", { class: "iv", width: "100%", height: 20, role: "img", "aria-label": said },
    svg("line", { class: "grid", x1: "0", x2: "100%", y1: 10, y2: 10 }),
    tips === null || tips === undefined ? null : [
      svg("line", { class: "away", x1: at(tips), x2: at(p), y1: 10, y2: 10 }),
      svg("line", { class: "tip", x1: at(tips), x2: at(tips), y1: 2, y2: 18 }),
    ],
    svg("circle", { class: "full", cx: at(p), cy: 10, r: 4.2 }));
}
