// The page: reads the case, runs the setting of the levers against the baseline, and shows it while it settles.

import { get, post, remove } from "./api.js";
import { $, put, thousands } from "./dom.js";
import { openMeasure, openNumber, startDrawer } from "./drawer.js";
import { drawLevers, setLevers, setting } from "./levers.js";
import { pointAt, refreshHistory, showRun, shownTrade, startMap } from "./map.js";
import { drawOutcomes, drawSections, drawWaiting } from "./outcomes.js";
import { keep, showNow, startPanels } from "./panels.js";

const POLL = 700, PAUSE = 300;
const state = { about: null, run: null, before: null, asked: 0, timer: 0, poll: 0, baseline: null };

// ---------------------------------------------------------------------------------------------- run bar

const soon = (seconds) => (seconds === null ? "" : seconds < 90 ? `, about ${Math.max(1, Math.ceil(seconds))} s left` : `, about ${Math.round(seconds / 60)} min left`);

function bar(name, text, done, total, button) {
  if ($("run-state").textContent !== name) $("run-state").textContent = name;
  $("run-text").textContent = text;
  const box = $("run-bar");
  box.setAttribute("aria-valuemax", String(total || 1));
  box.setAttribute("aria-valuenow", String(done));
  box.firstElementChild.style.width = `${total ? (100 * done) / total : 0}%`;
  $("run-button").hidden = !button;
  $("run-button").textContent = button ?? "";
}

function mark(name) {
  $("app").dataset.state = name;
}

function showBaseline() {
  const base = state.baseline;
  if (!base || base.state === "running") {
    const done = base?.done ?? 0, total = base?.total ?? state.about.runs;
    bar("Baseline", done ? `${thousands(done)} of ${thousands(total)} runs${soon(base.seconds_left)}`
      : "getting the model ready; the first time this takes about a minute", done, total, null);
  } else if (base.state === "failed") {
    bar("Stopped", base.message, base.done, base.total, null);
  } else {
    bar("Ready", `baseline of ${thousands(base.done)} runs`, base.done, base.total, null);
  }
}

function showRunBar() {
  const run = state.run;
  const counts = `${thousands(run.done)} of ${thousands(run.total)} runs`;
  const lost = run.lost ? `, ${run.lost} left out since they failed` : "";
  if (run.state === "running") {
    const first = run.done ? soon(run.seconds_left) : ", the first ones are under way";
    bar("Running", `${counts}${first}`, run.done, run.total, "Stop");
  } else if (run.state === "stopped") {
    bar("Stopped", `${counts}; what is done is kept`, run.done, run.total, "Go on");
  } else if (run.state === "failed") {
    bar("Failed", run.message || "no run gave numbers", run.done, run.total, "Try again");
  } else {
    const more = run.total < state.about.most_runs ? "More runs" : null;
    bar("Done", `${counts}${lost}`, run.done, run.total, more);
  }
}

// ----------------------------------------------------------------------------------------------- a run

function trouble(error) {
  mark("error");
  bar("Stopped", error.message, state.run?.done ?? 0, state.run?.total ?? 1, "Try again");
  if (!state.run?.draws) drawWaiting("error", error.message);
}

function sections() {
  const opiates = shownTrade()?.unit === "kg";
  const rows = opiates ? state.run?.sections_opiates : state.run?.sections;
  drawSections(rows ?? [], Boolean(state.run?.settling), opiates, pointAt);
}

function show(run) {
  const changed = state.run?.id !== run.id || state.run.draws !== run.draws || state.run.settling !== run.settling;
  state.run = run;
  showRunBar();
  mark(run.state);
  $("keep").disabled = !run.draws;
  put($("cost"), run.row ? `USD ${run.row.cost} m a year` : "");
  if (!run.draws) drawWaiting(run.state === "failed" ? "error" : "waiting", run.state === "failed" ? run.message
    : "Numbers appear after the first runs and settle as more are done.");
  else if (changed) {
    drawOutcomes(run, state.before, state.about.drawn, (item) => openNumber(item, run));
    sections();
  }
  if (changed) {
    showRun(run);
    showNow(run);
  }
}

function showEmpty() {
  clearTimeout(state.poll);
  state.run = null;
  mark("empty");
  showBaseline();
  $("keep").disabled = true;
  put($("cost"), "baseline");
  drawWaiting("empty", "Switch on a counter-measure. Its effect on people then appears here, draw by draw against the baseline.");
  sections();
  showRun(null);
  showNow(null);
}

async function watch(id, asked) {
  try {
    const run = await get(`/api/runs/${id}`);
    if (asked !== state.asked) return;
    show(run);
    if (run.state === "running") state.poll = setTimeout(watch, POLL, id, asked);
  } catch (error) {
    if (asked === state.asked) trouble(error);
  }
}

async function run(runs) {
  const levers = setting();
  const asked = ++state.asked;
  clearTimeout(state.poll);
  $("clear").disabled = !Object.keys(levers).length;
  const old = state.run;
  try {
    if (old?.state === "running") await remove(`/api/runs/${old.id}`);
    if (asked !== state.asked) return;
    if (!Object.keys(levers).length) {
      state.before = null;
      showEmpty();
      return;
    }
    const begun = await post("/api/runs", { levers, ...(runs ? { runs } : {}) });
    if (asked !== state.asked) return;
    if (old?.draws && old.id !== begun.id) state.before = old.effects;
    show(begun);
    if (begun.state === "running") state.poll = setTimeout(watch, 150, begun.id, asked);
  } catch (error) {
    if (asked === state.asked) trouble(error);
  }
}

function changed() {
  $("clear").disabled = !Object.keys(setting()).length;
  clearTimeout(state.timer);
  state.timer = setTimeout(run, PAUSE);
}

async function stopOrGoOn() {
  const now = state.run;
  if (now?.state === "running") {
    ++state.asked;
    clearTimeout(state.poll);
    try {
      show(await remove(`/api/runs/${now.id}`));
    } catch (error) {
      trouble(error);
    }
  } else {
    run(now?.state === "done" ? Math.min(state.about.most_runs, 2 * now.total) : now?.total);
  }
}

async function watchBaseline() {
  try {
    const base = await get("/api/baseline");
    const grown = base.done !== (state.baseline?.done ?? 0);
    const often = base.done < 16 || base.state !== "running" || base.done - (state.drawn ?? 0) >= 16;
    state.baseline = base;
    if (!state.run) showBaseline();
    if (grown && often) {
      state.drawn = base.done;
      refreshHistory();
    }
    if (base.state === "running") setTimeout(watchBaseline, 1200);
  } catch (error) {
    if (!state.run) trouble(error);
  }
}

// ------------------------------------------------------------------------------------------------ start

async function start() {
  startDrawer();
  drawWaiting("loading", "Reading the case, its evidence and its map.");
  const [about, levers] = await Promise.all([get("/api/case"), get("/api/levers")]);
  state.about = about;
  document.title = `Qorgau: ${about.focus}`;
  $("case").textContent = about.focus;
  $("case").append(Object.assign(document.createElement("span"), {
    textContent: ` ${thousands(about.counts.claims)} claims, ${about.years[0]}–${about.years[1]}` }));
  $("case").title = about.title;
  put($("window"), `${about.focus}, mean of ${about.window[0]}–${about.window[1]}`);
  put($("footer"), `For policy analysis and protection planning. Not for ${about.not_for}. No personal data; geography stops at city, province or border section. ${about.likelihood} Qorgau ${about.version}, case ${about.hash.slice(0, 8)}.`);
  drawLevers(levers.groups, levers.years, levers.start, { change: changed, evidence: openMeasure });
  if (matchMedia("(max-width: 760px)").matches) $("levers-fold").open = false;
  $("clear").addEventListener("click", () => { setLevers({}); run(); });
  $("run-button").addEventListener("click", stopOrGoOn);
  $("keep").addEventListener("click", () => keep(state.run.id).catch(trouble));
  showEmpty();
  watchBaseline();
  await Promise.all([
    startMap(about, sections), startPanels(about, (setTo) => { setLevers(setTo); run(); }),
  ]);
  showNow(state.run);
}

start().catch(trouble);
