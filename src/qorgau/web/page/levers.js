// The levers: a switch for each counter-measure, its intensity, the year from which it acts, and its evidence.

import { $, el, put } from "./dom.js";

const rows = new Map();

function lever(measure, years, start, on) {
  const name = measure.title;
  const slider = el("input", { type: "range", min: 10, max: 100, step: 10, value: 100, "aria-label": `${name}: intensity, per cent` });
  const shown = el("output", null, "100 %");
  const from = el("select", { "aria-label": `${name}: start year` },
    Array.from({ length: years[1] - years[0] + 1 }, (_, i) => years[0] + i).map((year) =>
      el("option", { value: year, selected: year === start }, String(year))));
  const box = el("input", { type: "checkbox", id: `lever-${measure.id}` });
  const row = el("div", { class: "lv" },
    el("label", { class: "lt" }, box, el("span", { class: "sw2", "aria-hidden": "true" }), el("span", { class: "ln" }, name)),
    el("div", { class: "lc" },
      el("label", null, el("span", null, "Intensity"), slider, shown),
      el("div", { class: "lr" }, el("label", null, el("span", null, "From"), from),
        el("button", { type: "button", class: "why", "aria-label": `Evidence for ${name}`, onclick: () => on.evidence(measure) }, "Evidence"))));
  const state = { box, slider, from, row, shown };
  box.addEventListener("change", () => { row.classList.toggle("on", box.checked); on.change(); });
  slider.addEventListener("input", () => { shown.textContent = `${slider.value} %`; });
  slider.addEventListener("change", on.change);
  from.addEventListener("change", on.change);
  rows.set(measure.id, state);
  return row;
}

/** Draw the levers. `on.change` is called when a setting changes, `on.evidence` with the measure that is asked about. */
export function drawLevers(groups, years, start, on) {
  rows.clear();
  put($("levers"), groups.map((group) => el("fieldset", null, el("legend", null, group.group),
    group.measures.map((measure) => lever(measure, years, start, on)))));
}

/** The levers that are on, as the API takes them. */
export function setting() {
  return Object.fromEntries([...rows].filter(([, r]) => r.box.checked).map(([id, r]) =>
    [id, { intensity: Number(r.slider.value) / 100, start: Number(r.from.value) }]));
}

/** Put the levers as a setting has them; an empty one clears all. */
export function setLevers(levers) {
  for (const [id, r] of rows) {
    const lever = levers[id];
    r.box.checked = Boolean(lever);
    r.row.classList.toggle("on", Boolean(lever));
    if (lever) {
      r.slider.value = String(Math.round(lever.intensity * 100));
      r.shown.textContent = `${r.slider.value} %`;
      r.from.value = String(lever.start);
    }
  }
}
