// Outcomes on the right, border sections under the map: paired differences against the baseline, people first.

import { $, el, put, table } from "./dom.js";
import { glyph, scaleOf } from "./glyphs.js";

const SHOWN = [
  "people_exploited", "people_recruited", "people_retrafficked", "people_exploited_elsewhere", "people_identified",
  "officials_corrupt_share", "opiates_delivered_kg",
];

const tone = (item) => (item.coloured ? item.direction : "ink");

function word(item, settling) {
  const found = item.detected ? "what the state finds, not how many there are" : item.word;
  return `${found}${settling ? ", still settling" : ""}`;
}

function card(item, before, settling, open) {
  const ghost = before && before.moved ? before : null;
  const unit = item.percent && item.percent !== "0" && item.moved ? `${item.unit}, ${item.percent} %` : item.unit;
  return el("div", { class: "card", "data-outcome": item.outcome },
    el("h3", null, item.label, " ", el("small", null, unit)),
    el("div", { class: "line" },
      el("button", { type: "button", class: `num t-${tone(item)}`, "aria-haspopup": "dialog", onclick: () => open(item),
        "aria-label": `${item.label}: ${item.moved ? item.text : "no change"} ${item.unit}. What it rests on` }, item.moved ? item.text : "no change"),
      item.moved ? el("span", { class: "rg" }, `90 %: ${item.range}`) : null),
    glyph(item, scaleOf([item, ghost], true), {
      kind: tone(item), settling, ghost, label: `median ${item.text}, 90 percent interval ${item.range}, ${item.word}`,
    }),
    el("div", { class: "set" }, word(item, settling)));
}

function skeleton(names) {
  return names.map((name) => el("div", { class: "card wait", "aria-hidden": "true" },
    el("h3", null, name), el("div", { class: "bar" }), el("div", { class: "line2" })));
}

/** What stands in the place of numbers before there are any. */
export function drawWaiting(kind, text) {
  const said = { empty: "Nothing to compare yet", waiting: "The first runs are under way", loading: "Reading the case", error: "No numbers" }[kind];
  put($("cards"), el("div", { class: "first" }, el("b", null, said), el("p", null, text)),
    skeleton(["People exploited", "People recruited", "People trafficked again", "People identified"]));
  put($("cards-source"));
}

/** Draw the outcomes of a run; `before` are those of the previous setting. */
export function drawOutcomes(run, before, drawn, open) {
  const by = new Map(run.effects.map((item) => [item.outcome, item]));
  const old = new Map((before ?? []).map((item) => [item.outcome, item]));
  const shown = SHOWN.filter((name) => by.has(name)).map((name) => by.get(name));
  const rest = run.effects.filter((item) => !SHOWN.includes(item.outcome) && item.outcome !== "measures_cost_usd");
  const fold = $("cards").querySelector("details");
  const focused = document.activeElement?.closest?.(".card")?.dataset.outcome;
  put($("cards"), shown.map((item) => card(item, old.get(item.outcome), run.settling, open)),
    rest.length ? el("details", { class: "more", open: fold?.open }, el("summary", null, "All other outcomes"),
      table("plain", ["Outcome", "Change", "90 %"], rest.map((item) => [
        [item.label, el("small", null, ` ${item.unit}`)],
        el("button", { type: "button", class: `num small t-${tone(item)}`, onclick: () => open(item) }, item.moved ? item.text : "no change"),
        item.moved ? item.range : "–"]))) : null);
  if (focused) $("cards").querySelector(`[data-outcome="${CSS.escape(focused)}"] .num`)?.focus();
  put($("cards-source"), `Paired differences over ${run.draws} draws (${drawn}): median, 50 % and 90 %. `
    + `${before ? "Thin grey line: your previous setting. " : ""}Detected is not prevalence.`);
}

function few(rows) {
  const told = rows.filter((row) => !row.few && row.median !== null);
  if (told.length <= 4) return told;
  const risen = told.filter((row) => row.median > 0).slice(0, 2);
  return [...risen, ...told.slice(risen.length - 4)];
}

/** Draw the border sections; `point` is called with the section that is looked at, or null. */
export function drawSections(rows, settling, opiates, point) {
  const told = rows.filter((row) => !row.few && row.median !== null);
  const scale = scaleOf(told.map((row) => ({ ...row, low90: Math.max(row.low90, -100), high90: Math.min(row.high90, 200) })));
  const watch = (row) => ({
    tabindex: 0, onmouseenter: () => point(row.place), onmouseleave: () => point(null),
    onfocus: () => point(row.place), onblur: () => point(null),
  });
  put($("sections-top"), told.length ? el("ul", null, few(rows).map((row) => el("li", watch(row),
    el("span", null, row.label),
    glyph(row, scale, { kind: row.direction, settling, height: 20, label: `${row.text}, 90 percent interval ${row.range}, ${row.word}` }),
    el("b", { class: `t-${row.direction}` }, row.text), el("small", null, row.range)))) : el("p", { class: "small" },
    rows.length ? "Too few people cross any section for a change in per cent to mean anything." : "Switch on a counter-measure to see where harm would move."));
  put($("sections-all"), table("plain", ["Border section", opiates ? "Kg a year" : "People a year", "Change", "90 %", "How likely"],
    rows.map((row) => [row.label, row.baseline, el("span", { class: `t-${row.direction}` }, row.text), row.range, row.few ? "–" : row.word])));
  $("sections-fold").hidden = !rows.length;
}
