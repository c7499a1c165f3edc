"""Counter-measures against the baseline, draw by draw: people first, then where harm moves, then the rest.

Every number is a paired difference: the same draw and the same random streams with and without the measure,
so that what the draws share cancels out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from qorgau.analysis.decision import COST, PEOPLE, Decision, decision
from qorgau.analysis.record import interval
from qorgau.analysis.records import Comparison, Displacement, Effect, MeasureResult
from qorgau.analysis.runs import Floats, Runs
from qorgau.analysis.thresholds import Likelihood, Thresholds
from qorgau.analysis.words import direction, label_of, likelihood, rounded, shown

__all__ = ["COMPARED", "HARM", "compare", "effect", "probability_fewer", "regret"]

COMPARED: tuple[str, ...] = (
    PEOPLE, "people_recruited", "people_retrafficked", "people_exploited_children", "people_returned_by_officials",
    "people_exploited_elsewhere", "people_identified", "people_assisted", "cases_prosecuted", "cases_convicted",
    "opiates_delivered_kg", "opiate_users", "opiates_seized_kg", "officials_corrupt_share", "bribes_usd", COST,
)
"""Outcomes that are compared, people first; those that results do not hold are left out."""

HARM: tuple[str, ...] = (
    PEOPLE, "people_recruited", "people_retrafficked", "people_exploited_children", "people_returned_by_officials",
    "people_exploited_elsewhere",
)
"""Harm to victims and migrants: reported with every measure, whatever else it does."""

_ELSEWHERE = {
    "people_exploited_elsewhere": ("people_exploited_all", PEOPLE),
    "opiates_delivered_kg_elsewhere": ("opiates_delivered_kg_all", "opiates_delivered_kg"),
}
_MARKET = "opiates_delivered_kg_"
_REGIONS = ("all", "xinjiang", "west", "elsewhere")


def probability_fewer(difference: Floats) -> float:
    """Return the share of draws with a fall, ties counted half; NaN without finite draws."""
    finite = difference[np.isfinite(difference)]
    if finite.size == 0:
        return float("nan")
    return float((finite < 0).mean() + 0.5 * (finite == 0).mean())


def effect(outcome: str, baseline: Floats, level: Floats, table: Likelihood) -> Effect:
    """Return the paired effect on one outcome; `baseline` and `level` are (runs,)."""
    label = label_of(outcome)
    difference = level - baseline
    with np.errstate(divide="ignore", invalid="ignore"):
        percent = np.where(baseline != 0, 100.0 * difference / np.abs(baseline), np.nan)
    p_fewer = probability_fewer(difference)
    moved = bool(np.any(difference[np.isfinite(difference)] != 0))
    found = direction(p_fewer, table)
    return Effect(
        outcome=outcome, label=label.text, unit=label.unit, baseline=interval(baseline), level=interval(level),
        difference=interval(difference), percent=interval(percent), p_fewer=p_fewer, p_more=1.0 - p_fewer,
        word=likelihood(p_fewer, table, label.less, label.more) if moved else "no change", direction=found,
        settled=found != "none", moved=moved,
    )


def regret(utility: Floats) -> Floats:
    """Return what each option falls short of the best of its run, shape (runs, options); never negative."""
    if utility.size == 0:
        return np.zeros_like(utility)
    return utility.max(axis=1, keepdims=True) - utility


def best_shares(utility: Floats, near: float) -> tuple[Floats, Floats]:
    """Return, for each option, in which share of runs it is best (ties shared) and within `near` of the best."""
    short = regret(utility)
    if len(short) == 0:
        nothing = np.full(short.shape[1], np.nan)
        return nothing, nothing
    best = short == 0
    return (best / best.sum(axis=1, keepdims=True)).mean(axis=0), (short <= near).mean(axis=0)


def dominators(utility: Floats, cost: Floats, share: float) -> list[list[int]]:
    """Return, for each option, which others are better in expectation, no dearer, and better in `share` of runs.

    Parameters
    ----------
    utility
        Shape (runs, options).
    cost
        Median cost of each option, shape (options,).
    share
        Least share of runs.
    """
    mean = utility.mean(axis=0) if len(utility) else np.zeros(utility.shape[1])
    count = len(mean)
    return [
        [
            q for q in range(count)
            if q != p and mean[q] > mean[p] and cost[q] <= cost[p] and (utility[:, q] > utility[:, p]).mean() >= share
        ]
        for p in range(count)
    ]


def _windows(runs: Runs, outcomes: Sequence[str], years: tuple[int, int]) -> dict[str, Floats]:
    """Return the window's means, each (policies, runs), also of outcomes that are differences of two."""
    stored = [o for o in outcomes if o not in _ELSEWHERE]
    stored += [part for o in outcomes for part in _ELSEWHERE.get(o, ())]
    made = runs.windows(list(dict.fromkeys(stored)), years)
    return {o: made[_ELSEWHERE[o][0]] - made[_ELSEWHERE[o][1]] if o in _ELSEWHERE else made[o] for o in outcomes}


def _available(runs: Runs, outcomes: Sequence[str]) -> tuple[str, ...]:
    held = set(runs.outcomes)
    return tuple(o for o in outcomes if o in held or (o in _ELSEWHERE and set(_ELSEWHERE[o]) <= held))


def harm_sentences(effects: Mapping[str, Effect]) -> tuple[str, ...]:
    """Return one sentence for each harm to people that moves or could."""
    said = []
    for outcome in HARM:
        item = effects.get(outcome)
        if item is None:
            continue
        middle, low, high = item.percent.median, item.percent.low90, item.percent.high90
        said.append(
            f"{item.label}: {item.word}" if not np.isfinite(middle) or not item.moved else
            f"{item.label}: {item.word} ({shown(middle, low, high)} %, {shown(low, low, high)} to "
            f"{shown(high, low, high)})"
        )
    return tuple(said)


@dataclass(frozen=True)
class _Spot:
    """A border section, country or market whose harm is compared; `lead` goes before its name."""

    kind: str
    place: str
    outcome: str
    what: str
    lead: str = ""


def _spots(runs: Runs) -> list[_Spot]:
    """Return the spots that the results hold."""
    found = []
    for prefix, what in (("people_border_", "people"), ("opiates_section_kg_", "opiates")):
        found += [_Spot("section", name.removeprefix(prefix), name, what) for name in runs.names(prefix)]
    entry = "opiates_border_kg_"
    lead = "into the country from "
    found += [_Spot("country", name.removeprefix(entry), name, "opiates", lead) for name in runs.names(entry)]
    for outcome, what in (("people_exploited_elsewhere", "people"), ("opiates_delivered_kg_elsewhere", "opiates")):
        if _available(runs, [outcome]):
            found.append(_Spot("country", "elsewhere", outcome, what))
    markets = ((n.removeprefix(_MARKET), n) for n in runs.names(_MARKET))
    return found + [_Spot("market", place, name, "opiates") for place, name in markets if place not in _REGIONS]


def displacement(
    spots: Sequence[_Spot], values: Mapping[str, Floats], policy: int, name: str, table: Likelihood,
    labels: Mapping[str, str],
) -> list[Displacement]:
    """Return changes of harm at each spot under one policy, people first, worst first.

    Parameters
    ----------
    spots
        Where.
    values
        Window means by outcome, each (policies, runs).
    policy, name
        Row and name of the policy.
    table, labels
        Cut-offs of words; names of places by id.
    """
    found = []
    for spot in spots:
        item = effect(spot.outcome, values[spot.outcome][0], values[spot.outcome][policy], table)
        plain = "outside the country" if spot.place == "elsewhere" else spot.place.replace("_", " ")
        found.append(Displacement(
            policy=name, kind=spot.kind, place=spot.place, label=spot.lead + labels.get(spot.place, plain),
            what=spot.what, unit=item.unit, baseline=item.baseline, difference=item.difference,
            percent=item.percent, p_more=item.p_more, word=item.word, direction=item.direction,
        ))
    order = {"section": 0, "country": 1, "market": 2}
    return sorted(found, key=lambda row: (
        row.what != "people", order[row.kind], -row.p_more if np.isfinite(row.p_more) else 0.0, row.place
    ))


def compare(
    runs: Runs,
    used: np.ndarray,
    table: Thresholds,
    *,
    focus: str = "",
    titles: Mapping[str, str] | None = None,
    claims: Mapping[str, Sequence[str]] | None = None,
    place_labels: Mapping[str, str] | None = None,
    started: int | None = None,
    choice: Decision | None = None,
) -> Comparison:
    """Compare all policies with the baseline over the runs in use.

    Parameters
    ----------
    runs
        The runs; the first policy is the baseline.
    used
        Mask over runs.
    table
        The case's cut-offs.
    focus
        Name of the country in focus.
    titles, claims
        Title and claims of each policy.
    place_labels
        Names of border sections, states and places by id.
    started
        Year in which measures start; the first year of the window by default.
    choice
        The decision, when it was made before.
    """
    years, rule = table.comparison.years, table.comparison
    outcomes = _available(runs, COMPARED)
    spots = _spots(runs)
    wanted = list(dict.fromkeys((*outcomes, *(spot.outcome for spot in spots))))
    values = {name: value[:, used] for name, value in _windows(runs, wanted, years).items()}
    choice = choice or decision(runs, table, used, focus)
    # Regret, best-in and near-best are in the utility's unit, and so is what counts as near.
    people = values[PEOPLE][0]
    near = rounded(rule.near_best * float(np.median(people))) if people.size else 0.0
    best, near_best = best_shares(choice.utility, near)
    short = regret(choice.utility).mean(axis=0) if len(choice.utility) else np.full(len(choice.options), np.nan)
    index = {policy: i for i, policy in enumerate(choice.options)}
    costs = np.array([
        float(np.median(values[COST][runs.policies.index(p)])) if COST in values and people.size else 0.0
        for p in choice.options
    ])
    better = dominators(choice.utility, costs, rule.dominated_in)
    moved: list[Displacement] = []
    made: list[MeasureResult] = []
    for i, policy in enumerate(runs.policies):
        if i == 0:
            continue
        effects = tuple(effect(o, values[o][0], values[o][i], table.likelihood) for o in outcomes)
        by_name = {item.outcome: item for item in effects}
        moved += displacement(spots, values, i, policy, table.likelihood, place_labels or {})
        k = index.get(policy)
        gain = float(np.mean(choice.utility[:, k] - choice.utility[:, 0])) if k is not None and people.size else np.nan
        made.append(MeasureResult(
            policy=policy, label=(titles or {}).get(policy, policy.replace("_", " ").capitalize()),
            claims=tuple((claims or {}).get(policy, ())), ranked=k is not None, rank=None, effects=effects,
            harm=harm_sentences(by_name),
            cost_usd_year=interval(values[COST][i] - values[COST][0] if COST in values else np.zeros(0)),
            expected_utility=gain, regret=float(short[k]) if k is not None else np.nan,
            best_in=float(best[k]) if k is not None else np.nan,
            near_best_in=float(near_best[k]) if k is not None else np.nan,
            dominated_by=tuple(choice.options[q] for q in better[k] if q) if k is not None else (),
        ))
    return Comparison(
        baseline=runs.baseline, window=years, had_it_started=started or years[0], utility=choice.text,
        utility_unit=choice.unit, near=near, runs=int(used.sum()),
        baselines=tuple(effect(o, values[o][0], values[o][0], table.likelihood) for o in outcomes),
        measures=_ranked([item for item in made if item.ranked]),
        unranked=tuple(item for item in made if not item.ranked), displacement=tuple(moved),
    )


def _ranked(measures: list[MeasureResult]) -> tuple[MeasureResult, ...]:
    """Return measures by their median effect on people exploited, most spared first, with ranks."""
    def key(item: MeasureResult) -> float:
        found = item.effect(PEOPLE)
        return found.difference.median if found and np.isfinite(found.difference.median) else np.inf

    return tuple(replace(item, rank=i) for i, item in enumerate(sorted(measures, key=key), 1))
