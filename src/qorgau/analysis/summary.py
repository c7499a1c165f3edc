"""All of the analysis in one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qorgau.analysis.answer import answer
from qorgau.analysis.case_view import CaseView, case_view
from qorgau.analysis.comparison import compare
from qorgau.analysis.decision import decision
from qorgau.analysis.forecast import forecast
from qorgau.analysis.history import history
from qorgau.analysis.knockouts import knockouts
from qorgau.analysis.matching import match
from qorgau.analysis.needs_records import Needs
from qorgau.analysis.patterns import test_patterns
from qorgau.analysis.records import Analysis, Matching
from qorgau.analysis.runs import Runs, from_results
from qorgau.analysis.thresholds import Thresholds, Utility
from qorgau.analysis.trace import trace
from qorgau.case.case import Case

__all__ = ["Analysis", "analyse", "analyse_runs", "pattern_rows", "trace_rows"]


def analyse(
    case: Case, results: Any, *, utility: Utility | None = None, seed: int = 0,
    stage: Callable[[str], None] | None = None,
) -> Analysis:
    """Analyse an ensemble of a case.

    Parameters
    ----------
    case
        The case, with the folder that holds its ``patterns.yaml`` and ``thresholds.yaml``.
    results
        Results of an ensemble of that case (`qorgau.ensemble.results.Results`).
    utility
        Weights of people, cost and opiates; the case's own by default (people only).
    seed
        Seed of split samples and resamples; the same results give the same analysis.
    stage
        Called with "match", "compare" and "trace" as each begins, for commands that show progress.

    Returns
    -------
    Analysis

    Raises
    ------
    InputError
        When patterns or cut-offs are not well formed, or name what the results do not hold.
    """
    view = case_view(case)
    runs = from_results(results, view.corridor_ends)
    matching, needs = _of_set(case, view, results)
    return analyse_runs(view, runs, utility=utility, seed=seed, stage=stage, matching=matching, needs=needs)


def _of_set(case: Case, view: CaseView, results: Any) -> tuple[Matching | None, Needs | None]:
    """Return what the matched set says that the results were drawn from, and which mechanism each pattern needs.

    None where the results are of the prior, or nobody looked.
    """
    design = getattr(results, "manifest", {}).get("identity", {}).get("design", {})
    if design.get("method") != "matched":
        return None, None
    # Here, since it loads the model and its compiler.
    from qorgau.analysis.waves.judging import match_set
    from qorgau.analysis.waves.needs import read_needs
    from qorgau.analysis.waves.stored import folder_of_set, set_of
    from qorgau.ensemble.designs import draw_from
    from qorgau.ensemble.translate import uncertain_of

    uncertain = uncertain_of(case)
    stored = set_of(case, results, uncertain)
    prior = draw_from(uncertain, int(stored.about["prior_runs"]), int(stored.about["seed"]))
    matching = match_set(stored, prior, view.patterns, np.asarray(results.runs), view.thresholds)
    return matching, read_needs(folder_of_set(case, results), stored)


def analyse_runs(
    view: CaseView, runs: Runs, *, utility: Utility | None = None, seed: int = 0,
    stage: Callable[[str], None] | None = None, matching: Matching | None = None, needs: Needs | None = None,
) -> Analysis:
    """Analyse runs that are at hand as arrays; see `analyse`.

    `matching` is what the matched set says that the runs were drawn from; without it the runs are matched here, in
    one wave.
    """
    begins = stage if stage is not None else _silent
    table = view.thresholds if utility is None else _with_utility(view.thresholds, utility)
    begins("match")
    if matching is None:
        matching = match(test_patterns(view.patterns, runs, view.patterns_file), runs, table)
    used = matching.used
    begins("compare")
    choice = decision(runs, table, used, view.focus)
    compared = compare(
        runs, used, table, focus=view.focus, titles=view.titles, claims=view.measure_claims,
        place_labels=view.place_labels, started=view.started, choice=choice,
    )
    begins("trace")
    traced = trace(
        runs, used, choice, table, source_of=view.source_of, figure_claims=view.figure_claims, seed=seed
    )
    without = knockouts(runs, view.patterns, table, view.patterns_file)
    said = answer(
        compared, traced, matching, without, table, focus=view.focus, title=view.title,
        not_for=(view.not_for,) if view.not_for else (),
    )
    return Analysis(
        case=view.name, focus=view.focus, policies=runs.policies, runs=runs.count, answer=said, matching=matching,
        comparison=compared, trace=traced, knockouts=without, history=history(runs, used, view.observed),
        limits=_limits(view, matching),
        forecast=forecast(runs, used, view.validation, view.observed, matching.advice) if view.validation else None,
        needs=needs,
    )


def _silent(_stage: str) -> None:
    """Take the name of a stage that nobody watches."""


def _with_utility(table: Thresholds, utility: Utility) -> Thresholds:
    return table.model_copy(update={"trace": table.trace.model_copy(update={"utility": utility})})


def _limits(view: CaseView, matching: Matching) -> tuple[str, ...]:
    paired = sum(not pattern.single for pattern in view.patterns)
    said = [
        "Matching sets runs aside; the runs that stay are not ruled out yet, and are no sample of what is true.",
        "The strength and the cost of every measure are assumptions of the case.",
        "Values of information are over the claims and ranges of this case, not over what nobody has claimed.",
    ]
    if paired and not matching.waves:
        said.append(f"{paired} patterns on what one change does need paired runs and are not evaluated.")
    if matching.waves:
        said.append(
            "A pattern that draws were matched to is no test of the model: its rate after matching shows what can be "
            "had together; how often it comes out when it is left out of the score says more, and still flatters."
        )
    if matching.advice == "none":
        over = "" if matching.waves else " over unmatched runs"
        said.append(f"Too few independent runs agree with the patterns: figures are shown{over}, no advice is given.")
    return tuple(said)


def pattern_rows(analysis: Analysis) -> list[dict[str, Any]]:
    """Return the patterns as rows id, claim, kind, statement, prior, matched, and what else is known of each."""
    rows = []
    for pattern in analysis.matching.patterns:
        whole = pattern.to_json()
        rows.append({
            "id": pattern.id, "claim": list(pattern.claims), "kind": pattern.kind, "statement": pattern.statement,
            "prior": whole["prior"]["rate"], "matched": whole["matched"]["rate"], "left_out": whole["left_out"]["rate"],
            "verdict": pattern.verdict, "strength": pattern.strength, "use": pattern.use,
            "prior_interval": [whole["prior"]["low"], whole["prior"]["high"]],
            "matched_interval": [whole["matched"]["low"], whole["matched"]["high"]],
        })
    return rows


def trace_rows(analysis: Analysis) -> list[dict[str, Any]]:
    """Return the claims as rows claim, source, evppi, se, hinge, tips_at, p, and what else is known of each."""
    return [item.to_json() for item in analysis.trace.claims]
