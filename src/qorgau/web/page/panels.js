// The tabs: settings side by side, patterns of the sources, and the evidence.

import { get, put as send, remove } from "./api.js";
import { $, el, put, table, thousands } from "./dom.js";
import { axis, glyph, holds, passed, scaleOf } from "./glyphs.js";
import { openClaim } from "./drawer.js";

const TABS = ["compare", "patterns", "evidence"];
const FIRST_CLAIMS = 30;
const state = { about: null, kept: { kept: [], measures: [] }, run: null, show: null, claims: null, all: false, read: new Set() };

// ------------------------------------------------------------------------------------------------ compare

function people(row) {
  if (!row.people) return "–";
  return [el("b", { class: `t-${row.people.direction}` }, row.people.moved ? row.people.text : "no change"),
    row.people.moved ? el("small", { class: "rg2" }, ` (${row.people.range})`) : null];
}

function comparisonRow(row, scale, name, settling) {
  const item = row.people?.percent_interval;
  return { attributes: { class: name }, cells: [row.head,
    el("div", { class: "pl" }, glyph(item, scale, { kind: row.people?.direction ?? "none", settling, height: 20,
      label: row.people ? `${row.people.percent ?? "–"} percent, 90 percent interval ${row.people.percent_range}, ${row.people.word}` : "not known yet" })),
    people(row), row.helps ?? "–", row.risen ?? "–", row.cost ?? "–"] };
}

function keptHead(row) {
  return el("span", { class: "kept" }, el("button", { type: "button", class: "link", title: "Put the levers like this", onclick: () => state.show(row.levers) }, row.label),
    el("button", { type: "button", class: "drop", "aria-label": `Remove ${row.label} from the comparison`, onclick: async () => {
      state.kept = await remove(`/api/compare/${row.id}`);
      drawCompare();
    } }, "×"));
}

function drawCompare() {
  const { kept, measures } = state.kept;
  const now = state.run?.row && state.run.draws ? [{ ...state.run.row, head: `Now: ${state.run.label}` }] : [];
  const others = kept.filter((row) => row.id !== state.run?.id || !now.length);
  const intervals = [...now, ...others, ...measures].map((row) => row.people?.percent_interval).filter(Boolean)
    .map((i) => ({ ...i, low90: Math.max(i.low90, -100), high90: Math.min(i.high90, 200) }));
  if (!intervals.length) {
    put($("panel-compare"), el("div", { class: "empty" }, el("b", null, "No setting to compare yet"),
      el("p", null, "Switch on a counter-measure, then press “Keep for comparison”. Kept settings stay until the server is stopped.")));
    return;
  }
  const scale = scaleOf(intervals);
  const heads = ["Setting", axis(scale, " %"), "People", "Helps in", "Most risen section", "Cost, USD m a year"];
  const group = (text) => (measures.length ? [{ attributes: { class: "gr" }, cells: [text, "", "", "", "", ""] }] : []);
  put($("panel-compare"), el("p", { class: "ti" }, "People exploited, change against the baseline, in per cent. “Helps in”: share of draws with fewer people exploited."),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Settings compared" }, table("cmp", heads, [
      ...now.map((row) => comparisonRow(row, scale, "cur", state.run.settling)),
      ...others.map((row) => comparisonRow({ ...row, head: keptHead(row) }, scale, null, false)),
      ...group(`Measures of the results, ${thousands(measures[0]?.draws ?? 0)} draws`),
      ...measures.map((row) => comparisonRow({ ...row, head: row.label }, scale, null, false)),
    ], 2)));
}

/** Show what runs now beside what is kept. */
export function showNow(run) {
  state.run = run;
  drawCompare();
}

/** Keep a run for comparison. */
export async function keep(id) {
  state.kept = await send(`/api/compare/${id}`);
  drawCompare();
}

// ----------------------------------------------------------------------------------------------- patterns

const ids = (claims) => claims.map((id) => el("button", { type: "button", class: "c", onclick: () => openClaim(id) }, id));

async function drawPatterns() {
  const box = $("panel-patterns");
  put(box, el("p", { class: "ti" }, "Reading the patterns"));
  const found = await get("/api/patterns");
  if (!found.patterns.length) {
    put(box, el("div", { class: "empty" }, el("b", null, "No patterns yet"), el("p", null, found.note)));
    return;
  }
  const share = (value) => (value === null ? "–" : `${Math.round(100 * value)} %`);
  put(box, el("p", { class: "ti" }, `Share of draws in which each pattern comes out, before ○ and after ● matching. ${thousands(found.kept)} of ${thousands(found.drawn)} draws are not ruled out. ${found.note}`),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Patterns" }, table("ptx", ["Pattern", "Verdict", "Before", "After", ""],
      found.patterns.map((row) => [[el("span", { class: "why2" }, row.statement), " ", ids(row.claim)], row.verdict, share(row.prior), share(row.matched),
        el("div", { class: "pbx" }, passed(row.prior, row.matched, `${share(row.prior)} before, ${share(row.matched)} after matching`))]))));
}

// ----------------------------------------------------------------------------------------------- evidence

function claimRows() {
  const words = $("claim-search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = state.claims.filter((claim) => {
    const text = `${claim.id} ${claim.statement} ${claim.source} ${claim.grade} ${claim.subsystem} ${claim.kind} ${claim.status}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const shown = state.all || words.length ? found : found.slice(0, FIRST_CLAIMS);
  $("claim-count").textContent = found.length
    ? `${thousands(found.length)} of ${thousands(state.claims.length)} claims${shown.length < found.length ? `, the first ${shown.length} shown` : ""}.`
    : "No claim has these words. Try a source, a subsystem such as people, or a grade such as C3.";
  put($("claim-list"), shown.map((claim) => el("tr", null,
    el("td", null, el("button", { type: "button", class: "c", onclick: () => openClaim(claim.id), "aria-label": `Claim ${claim.id}` }, claim.id)),
    el("td", null, claim.statement, claim.status === "open" ? null : [" ", el("span", { class: "fl" }, claim.status)]),
    el("td", null, el("span", { class: "g" }, claim.grade), claim.hinge ? [" ", el("span", { class: "hinge" }, "hinge")] : null),
    el("td", null, claim.source, el("small", null, ` told on p. ${claim.page}`)), el("td", { class: "pbx" }, holds(claim.p, claim.tips_at)))));
  $("claim-more").hidden = shown.length >= found.length;
}

async function drawEvidence() {
  const box = $("panel-evidence");
  put(box, el("p", { class: "ti" }, "Reading the claims"));
  const found = await get("/api/claims");
  const value = (claim) => claim.evppi ?? -1;
  state.claims = state.about.results ? [...found.claims].sort((a, b) => value(b) - value(a)) : found.claims;
  put(box,
    el("label", { class: "fl2" }, "Find a claim ", el("input", { id: "claim-search", type: "search", placeholder: "word, source or grade", oninput: claimRows })),
    el("p", { class: "ti", id: "claim-count", role: "status" }),
    el("div", { class: "scroll" }, el("table", { class: "evt" },
      el("thead", null, el("tr", null, ["Claim", "Statement, in our words", "Grade", "Source behind it", "How likely it holds"].map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", { id: "claim-list" }))),
    el("button", { type: "button", class: "b2", id: "claim-more", onclick: () => { state.all = true; claimRows(); } }, "Show all claims"));
  claimRows();
}

// --------------------------------------------------------------------------------------------------- tabs

const DRAW = { compare: drawCompare, patterns: drawPatterns, evidence: drawEvidence };

async function pick(name) {
  for (const tab of TABS) {
    const on = tab === name;
    $(`tab-${tab}`).setAttribute("aria-selected", String(on));
    $(`tab-${tab}`).tabIndex = on ? 0 : -1;
    $(`panel-${tab}`).hidden = !on;
  }
  if (state.read.has(name)) return;
  state.read.add(name);
  try {
    await DRAW[name]();
  } catch (error) {
    state.read.delete(name);
    put($(`panel-${name}`), el("p", { class: "trouble" }, error.message));
  }
}

/** Start the tabs; `show` puts the levers as a kept setting has them. */
export async function startPanels(about, show) {
  Object.assign(state, { about, show });
  TABS.forEach((name, i) => {
    $(`tab-${name}`).addEventListener("click", () => pick(name));
    $(`tab-${name}`).addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = TABS[(i + step + TABS.length) % TABS.length];
      pick(next);
      $(`tab-${next}`).focus();
    });
  });
  state.kept = await get("/api/compare");
  pick("compare");
}
