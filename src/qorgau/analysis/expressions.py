"""The parts that a test is made of, evaluated over all runs at once.

A part is *yearly*, shape (runs, years), or a *number a run*, shape (runs,). A condition gives, for each run
(and year), whether it holds (1), fails (0) or is not testable (NaN), and its distance from holding in units
of the stated tolerance: 0 when it holds.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Arithmetic", "Change", "Compare", "Condition", "Context", "First", "Join", "Leads", "Number", "Outcome",
    "Over", "Part", "Pick", "Ratio", "Tolerance", "Truth", "YearOf", "YearsOf",
]

Floats = NDArray[np.float64]

FARTHEST = 99.0
"""Distances are cut here, so that one wild run cannot swamp a mean."""

LEAST_TESTABLE = 0.5
"""Least share of a span's years that must be applicable for its mean, least or most to be a number."""


@dataclass(frozen=True)
class Context:
    """Where parts read from.

    Parameters
    ----------
    values
        Gives an outcome's values, shape (runs, years), from its name and the label of a run ("A" is the
        baseline; other labels are paired runs of the same draws and seeds).
    years
        The years that the columns stand for, ascending by one.
    run
        Label that names without a label are read from.
    """

    values: Callable[[str, str], Floats]
    years: tuple[int, ...]
    run: str = "A"

    def column(self, year: int) -> int:
        """Return the column of `year`."""
        return year - self.years[0]

    def span(self, first: int, last: int) -> slice:
        """Return the columns of `first` to `last`, both included."""
        return slice(self.column(first), self.column(last) + 1)


@dataclass(frozen=True)
class Tolerance:
    """How far from holding counts as one unit: absolute, or a share of the larger side."""

    amount: float
    relative: bool

    def distance(self, gap: Floats, left: Floats, right: Floats) -> Floats:
        """Return `gap` in units of the tolerance, cut at `FARTHEST`, and 0 where it is below 0; NaN stays NaN."""
        return np.maximum(self.signed(gap, left, right), 0.0)

    def signed(self, gap: Floats, left: Floats, right: Floats) -> Floats:
        """Return `gap` in units of the tolerance, cut at `FARTHEST` on both sides; NaN stays NaN."""
        unit: Floats | float = self.amount
        if self.relative:
            unit = self.amount * np.maximum(np.abs(left), np.abs(right))
        with np.errstate(divide="ignore", invalid="ignore"):
            result = np.where(gap == 0, 0.0, gap / unit)
        return np.where(np.isnan(gap), np.nan, np.clip(result, -FARTHEST, FARTHEST))


@dataclass(frozen=True)
class Truth:
    """Whether a condition holds (1, 0, or NaN when not testable) and its distance from holding."""

    holds: Floats
    distance: Floats


@dataclass(frozen=True)
class Part:
    """A part with a value. `yearly` says whether the value has a year axis."""

    yearly: bool

    def value(self, context: Context) -> Floats:
        """Return the part's value: shape (runs, years) when yearly, else (runs,) or a single number."""
        raise NotImplementedError


@dataclass(frozen=True)
class Condition:
    """A part that holds or does not."""

    yearly: bool

    def truth(self, context: Context) -> Truth:
        """Return where the condition holds and how far it is from holding."""
        raise NotImplementedError

    def gaps(self, context: Context) -> tuple[Floats, ...]:
        """Return how far each clause is from holding, below 0 where it holds with room to spare.

        The clauses of an `and` stand side by side; an `or` has one, that of its nearest part.
        """
        raise NotImplementedError

    @property
    def clauses(self) -> int:
        """Number of gaps."""
        return 1


@dataclass(frozen=True)
class Number(Part):
    """A constant."""

    constant: float

    def value(self, context: Context) -> Floats:
        """Return the value; see `Part.value`."""
        return np.asarray(self.constant, dtype=np.float64)


@dataclass(frozen=True)
class Outcome(Part):
    """One outcome by the year, from the run labelled `run` (None: the context's)."""

    name: str
    run: str | None = None

    def value(self, context: Context) -> Floats:
        """Return the value; see `Part.value`."""
        return np.asarray(context.values(self.name, self.run or context.run), dtype=np.float64)


@dataclass(frozen=True)
class YearOf(Part):
    """The value of one year: ``x[2013]``."""

    part: Part
    year: int

    def value(self, context: Context) -> Floats:
        """Return the value; see `Part.value`."""
        return self.part.value(context)[..., context.column(self.year)]


def _over(kind: str, values: Floats) -> Floats:
    """Reduce the last axis; NaN when fewer than `LEAST_TESTABLE` of the years apply (for a sum: all)."""
    applies = np.isfinite(values)
    enough = applies.mean(axis=-1) >= (1.0 if kind == "sum" else LEAST_TESTABLE)
    clean = np.where(applies, values, np.nan)
    reductions: dict[str, Callable[..., Floats]] = {
        "m": np.nanmean, "sum": np.nansum, "min": np.nanmin, "max": np.nanmax, "median": np.nanmedian,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # rows of NaN alone are set to NaN below
        return np.where(enough, reductions[kind](clean, axis=-1), np.nan)


@dataclass(frozen=True)
class Over(Part):
    """Mean (`m`), sum, least, most or median of a yearly part over a span of years."""

    kind: str
    part: Part
    first: int
    last: int

    def value(self, context: Context) -> Floats:
        """Return the value; see `Part.value`."""
        return _over(self.kind, self.part.value(context)[..., context.span(self.first, self.last)])


@dataclass(frozen=True)
class Arithmetic(Part):
    """Sum, difference, product or quotient. A quotient by zero is not testable."""

    operator: str
    left: Part
    right: Part

    def value(self, context: Context) -> Floats:
        """Return the value; see `Part.value`."""
        left, right = align(self.left, self.right, context)
        if self.operator == "+":
            return left + right
        if self.operator == "-":
            return left - right
        if self.operator == "*":
            return left * right
        return _quotient(left, right, 0.0)


def _quotient(above: Floats, below: Floats, floor: float) -> Floats:
    usable = (np.abs(below) > 0) & (np.abs(below) >= floor)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(usable, above / np.where(usable, below, 1.0), np.nan)


@dataclass(frozen=True)
class Ratio(Part):
    """``ratio(a, b, floor)``: a / b, not testable where b is under the floor."""

    above: Part
    below: Part
    floor: float

    def value(self, context: Context) -> Floats:
        """Return the value; see `Part.value`."""
        above, below = align(self.above, self.below, context)
        return _quotient(above, below, self.floor)


@dataclass(frozen=True)
class Pick(Part):
    """Least, most, sum or magnitude across parts, run by run (and year by year)."""

    kind: str
    parts: tuple[Part, ...]

    def value(self, context: Context) -> Floats:
        """Return the value; see `Part.value`."""
        values = [_spread(part, context, self.yearly) for part in self.parts]
        if self.kind == "abs":
            return np.abs(values[0])
        reduce = {"min": np.minimum, "max": np.maximum, "sum": np.add}[self.kind]
        result = values[0]
        for value in values[1:]:
            result = reduce(result, value)
        return result


@dataclass(frozen=True)
class Change(Part):
    """``d(x, a:b)``: relative change of the mean of x in a paired run against the baseline."""

    part: Part
    first: int
    last: int
    run: str

    def value(self, context: Context) -> Floats:
        """Return the value; see `Part.value`."""
        mean = Over(False, "m", self.part, self.first, self.last)
        before = mean.value(context)
        after = mean.value(replace(context, run=self.run))
        return _quotient(after - before, before, 0.0)


def _spread(part: Part, context: Context, yearly: bool) -> Floats:
    """Return a part's value with a year axis of length one added when the others have years."""
    value = part.value(context)
    return value[..., None] if yearly and not part.yearly and value.ndim else value


def align(left: Part, right: Part, context: Context) -> tuple[Floats, Floats]:
    """Return both values in shapes that combine."""
    yearly = left.yearly or right.yearly
    return _spread(left, context, yearly), _spread(right, context, yearly)


# ---------------------------------------------------------------------------------------------- conditions


@dataclass(frozen=True)
class Compare(Condition):
    """One comparison: <, <=, >, >=, ==."""

    operator: str
    left: Part
    right: Part
    tolerance: Tolerance

    def truth(self, context: Context) -> Truth:
        """Return the truth; see `Condition.truth`."""
        gap, left, right = self._gap(context)
        strict = self.operator in ("<", ">")
        holds = np.where(np.isnan(gap), np.nan, (gap < 0) if strict else (gap <= 0))
        return Truth(holds, self.tolerance.distance(gap, left, right))

    def gaps(self, context: Context) -> tuple[Floats, ...]:
        """Return the gap; see `Condition.gaps`."""
        return (self.tolerance.signed(*self._gap(context)),)

    def _gap(self, context: Context) -> tuple[Floats, Floats, Floats]:
        left, right = align(self.left, self.right, context)
        left, right = np.broadcast_arrays(np.asarray(left, float), np.asarray(right, float))
        if self.operator in ("<", "<="):
            return left - right, left, right
        if self.operator in (">", ">="):
            return right - left, left, right
        return np.abs(left - right), left, right


@dataclass(frozen=True)
class Leads(Condition):
    """``argmax(set) == member``: the member is larger than every other of the set."""

    parts: tuple[Part, ...]
    member: int
    tolerance: Tolerance

    def truth(self, context: Context) -> Truth:
        """Return the truth; see `Condition.truth`."""
        gap, own, other = self._gap(context)
        holds = np.where(np.isnan(gap), np.nan, gap < 0)
        return Truth(holds, self.tolerance.distance(gap, own, other))

    def gaps(self, context: Context) -> tuple[Floats, ...]:
        """Return the gap; see `Condition.gaps`."""
        return (self.tolerance.signed(*self._gap(context)),)

    def _gap(self, context: Context) -> tuple[Floats, Floats, Floats]:
        values = np.stack([_spread(part, context, self.yearly) for part in self.parts])
        own = values[self.member]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # no other member applies: NaN, not testable
            other = np.nanmax(np.delete(values, self.member, axis=0), axis=0)
        return other - own, own, other


@dataclass(frozen=True)
class Join(Condition):
    """All (`and`) or any (`or`) of several conditions.

    One part that fails settles an `and`, one that holds settles an `or`; else a part that is not testable
    makes the whole not testable. The distance is the largest of an `and`, the smallest of an `or`.
    """

    every: bool
    conditions: tuple[Condition, ...]

    def truth(self, context: Context) -> Truth:
        """Return the truth; see `Condition.truth`."""
        truths = [condition.truth(context) for condition in self.conditions]
        holds = np.stack(np.broadcast_arrays(*(truth.holds for truth in truths)))
        distance = np.stack(np.broadcast_arrays(*(truth.distance for truth in truths)))
        unknown = np.isnan(holds).any(axis=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # all parts not testable: NaN is meant
            if self.every:
                fails = (holds == 0).any(axis=0)
                joint = np.where(fails, 0.0, np.where(unknown, np.nan, 1.0))
                far = np.nanmax(distance, axis=0)
            else:
                passes = (holds == 1).any(axis=0)
                joint = np.where(passes, 1.0, np.where(unknown, np.nan, 0.0))
                far = np.where(passes, 0.0, np.nanmin(distance, axis=0))
        return Truth(joint, np.where(np.isnan(joint), np.nan, far))

    def gaps(self, context: Context) -> tuple[Floats, ...]:
        """Return the gaps; see `Condition.gaps`."""
        found = [condition.gaps(context) for condition in self.conditions]
        if self.every:
            return tuple(gap for gaps in found for gap in gaps)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # all parts not testable: NaN is meant
            farthest = [np.nanmax(np.stack(np.broadcast_arrays(*gaps)), axis=0) for gaps in found]
            return (np.nanmin(np.stack(np.broadcast_arrays(*farthest)), axis=0),)

    @property
    def clauses(self) -> int:
        """Number of gaps."""
        return sum(condition.clauses for condition in self.conditions) if self.every else 1


@dataclass(frozen=True)
class YearsOf(Part):
    """``years(condition, a:b)``: number of years of the span in which the condition holds."""

    condition: Condition
    first: int
    last: int

    def value(self, context: Context) -> Floats:
        """Return the value; see `Part.value`."""
        holds = self.condition.truth(context).holds[..., context.span(self.first, self.last)]
        testable = np.isfinite(holds).mean(axis=-1) >= LEAST_TESTABLE
        return np.where(testable, np.nansum(holds, axis=-1), np.nan)


@dataclass(frozen=True)
class First(Part):
    """``first(condition, a:b)``: first year in which it holds; the year after the span when it never does."""

    condition: Condition
    first: int
    last: int

    def value(self, context: Context) -> Floats:
        """Return the value; see `Part.value`."""
        holds = self.condition.truth(context).holds[..., context.span(self.first, self.last)]
        testable = np.isfinite(holds).mean(axis=-1) >= LEAST_TESTABLE
        hit = holds == 1
        when = np.where(hit.any(axis=-1), self.first + hit.argmax(axis=-1), self.last + 1)
        return np.where(testable, when.astype(np.float64), np.nan)
