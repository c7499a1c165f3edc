// The map: what is carried between cities, as curves and never as roads; people by form or opiates, never both.

import { get } from "./api.js";
import { $, el, put, svg } from "./dom.js";
import { nice } from "./glyphs.js";

const WIDE = 736, NARROW = 390, WIDEST = 9, THINNEST = 1.3;
const narrow = matchMedia("(max-width: 760px)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

const state = { about: null, atlas: null, trade: "", run: null, year: 0, history: new Map(), mode: "history", layers: null, timer: 0 };

const trade = () => state.about?.trades.find((item) => item.id === state.trade);

// ------------------------------------------------------------------------------------------------- ground

function names(atlas) {
  return [
    atlas.names.map((name) => svg("text", { class: "cl", x: name.x, y: name.y + 4, "text-anchor": "middle", "font-size": name.size }, name.text.toUpperCase())),
    atlas.cities.map((city) => [
      city.angle === null ? svg("circle", { class: "cdot", cx: city.x, cy: city.y, r: 3.1 })
        : svg("path", { class: "edge", d: "M0,-6L4,4L0,2L-4,4Z", transform: `translate(${city.x} ${city.y}) rotate(${city.angle})` }),
      city.label ? svg("text", {
        class: "city", x: city.label.x, y: city.label.y + atlas.size * 0.36, "font-size": atlas.size,
        "text-anchor": { left: "start", right: "end", center: "middle" }[city.label.align],
      }, city.name) : null,
    ]),
  ];
}

function drawGround() {
  const atlas = state.atlas;
  const curves = svg("g", null), sections = svg("path", { class: "sec", d: "" });
  const title = svg("title", { id: "map-name" }), about = svg("desc", { id: "map-about" });
  put($("map-box"), svg("svg", {
    class: "map", viewBox: `0 0 ${atlas.width} ${atlas.height}`, role: "img", "aria-labelledby": "map-name map-about",
  }, title, about,
  svg("rect", { class: "water", width: atlas.width, height: atlas.height }),
  ["far", "near", "focus"].map((kind) => atlas.countries.filter((country) => country.kind === kind).map((country) =>
    svg("path", { class: `land-${kind}`, d: country.path, "fill-rule": "evenodd" }))),
  atlas.lakes.map((path) => svg("path", { class: "water", d: path, "fill-rule": "evenodd" })),
  svg("path", { class: "mesh", d: atlas.borders.join("") }), sections, curves, names(atlas)));
  state.layers = { curves, sections, title, about };
  put($("map-source"), `${atlas.source}. ${atlas.disclaimer} Arrows at the edge: places beyond it.`);
}

// ------------------------------------------------------------------------------------------------- curves

/** A curve that bends to one side, so that there and back do not cover each other, with an arrow half way. */
function curve(a, b, width, kind) {
  const dx = b.x - a.x, dy = b.y - a.y, far = Math.hypot(dx, dy) || 1;
  const bend = Math.min(34, 0.16 * far);
  const mx = (a.x + b.x) / 2 - (dy / far) * bend, my = (a.y + b.y) / 2 + (dx / far) * bend;
  const at = (t) => [(1 - t) ** 2 * a.x + 2 * t * (1 - t) * mx + t ** 2 * b.x, (1 - t) ** 2 * a.y + 2 * t * (1 - t) * my + t ** 2 * b.y];
  const [x, y] = at(0.56), [px, py] = at(0.5);
  const turn = (Math.atan2(y - py, x - px) * 180) / Math.PI;
  const size = 3.2 + width * 0.7;
  return svg("g", { class: `cf k-${kind}` },
    svg("path", { class: "line", d: `M${a.x} ${a.y}Q${mx.toFixed(1)} ${my.toFixed(1)} ${b.x} ${b.y}`, "stroke-width": width.toFixed(2) }),
    far > 26 ? svg("path", { class: "head", d: `M${-size},${-size * 0.72}L${size},0L${-size},${size * 0.72}Z`, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${turn.toFixed(1)})` }) : null);
}

function drawCurves(rows, kindOf, most) {
  const at = new Map(state.atlas.cities.map((city) => [city.id, city]));
  const order = { ink: 0, none: 0, fewer2: 1, more2: 1, fewer: 2, more: 2 };
  const drawn = rows.filter((row) => row.weight > 0 && at.has(row.from) && at.has(row.to))
    .sort((a, b) => order[kindOf(a)] - order[kindOf(b)] || b.weight - a.weight);
  put(state.layers.curves, drawn.map((row) =>
    curve(at.get(row.from), at.get(row.to), Math.max(THINNEST, (WIDEST * row.weight) / most), kindOf(row))));
  return drawn.length;
}

function drawKey(most, coloured) {
  const unit = trade().unit === "kg" ? "kg a year" : "people a year";
  const sample = (share) => svg("svg", { width: 26, height: 12, "aria-hidden": "true", class: "k-none" },
    svg("path", { d: "M2 6H24", "stroke-width": Math.max(THINNEST, WIDEST * share) }));
  put($("map-key"),
    el("span", null, sample(0.1), (most / 10).toLocaleString("en")), el("span", null, sample(1), `${most.toLocaleString("en")} ${unit}`),
    coloured ? [
      el("span", { class: "lk", "aria-hidden": "true" }, ["fewer", "fewer2", "none", "more2", "more"].map((kind) => el("i", { class: `b-${kind}` }))),
      el("span", null, trade().unit === "kg" ? "very likely less to very likely more" : "very likely fewer to very likely more"),
    ] : null,
    el("span", null, "curves join cities, not roads"));
}

const largest = (weights) => nice(Math.max(0, ...weights));

function drawChange() {
  const rows = state.run.traffic[state.trade] ?? [];
  const most = largest(rows.map((row) => row.weight));
  const count = drawCurves(rows, (row) => row.direction, most);
  const noun = trade().unit === "kg" ? "Opiates carried" : "People carried";
  const rising = rows.filter((row) => row.direction.startsWith("more")).length, falling = rows.filter((row) => row.direction.startsWith("fewer")).length;
  const [first, last] = state.about.window;
  put($("map-title"), `${noun}, change against the baseline`);
  state.layers.title.textContent = `${noun} between cities, change against the baseline`;
  state.layers.about.textContent = `Between ${count} pairs of cities; likely less on ${falling}, likely more on ${rising}. The table under the map gives the change by border section.`;
  put($("map-mode"), `Shown: mean of ${first}–${last} under your setting; colour says how likely, not how much. Move the slider to see the baseline by the year.`);
  drawKey(most, true);
}

function drawHistory() {
  const held = state.history.get(state.trade);
  const noun = trade().unit === "kg" ? "Opiates carried" : "People carried";
  put($("map-title"), `${noun} in the baseline, ${state.year}`);
  if (!held || !held.draws) {
    put(state.layers.curves);
    put($("map-key"));
    put($("map-mode"), "The baseline is being run; the first years appear after its first runs.");
    return;
  }
  const i = held.years.indexOf(state.year);
  const most = largest(held.pairs.flatMap((pair) => pair.weights));
  const rows = held.pairs.map((pair) => ({ ...pair, weight: pair.weights[i] }));
  const count = drawCurves(rows, () => "ink", most);
  state.layers.title.textContent = `${noun} between cities in the baseline, ${state.year}`;
  state.layers.about.textContent = `Between ${count} pairs of cities, median over ${held.draws} draws.`;
  put($("map-mode"), `Baseline, median over ${held.draws} draws; no change is shown.`,
    state.run ? [" ", el("button", { type: "button", class: "link", onclick: () => { state.mode = "change"; redraw(); } }, "Back to the change")] : "");
  drawKey(most, false);
}

function redraw() {
  if (!state.layers || !state.about) return;
  const change = state.mode === "change" && Boolean(state.run?.draws);
  const [first, last] = state.about.window;
  $("year-now").textContent = change ? `${first}–${String(last).slice(-2)}` : String(state.year);
  $("year-now").classList.toggle("span", change);
  if (change) drawChange();
  else drawHistory();
}

// ------------------------------------------------------------------------------------------------- asked

async function loadHistory() {
  const wanted = state.trade;
  try {
    state.history.set(wanted, await get(`/api/baseline/traffic?trade=${encodeURIComponent(wanted)}`));
  } catch (error) {
    put($("map-mode"), error.message);
    return;
  }
  redraw();
}

/** Ask again for the baseline's years, since more of it has been run. */
export function refreshHistory() {
  state.history.clear();
  loadHistory();
}

/** Show a run's change, or with null the baseline by the year. */
export function showRun(run) {
  const first = Boolean(run?.draws) && !(state.run?.draws && state.run.id === run.id);
  state.run = run;
  if (first) {
    state.mode = "change";
    halt();
  }
  if (!run) state.mode = "history";
  if (state.mode === "change" || !run) redraw();
}

/** Mark a border section, or none. */
export function pointAt(place) {
  const path = place ? state.atlas?.sections[place] : null;
  state.layers?.sections.setAttribute("d", path ?? "");
}

export const shownTrade = () => trade();

async function loadAtlas() {
  state.atlas = await get(`/api/map?width=${narrow.matches ? NARROW : WIDE}`);
  drawGround();
  redraw();
}

function halt() {
  clearInterval(state.timer);
  state.timer = 0;
  $("play").textContent = "Play";
}

function setYear(year) {
  state.year = year;
  $("year").value = String(year);
  state.mode = "history";
  redraw();
}

function play() {
  if (state.timer) {
    halt();
    return;
  }
  const [first, last] = state.about.years;
  setYear(state.year >= last || state.mode === "change" ? first : state.year);
  $("play").textContent = "Pause";
  state.timer = setInterval(() => (state.year >= last ? halt() : setYear(state.year + 1)), still.matches ? 900 : 320);
}

/** Start the map; `changed` is called when another trade is chosen. */
export async function startMap(about, changed) {
  state.about = about;
  state.trade = about.trades[0].id;
  const [first, last] = about.years;
  state.year = last;
  Object.assign($("year"), { min: first, max: last, value: last });
  const marks = [first, 2001, 2011, last].filter((year, i, all) => year >= first && year <= last && all.indexOf(year) === i);
  put($("ticks"), marks.map((year) => el("span", { left: `${(100 * (year - first)) / (last - first)}%` }, String(year))));
  put($("trades"), about.trades.map((item) => el("label", null,
    el("input", { type: "radio", name: "trade", value: item.id, checked: item.id === state.trade, onchange: () => {
      state.trade = item.id;
      if (!state.history.has(item.id)) loadHistory();
      redraw();
      changed();
    } }), el("span", null, item.label))));
  $("year").addEventListener("input", () => { halt(); setYear(Number($("year").value)); });
  $("play").addEventListener("click", play);
  narrow.addEventListener("change", loadAtlas);
  await loadAtlas();
  loadHistory();
}
