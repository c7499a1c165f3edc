// The drawer: where a number, a measure or a claim comes from. Escape closes it; focus goes back to what opened it.

import { get } from "./api.js";
import { $, el, put } from "./dom.js";
import { holds } from "./glyphs.js";

let opener = null;

export function closeDrawer() {
  if ($("drawer").hidden) return;
  $("drawer").hidden = true;
  if (opener?.isConnected) opener.focus();
  opener = null;
}

function open(title, ...body) {
  if ($("drawer").hidden) opener = document.activeElement;
  put($("drawer-body"), el("h2", { id: "drawer-title" }, title), ...body);
  $("drawer").hidden = false;
  $("drawer").scrollTop = 0;
  $("drawer-close").focus();
}

const line = (name, text) => (text ? [el("dt", null, name), el("dd", null, text)] : null);

function source(claim) {
  const behind = claim.cites.length ? claim.cites.map((item) => item.label).join("; ") : "no source of its own";
  return [el("p", { class: "meta" }, `${claim.told_by.label}, p. ${claim.page}; behind it: ${behind}`),
    claim.cites.map((item) => el("p", { class: "meta" }, `${item.title} (${item.kind})`))];
}

function trace(claim) {
  if (!claim.trace) return null;
  const text = claim.hinge && claim.tips_at !== null && claim.tips_at !== undefined
    ? `A hinge: the advice would change if the chance that this holds passed ${claim.tips_at.toFixed(2)}.`
    : "No hinge: the advice stays the same whether it holds or not, as far as the draws can tell.";
  return el("p", { class: "if" }, text);
}

function card(claim) {
  return el("div", { class: "cc" },
    el("p", null, el("span", { class: "ids" }, claim.id), " ", el("span", { class: "g", title: claim.grade_reason }, claim.grade), " ",
      claim.hinge ? el("span", { class: "hinge" }, "hinge") : null, claim.status === "open" ? null : el("span", { class: "fl" }, claim.status)),
    el("p", null, claim.statement), source(claim),
    el("div", { class: "pr" }, el("span", null, "holds"), holds(claim.p, claim.tips_at), el("span", null, `${Math.round(claim.p * 100)} %`)),
    el("p", { class: "meta" }, claim.grade_reason), trace(claim));
}

async function cards(box, ids) {
  try {
    const claims = await Promise.all(ids.map((id) => get(`/api/claims/${encodeURIComponent(id)}`)));
    put(box, claims.map(card));
  } catch (error) {
    put(box, el("p", { class: "trouble" }, error.message));
  }
}

function restsOn(ids) {
  const box = el("div", null, el("p", { class: "meta" }, "Reading the claims"));
  if (ids.length) cards(box, ids);
  else put(box, el("p", { class: "meta" }, "No claim names it: it follows from the model as a whole, and its numbers from assumptions of the case."));
  return [el("h3", null, "It rests on"), box];
}

/** Open a number of the outcomes. */
export function openNumber(item, run) {
  open(item.label,
    el("p", { class: "big" }, item.moved ? `${item.text} ${item.unit}` : "no change"),
    el("p", { class: "sub" }, `90 %: ${item.range}; ${item.word}. Mean of ${run.window[0]}–${run.window[1]} over ${run.draws} draws.`),
    el("dl", null, line("Baseline", `${item.baseline} ${item.unit === "percentage points" ? "per cent" : item.unit}`),
      line("With the setting", `${item.level} ${item.unit === "percentage points" ? "per cent" : item.unit}`),
      line("In per cent", item.percent ? `${item.percent} (${item.percent_range})` : ""), line("Setting", run.label)),
    el("p", { class: "sub" }, "Draw by draw, the same random numbers with and without the setting. Had it started when the levers say; not a forecast."),
    restsOn(item.claims));
}

/** Open a counter-measure. */
export function openMeasure(measure) {
  const cost = measure.cost_high > 0 ? `USD ${(measure.cost_low / 1e6).toLocaleString("en")} to ${(measure.cost_high / 1e6).toLocaleString("en")} m a year at full strength` : "";
  open(measure.title,
    el("dl", null, line("Moves", measure.moves), line("How it reaches people", measure.path), line("Side effects", measure.side_effects === "none" ? "" : measure.side_effects),
      line("Full strength", measure.ramp_months ? `after ${measure.ramp_months} months` : ""), line("Cost", cost), line("Assumption", measure.assumption)),
    el("p", { class: "sub" }, "What it does to people is in the outcomes: switch it on."),
    restsOn(measure.claims));
}

/** Open a claim by its id. */
export async function openClaim(id) {
  open(`Claim ${id}`, el("p", { class: "meta" }, "Reading the claim"));
  try {
    const claim = await get(`/api/claims/${encodeURIComponent(id)}`);
    if ($("drawer").hidden) return;
    put($("drawer-body"), el("h2", { id: "drawer-title" }, `Claim ${id}`), card(claim),
      el("dl", null, line("True of", claim.valid_time), line("Figure", claim.number), line("Vintage", claim.vintage),
        line("Disputed by", claim.contradicts.join(", ")), line("Confirmed by", claim.confirmed_by.join(", ")), line("Note", claim.note)),
      el("h3", null, "Where the model uses it"),
      el("ul", { class: "used" }, claim.used.map((use) => el("li", null, `${use.as}: ${use.where.replaceAll("_", " ")}${use.reason ? ` (${use.reason})` : ""}`))),
      claim.log.length ? [el("h3", null, "Changes"), el("ul", { class: "used" }, claim.log.map((entry) =>
        el("li", null, `${entry.date}, ${entry.by}: ${entry.what} from ${entry.before} to ${entry.after}. ${entry.reason}`)))] : null);
  } catch (error) {
    put($("drawer-body"), el("h2", { id: "drawer-title" }, `Claim ${id}`), el("p", { class: "trouble" }, error.message));
  }
}

export function startDrawer() {
  $("drawer-close").addEventListener("click", closeDrawer);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !$("drawer").hidden) {
      event.preventDefault();
      closeDrawer();
    }
  });
}
