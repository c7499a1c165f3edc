"""Records of what a conclusion hangs on: claims, figures, sources, mechanisms."""

from __future__ import annotations

from dataclasses import dataclass

from qorgau.analysis.record import Record

__all__ = [
    "ClaimValue", "FigureValue", "KnockoutEffect", "KnockoutPattern", "Knockouts", "SourceValue", "Trace"
]


@dataclass(frozen=True)
class ClaimValue(Record):
    """What knowing whether one claim holds is worth, and whether the advice turns on it.

    `evppi` and `se` are in the utility's unit; `plug_in` is the estimate without splitting, which errs upwards.
    `hinge`: the best measure differs between draws where the claim is true and where it is false, and knowing is
    worth more than chance explains, with the number of claims looked at allowed for. `tips_at` is the probability
    of the claim at which the advice changes (None for a claim that is no hinge). `gain_if_false` is what choosing
    again would win were the claim known false. `monotone`: the estimate keeps the bounds that hold for certain.
    """

    claim: str
    source: str
    p: float
    evppi: float
    se: float
    plug_in: float
    hinge: bool
    tips_at: float | None
    best_now: str
    best_if_true: str
    best_if_false: str
    gain_if_true: float
    gain_if_false: float
    draws_true: int
    draws_false: int
    monotone: bool
    note: str


@dataclass(frozen=True)
class FigureValue(Record):
    """What knowing one uncertain number exactly is worth (regression estimate)."""

    parameter: str
    claims: tuple[str, ...]
    evppi: float
    se: float
    hinge: bool
    best_low: str
    best_high: str
    turns_at: float | None
    monotone: bool
    note: str


@dataclass(frozen=True)
class SourceValue(Record):
    """What researching one source again is worth: all its claims judged together, by a check that can err.

    `evii` is the value of such a check, `evppi` that of one that cannot err. `settled`: worth more than chance
    explains, with the number of sources looked at allowed for, and within its bounds (`monotone`).
    """

    source: str
    claims: tuple[str, ...]
    evii: float
    se: float
    evppi: float
    accuracy: float
    hinges: tuple[str, ...]
    note: str
    settled: bool = False
    monotone: bool = True


@dataclass(frozen=True)
class Trace(Record):
    """What the advice hangs on. Values are in the unit of the utility, per year."""

    best_now: str
    utility: str
    utility_unit: str
    runs: int
    evpi: float
    evpi_se: float
    claims: tuple[ClaimValue, ...]
    figures: tuple[FigureValue, ...]
    sources: tuple[SourceValue, ...]
    note: str


@dataclass(frozen=True)
class KnockoutEffect(Record):
    """Effect of switching one mechanism off on one outcome, in units of the outcome's spread over draws."""

    mechanism: str
    outcome: str
    effect: float
    mean_absolute: float
    se: float
    above_tenth: bool


@dataclass(frozen=True)
class KnockoutPattern(Record):
    """One pattern with one mechanism switched off: "fails", "weakened", "no effect" or "not testable"."""

    mechanism: str
    pattern: str
    verdict: str
    with_rate: float
    without_rate: float


@dataclass(frozen=True)
class Knockouts(Record):
    """What the model does without each mechanism. Empty when no knock-out runs were made."""

    runs: int
    mechanisms: tuple[str, ...]
    outcomes: tuple[str, ...]
    effects: tuple[KnockoutEffect, ...]
    patterns: tuple[KnockoutPattern, ...]
    idle: tuple[str, ...]
    note: str
