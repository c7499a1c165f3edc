"""What the analysis hands on: frozen records, each of which turns itself into plain JSON.

A record holds numbers, names and words, never runs. Undefined numbers are NaN here and ``null`` in JSON.
Units: people outcomes are persons (or persons a year for flows), opiates kg a year, money current US dollars,
shares between 0 and 1; percent changes are in percent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qorgau.analysis.forecast_records import Forecast
from qorgau.analysis.needs_records import Needs
from qorgau.analysis.record import Interval, Record
from qorgau.analysis.tracing_records import (
    ClaimValue,
    FigureValue,
    KnockoutEffect,
    KnockoutPattern,
    Knockouts,
    SourceValue,
    Trace,
)

__all__ = [
    "Analysis",
    "Answer",
    "Band",
    "ClaimOdds",
    "ClaimValue",
    "Comparison",
    "Displacement",
    "Effect",
    "Effective",
    "Excluding",
    "FigureValue",
    "Forecast",
    "History",
    "Interval",
    "KnockoutEffect",
    "KnockoutPattern",
    "Knockouts",
    "Matching",
    "MeasureResult",
    "Narrowed",
    "Observed",
    "PassRate",
    "PatternResult",
    "Record",
    "SourceValue",
    "Trace",
    "WaveResult",
]


# ------------------------------------------------------------------------------------------------ patterns


@dataclass(frozen=True)
class PassRate(Record):
    """Share of testable draws in which a pattern holds, with its Wilson 95 % interval."""

    rate: float
    low: float
    high: float
    passed: int
    tested: int
    not_testable: int


@dataclass(frozen=True)
class PatternResult(Record):
    """One pattern, before and after matching.

    `verdict` and `verdict_prior` are "holds", "weak", "fails" or "not testable"; the cut-offs are the case's.
    `implausibility` is the median over draws of the distance from holding, in units of the tolerance.
    `left_out` is the pass rate among runs that the *other* patterns keep: what the pattern says by itself, since
    `matched` is in part what matching put there.
    """

    id: str
    claims: tuple[str, ...]
    kind: str
    statement: str
    test: str
    strength: str
    use: str
    tolerance: str
    why_not_by_construction: str
    note: str
    prior: PassRate
    matched: PassRate
    left_out: PassRate
    verdict_prior: str
    verdict: str
    implausibility: float


@dataclass(frozen=True)
class Narrowed(Record):
    """What matching taught about one uncertain quantity.

    `kind` is "claim" (then the means are probabilities that the claim holds) or "parameter". `shift` is the
    move of the mean in units of the prior's standard deviation, `se` its standard error when nothing is
    learned, `width_ratio` the matched over the prior standard deviation. `moved`: the shift is larger than
    chance explains, with the number of quantities looked at allowed for.
    """

    name: str
    kind: str
    prior_mean: float
    prior_sd: float
    matched_mean: float
    matched_sd: float
    shift: float
    se: float
    width_ratio: float
    moved: bool


@dataclass(frozen=True)
class ClaimOdds(Record):
    """By what factor matching changed the odds that a claim is right.

    Under 1: what the sources report comes out less often when the claim holds. `log_se` is the standard error of the
    factor's natural logarithm. `settled`: further from 1 than chance explains, with the number of claims allowed for.
    """

    claim: str
    prior: float
    matched: float
    factor: float
    log_se: float
    settled: bool


@dataclass(frozen=True)
class Excluding(Record):
    """Two patterns that stand in each other's way: they hold together less often than they would independently.

    `phi` is the correlation of their verdicts over matched runs.
    """

    first: str
    second: str
    both: float
    expected: float
    phi: float


@dataclass(frozen=True)
class WaveResult(Record):
    """One wave of re-sampling.

    `stage`: "prior", "screen" (draws of the prior, by the emulator), "deeper" (walked on from there, by the emulator),
    "single" (patterns of one run), "all", or "rest" (last sweeps, threshold as it stands). `share` is the share of the
    draws before that are within `threshold`, `prior_share` that of the prior, with its standard error. Evaluations
    count draws tested on patterns of one run and on all. `acceptance` is the share of steps taken, `similarity` how
    much draws resemble their start of the wave (1 the same, 0 unrelated); `median_score` is of runs, NaN where none.
    """

    number: int
    stage: str
    threshold: float
    share: float
    prior_share: float
    prior_share_se: float
    evaluations_single: int
    evaluations_all: int
    sweeps: int
    acceptance: float
    similarity: float
    median_score: float


@dataclass(frozen=True)
class Effective(Record):
    """How many independent runs a matched set is worth: the least of three readings (`runs`).

    `distinct` draws; `families`: by the design effect of verdicts over families; `ancestry`: by who descends from
    whom and how far draws have moved since.
    """

    runs: float
    distinct: int
    families: float
    ancestry: float


@dataclass(frozen=True)
class Matching(Record):
    """Runs that the patterns do not rule out.

    `advice` is "matched" when advice is given over the kept runs, "none" when these, or the independent runs that they
    are worth, are too few; then `reason` says so and `conflicts` names the patterns that rule most runs out.
    `kept` (in Python only) is the mask over runs; `used` the mask that figures are over, all runs where too few were
    kept. After matching in waves, `waves` tells how the runs were come by and why each stage ended (`stopped`),
    `effective` how many independent runs they are worth. `excluding` names pairs of patterns in
    each other's way.
    """

    drawn: int
    kept_runs: int
    effective_runs: float
    advice: str
    reason: str
    rule: str
    cutoff: float
    passed_over: int
    conflicts: tuple[str, ...]
    patterns: tuple[PatternResult, ...]
    narrowed: tuple[Narrowed, ...]
    not_narrowed: tuple[str, ...]
    kept: np.ndarray = field(repr=False, compare=False)
    used: np.ndarray = field(repr=False, compare=False)
    implausibility: np.ndarray = field(repr=False, compare=False)
    odds: tuple[ClaimOdds, ...] = ()
    waves: tuple[WaveResult, ...] = ()
    stopped: tuple[str, ...] = ()
    effective: Effective | None = None
    excluding: tuple[Excluding, ...] = ()

    @property
    def disbelieved(self) -> tuple[ClaimOdds, ...]:
        """Claims whose odds fell by more than chance explains, the largest fall first."""
        return tuple(item for item in self.odds if item.settled and item.factor < 1.0)


# ---------------------------------------------------------------------------------------------- comparison


@dataclass(frozen=True)
class Effect(Record):
    """Paired difference of one outcome under one measure against the baseline, mean over the window.

    `p_fewer` is the probability that the outcome is lower than in the same draw without the measure (ties
    count half), `p_more` its complement. `word` is the likelihood phrase ("very likely fewer", "likely more",
    "about as likely as not"); `direction` is one of "fewer", "fewer2", "none", "more2", "more". For outcomes
    where more is meant (people assisted, identified) the words still say fewer or more, never better.
    `settled` is False when the word is "about as likely as not"; `moved` is False when no
    draw changes at all.
    """

    outcome: str
    label: str
    unit: str
    baseline: Interval
    level: Interval
    difference: Interval
    percent: Interval
    p_fewer: float
    p_more: float
    word: str
    direction: str
    settled: bool
    moved: bool


@dataclass(frozen=True)
class MeasureResult(Record):
    """One counter-measure: its effects, people exploited first.

    `regret` is the mean shortfall against the best measure of the same draw, in the utility's unit (people
    spared a year by default); `best_in` the share of draws in which it is best, `near_best_in` in which it is
    within `near` of the best. `dominated_by`: measures that are better for people in expectation and in at
    least nine draws of ten, and cost no more. `rank` is None for measures that are not ranked.
    `harm` holds the effects on victims and migrants that must be read beside any result on goods.
    """

    policy: str
    label: str
    claims: tuple[str, ...]
    ranked: bool
    rank: int | None
    effects: tuple[Effect, ...]
    harm: tuple[str, ...]
    cost_usd_year: Interval
    expected_utility: float
    regret: float
    best_in: float
    near_best_in: float
    dominated_by: tuple[str, ...]

    def effect(self, outcome: str) -> Effect | None:
        """Return the effect on `outcome`, or None when that outcome was not compared."""
        return next((item for item in self.effects if item.outcome == outcome), None)


@dataclass(frozen=True)
class Displacement(Record):
    """Change of persons or opiates at one border section, country or market under one measure.

    `kind` is "section", "country" or "market"; `what` is "people" or "opiates". Persons and kg are never in
    one row. Sorted by where harm rises most, never as ways to take.
    """

    policy: str
    kind: str
    place: str
    label: str
    what: str
    unit: str
    baseline: Interval
    difference: Interval
    percent: Interval
    p_more: float
    word: str
    direction: str


@dataclass(frozen=True)
class Comparison(Record):
    """All counter-measures against the baseline, over the runs that advice is given on."""

    baseline: str
    window: tuple[int, int]
    had_it_started: int
    utility: str
    utility_unit: str
    near: float
    runs: int
    baselines: tuple[Effect, ...]
    measures: tuple[MeasureResult, ...]
    unranked: tuple[MeasureResult, ...]
    displacement: tuple[Displacement, ...]

    def measure(self, policy: str) -> MeasureResult | None:
        """Return the result of `policy`, ranked or not, or None."""
        return next((m for m in (*self.measures, *self.unranked) if m.policy == policy), None)


# -------------------------------------------------------------------------------------------------- history


@dataclass(frozen=True)
class Observed(Record):
    """One published figure, shown beside the bands, never a target of them."""

    year: int
    value: float
    source: str
    note: str


@dataclass(frozen=True)
class Band(Record):
    """One baseline outcome by the year: median, 50 % and 90 % bands over the runs in use."""

    outcome: str
    label: str
    unit: str
    years: tuple[int, ...]
    median: tuple[float, ...]
    low50: tuple[float, ...]
    high50: tuple[float, ...]
    low90: tuple[float, ...]
    high90: tuple[float, ...]
    observed: tuple[Observed, ...]
    observed_inside: float


@dataclass(frozen=True)
class History(Record):
    """Baseline outcomes by the year."""

    runs: int
    bands: tuple[Band, ...]

    def band(self, outcome: str) -> Band | None:
        """Return the band of `outcome`, or None."""
        return next((item for item in self.bands if item.outcome == outcome), None)


# --------------------------------------------------------------------------------------------------- answer


@dataclass(frozen=True)
class Answer(Record):
    """The answer in plain words, every figure with its uncertainty, built from results alone.

    `helps_most`, `moves_harm` and `could_change` each hold a short value, a sentence and the claims.
    """

    settled: bool
    title: str
    headline: str
    lead: str
    helps_most: str
    helps_most_policy: str | None
    moves_harm: str
    moves_harm_policy: str | None
    could_change: str
    could_change_claims: tuple[str, ...]
    hangs_together: str
    likelihood: str
    not_for: tuple[str, ...]


@dataclass(frozen=True)
class Analysis(Record):
    """All of the analysis in one record."""

    case: str
    focus: str
    policies: tuple[str, ...]
    runs: int
    answer: Answer
    matching: Matching
    comparison: Comparison
    trace: Trace
    knockouts: Knockouts
    history: History
    limits: tuple[str, ...]
    forecast: Forecast | None = None
    needs: Needs | None = None
