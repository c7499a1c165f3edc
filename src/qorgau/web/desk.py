"""All that the page can ask for, as plain data: the case, its evidence, settings and how they compare."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from qorgau import __version__
from qorgau.analysis.case_view import case_view
from qorgau.analysis.record import plain
from qorgau.analysis.records import Analysis
from qorgau.analysis.summary import analyse, pattern_rows
from qorgau.analysis.waves.stored import set_of
from qorgau.analysis.words import likelihood_note
from qorgau.case import Case
from qorgau.ensemble.designs import Draws, draw_from
from qorgau.ensemble.inputs import Inputs
from qorgau.ensemble.results import Results
from qorgau.ensemble.translate import inputs_of
from qorgau.errors import InputError
from qorgau.web.atlas import city_name, map_of
from qorgau.web.claims import Evidence
from qorgau.web.engine import Engine, ModelEngine
from qorgau.web.session import Job, Session
from qorgau.web.settings import MOST_RUNS, Setting, setting_of
from qorgau.web.summaries import (
    SETTING,
    compare_row,
    compared,
    effect_row,
    places_of,
    section_rows,
    traffic,
    traffic_by_year,
)

__all__ = ["Desk"]

_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("People", ("regular_migration", "victim_non_prosecution", "outreach", "awareness", "rehabilitation_centres",
                "schooling")),
    ("Justice and state", ("anti_corruption", "special_units", "police_training", "penalties", "governor_rotation")),
    ("Borders and neighbours", ("regional_coordination", "border_monitoring")),
)
_JOINT = "Several at once"
_SEED = 1
_LEAST = {"opiates": 1.0}
"""Kilograms under which nothing is drawn; for people it is the case's own cut-off."""

_NAMES_OF_TRADES = {"opiates": "Opiates", "labour": "People, labour", "sexual": "People, sexual exploitation"}


class Desk:
    """Answers the page.

    Parameters
    ----------
    case : Case
    results : Results, optional
        Results of an ensemble of that case: then settings are run over the draws that its patterns do not rule
        out, and patterns, comparison and trace of the ensemble are shown.
    runs, workers : int
        Draws, and threads that run them.
    engine : Engine, optional
        Another way to run blocks, for tests.

    Raises
    ------
    InputError
        If the case cannot be run, or the results are not of it.
    """

    def __init__(
        self, case: Case, results: Results | None, runs: int, workers: int, engine: Engine | None = None
    ) -> None:
        for name, number, most in (("runs", runs, MOST_RUNS), ("workers", workers, 256)):
            if not 1 <= number <= most:
                raise InputError("qorgau serve", name, f"{number} is not between 1 and {most}", "choose one that is")
        self.case, self.view = case, case_view(case)
        self.inputs: Inputs = inputs_of(case)
        self.analysis: Analysis | None = None
        self.drawn = ""
        seed, draws_of, most = self._design(results)
        self.most = min(MOST_RUNS, most)
        self.engine: Engine = engine or ModelEngine(self.inputs, seed)
        self.window = self.view.thresholds.comparison.years
        self.session = Session(self.engine, draws_of, min(max(2, runs), self.most), workers, self.window[0])
        self.evidence = Evidence(case, self.analysis)
        ends = self.view.corridor_ends
        self._ends = [ends[name] for name in self.inputs.corridors]
        states = {state.id: state.title for state in case.states}
        sections = [n.removeprefix("people_border_") for n in self.inputs.outcomes if n.startswith("people_border_")]
        self.sections = {name: places_of(self.view, name, states, case.settings.focus) for name in sections}
        self._maps: dict[int, dict[str, Any]] = {}
        self._made: dict[str, tuple[int, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def _design(self, results: Results | None) -> tuple[int, Callable[[int], Draws], int]:
        """Return the seed, what makes draws, and how many there are; sets what is said of them."""
        uncertain = self.inputs.uncertain
        if results is None:
            self.drawn = "none set aside: start from a folder of results to leave out what its patterns rule out"
            return _SEED, lambda n: draw_from(uncertain, n, _SEED), MOST_RUNS
        made_of = results.manifest["identity"]
        if made_of["case"]["hash"] != self.case.hash:
            raise InputError(
                results.folder, "", "these results are of another case, or of this one before it was changed",
                "give the case that they are of, or simulate again",
            )
        self.analysis = analyse(self.case, results)
        design, matching = made_of["design"], self.analysis.matching
        seed, method = int(design["seed"]), str(design["method"])
        rows = results.runs[matching.used]
        if method == "matched":
            if made_of["model"] != self.inputs.model:
                self.drawn = "none set aside: the model has changed since these results were made"
                return _SEED, lambda n: draw_from(uncertain, n, _SEED), MOST_RUNS
            stored = set_of(self.case, results, uncertain)
            self.drawn = (
                f"{len(rows):,} draws matched to the patterns, of {len(stored):,} that are worth "
                f"{stored.effective.runs:.0f} independent ones"
            )
            return seed, lambda n: stored.draws.take(rows[:n]), len(rows)
        if made_of["model"] != self.inputs.model:
            self.drawn = "none set aside: the model has changed since these results were made"
            return seed, lambda n: draw_from(uncertain, n, seed, method), MOST_RUNS
        self.drawn = (
            f"{len(rows):,} of {matching.drawn:,} draws are not ruled out by the patterns"
            if matching.advice == "matched" else "none set aside: too few draws agree with the patterns"
        )
        whole = int(results.manifest["runs"])
        return seed, lambda n: draw_from(uncertain, whole, seed, method).take(rows[:n]), len(rows)

    # ---------------------------------------------------------------------------------------------- the case

    def about(self) -> dict[str, Any]:
        """Return what the case is, and how it is shown."""
        case, settings = self.case, self.case.settings
        table = self.view.thresholds
        return {
            "id": case.id, "title": case.title, "hash": case.hash, "study": settings.study,
            "purpose": settings.purpose, "not_for": settings.not_for, "focus": self.view.focus,
            "years": [settings.first_year, settings.last_year], "window": list(self.window),
            "start": self.view.started, "version": __version__,
            "counts": {"claims": len(case.evidence.claims), "sources": len(case.evidence.sources),
                       "places": len(case.places), "measures": len(self.inputs.catalogue.names) - 1},
            "places": [{"id": p.id, "name": city_name(p.title), "state": p.state} for p in case.places],
            "sections": [{"id": name, "label": label} for name, label in self.sections.items()],
            "trades": [
                {"id": t, "label": _NAMES_OF_TRADES.get(t, t), "unit": "kg" if t == "opiates" else "people"}
                for t in sorted(self.inputs.trades, key=lambda name: name == "opiates")
            ],
            "likelihood": likelihood_note(table.likelihood), "under": table.suppression.under,
            "runs": self.session.runs, "most_runs": self.most, "drawn": self.drawn,
            "results": self.analysis is not None,
        }

    def levers(self) -> list[dict[str, Any]]:
        """Return the counter-measures by group, in the order in which the page shows them."""
        grouped: dict[str, list[dict[str, Any]]] = {name: [] for name, _ in (*_GROUPS, (_JOINT, ()))}
        for measure in self.case.measures:
            if not measure.levers:
                continue
            joint = len(measure.levers) > 1
            lever = next(iter(measure.levers))
            group = _JOINT if joint else next((name for name, ids in _GROUPS if lever in ids), _GROUPS[1][0])
            grouped[group].append({
                "id": measure.id, "title": measure.title, "moves": measure.moves, "path": measure.path_to_people,
                "side_effects": measure.side_effects, "ramp_months": measure.ramp_months,
                "cost_low": measure.cost_low_usd_per_year, "cost_high": measure.cost_high_usd_per_year,
                "claims": list(self.view.measure_claims.get(measure.id, ())), "assumption": measure.assumption or "",
            })
        order = [name for _, ids in _GROUPS for name in ids]
        for rows in grouped.values():
            rows.sort(key=lambda row: order.index(row["id"]) if row["id"] in order else len(order))
        return [{"group": name, "measures": rows} for name, rows in grouped.items() if rows]

    def map(self, width: int) -> dict[str, Any]:
        """Return the map, `width` pixels wide."""
        with self._lock:
            if width not in self._maps:
                self._maps[width] = map_of(self.case, width, list(self.sections))
            return self._maps[width]

    # ------------------------------------------------------------------------------------------------- runs

    def submit(self, body: Any) -> dict[str, Any]:
        """Start a setting; InputError when the request cannot be used."""
        settings = self.case.settings
        setting, runs = setting_of(
            body, self.inputs.catalogue, (settings.first_year, settings.last_year), self.view.started,
            self.session.runs,
        )
        label = setting.label(self.view.titles, self.view.started)
        job = self.session.submit(setting, setting.plan(self.inputs.catalogue), label, min(runs, self.most))
        return self.shown(job)

    def shown(self, job: Job) -> dict[str, Any]:
        """Return how far a setting is and what it shows so far."""
        progress = self.session.progress(job)
        return plain({
            "id": job.id, "label": job.label, "levers": _levers(job.setting), "kept": job.kept,
            "state": progress.state, "done": progress.done, "total": progress.total,
            "seconds_left": progress.left, "message": progress.message, "lost": job.lost,
            "settling": progress.state == "running", "not_for": self.case.settings.not_for,
            **self._numbers(job, progress.done),
        })

    def _numbers(self, job: Job, done: int) -> dict[str, Any]:
        """Return the numbers over the runs that are done, made once for each number of runs."""
        with self._lock:
            made = self._made.get(job.id)
        if made is not None and made[0] == done:
            return made[1]
        pairs = self.session.pairs(job)
        found: dict[str, Any] = {"draws": 0, "effects": [], "sections": [], "sections_opiates": [], "traffic": {}}
        if pairs is not None:
            base, changed = pairs
            years = [y for y in self.engine.years if y >= self.window[0]]
            comparison = compared(self.view, self.inputs.outcomes, years, base, changed, job.label)
            measure = comparison.measure(SETTING)
            assert measure is not None
            under = self.view.thresholds.suppression.under
            sections = section_rows(comparison.displacement, "people", self.sections, under)
            acts = [self.view.measure_claims.get(lever.measure, ()) for lever in job.setting.levers]
            columns = slice(self.window[0] - years[0], self.window[1] - years[0] + 1)
            before, after = (flows.carried[:, columns].mean(axis=1) for flows in (base, changed))
            found = {
                "draws": len(base.rows), "window": list(self.window),
                "effects": [
                    {**effect_row(item), "claims": self.evidence.rests_on(item.outcome, acts)}
                    for item in measure.effects
                ],
                "sections": sections,
                "sections_opiates": section_rows(comparison.displacement, "opiates", self.sections, under),
                "row": compare_row(measure, sections),
                "traffic": {
                    trade: traffic(before[..., i], after[..., i], self._ends, self.view.thresholds.likelihood,
                                   _LEAST.get(trade, under))
                    for i, trade in enumerate(self.inputs.trades)
                },
            }
        with self._lock:
            self._made[job.id] = (done, found)
            for old in [key for key in self._made if self.session.job(key) is None]:
                del self._made[old]
        return found

    def baseline(self) -> dict[str, Any]:
        """Return how far the baseline is."""
        progress = self.session.baseline_progress()
        return plain({"state": progress.state, "done": progress.done, "total": progress.total,
                      "seconds_left": progress.left, "message": progress.message})

    def history(self, trade: str) -> dict[str, Any]:
        """Return what the baseline carries between cities by the year.

        Raises
        ------
        InputError
            If there is no such trade.
        """
        if trade not in self.inputs.trades:
            raise InputError("GET /api/baseline/traffic", "trade", f"{trade!r} is no trade of the model",
                             f"use one of {', '.join(self.inputs.trades)}")
        flows = self.session.baseline()
        years = list(self.engine.years)
        if flows is None:
            return {"draws": 0, "years": years, "pairs": []}
        carried = flows.carried[..., self.inputs.trades.index(trade)].astype(np.float64)
        least = _LEAST.get(trade, float(self.view.thresholds.suppression.under))
        return {"draws": len(carried), "years": years,
                "pairs": traffic_by_year(carried, self._ends, years, least)}

    # ------------------------------------------------------------------------------------- compare, patterns

    def kept(self) -> dict[str, Any]:
        """Return the settings kept for comparison, and the measures of the results where there are some."""
        rows = []
        for job in self.session.kept():
            shown = self.shown(job)
            rows.append({"id": job.id, "label": job.label, "levers": shown["levers"], "state": shown["state"],
                         "draws": shown["draws"], **shown.get("row", {})})
        return {"kept": rows, "measures": self._stored(), "window": list(self.window)}

    def _stored(self) -> list[dict[str, Any]]:
        if self.analysis is None:
            return []
        compared_all = self.analysis.comparison
        under = self.view.thresholds.suppression.under
        return [
            {"id": m.policy, "draws": compared_all.runs, "ranked": m.ranked,
             **compare_row(m, section_rows([d for d in compared_all.displacement if d.policy == m.policy], "people",
                                           self.sections, under))}
            for m in (*compared_all.measures, *compared_all.unranked)
        ]

    def patterns(self) -> dict[str, Any]:
        """Return the patterns of the results, or why there are none."""
        if self.analysis is None:
            return {"patterns": [], "note": (
                "Patterns are tested on a whole ensemble. Run `qorgau run` first, then `qorgau serve` with its folder."
            )}
        matching = self.analysis.matching
        return plain({"patterns": pattern_rows(self.analysis), "drawn": matching.drawn, "kept": matching.kept_runs,
                      "advice": matching.advice, "note": matching.reason})


def _levers(setting: Setting) -> Mapping[str, Any]:
    return {lever.measure: {"intensity": lever.intensity, "start": lever.start} for lever in setting.levers}


def results_in(folder: str | Path | None) -> Results | None:
    """Open the results in a folder; None without one."""
    return None if folder is None else Results(folder)
