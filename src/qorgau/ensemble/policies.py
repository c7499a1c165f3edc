"""Policies: which levers are pulled, how hard and from when, as the arrays that the model takes.

A policy is written as text or as a `Choice`. As text: a measure's name (``outreach``), with an intensity
between 0 and 1 (``outreach=0.5``), with a start (``outreach=0.5@2016-07``), or several joined by ``+``
(``outreach+awareness=0.3@2017``).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qorgau.errors import InputError

__all__ = ["BASELINE", "Catalogue", "Choice", "Measure", "Part", "Plan", "choice_of", "plan_of"]

BASELINE = "baseline"
_PART = re.compile(r"^(?P<name>[A-Za-z_][A-Za-z0-9_]*)(=(?P<intensity>[0-9.eE-]+))?(@(?P<start>\d{4}(-\d{1,2})?))?$")


@dataclass(frozen=True)
class Measure:
    """One counter-measure of a case.

    Parameters
    ----------
    name : str
    levers : mapping of str to float
        Intensity in [0, 1] of each instrument that it pulls.
    """

    name: str
    levers: Mapping[str, float]


@dataclass(frozen=True)
class Catalogue:
    """The counter-measures that a case offers.

    Parameters
    ----------
    measures : tuple of Measure
        The baseline, which pulls nothing, is always the first.
    instruments : tuple of str
        Levers of the model, in its order.
    ramp_months : tuple of int
        Months from start to full strength of each instrument.
    start_month : int
        Month in which policies start unless they say otherwise; 0 is January of `first_year`.
    first_year : int
        Year of month 0.
    last_month : int
        Last month that is run.
    file : str
        Where the measures stand, for messages.
    """

    measures: tuple[Measure, ...]
    instruments: tuple[str, ...]
    ramp_months: tuple[int, ...]
    start_month: int
    first_year: int
    last_month: int
    file: str = "policies"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all measures, baseline first."""
        return tuple(m.name for m in self.measures)

    def measure(self, name: str) -> Measure:
        """Return the measure of that name; InputError lists the names when there is none."""
        for measure in self.measures:
            if measure.name == name:
                return measure
        near = difflib.get_close_matches(name, self.names, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise InputError("policies", name, "no such policy in this case", f"{hint}choose from {', '.join(self.names)}")


@dataclass(frozen=True)
class Part:
    """One measure within a policy.

    Parameters
    ----------
    measure : str
    intensity : float
        In [0, 1]; multiplies the measure's own levers.
    start : str or None
        ``YYYY`` or ``YYYY-MM``; None is the case's start of policies.
    """

    measure: str
    intensity: float = 1.0
    start: str | None = None


@dataclass(frozen=True)
class Choice:
    """A policy: its name in results, and the measures it is made of (none: the baseline)."""

    name: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Plan:
    """Policies as arrays; the fields that the model's ``Branch`` takes.

    Attributes
    ----------
    policies : tuple of str
    levers : ndarray, shape (policies, instruments)
        Intensity at full strength, in [0, 1].
    start_month : ndarray of int, shape (policies, instruments)
        Month of the first effect; where a lever is 0 it is the first start of any policy.
    ramp_months : ndarray of int, shape (instruments,)
    first_month : int
        Month before which no policy differs from the baseline.
    """

    policies: tuple[str, ...]
    levers: np.ndarray
    start_month: np.ndarray
    ramp_months: np.ndarray
    first_month: int

    def baseline_only(self) -> Plan:
        """Return the plan with the baseline alone."""
        return Plan(
            (BASELINE,), np.zeros((1, self.levers.shape[1])), self.start_month[:1], self.ramp_months, self.first_month
        )


def choice_of(policy: str | Choice) -> Choice:
    """Read a policy written as text.

    Raises
    ------
    InputError
        If the text is not of the form ``measure[=intensity][@YYYY[-MM]]``, parts joined by ``+``.
    """
    if isinstance(policy, Choice):
        return policy
    text = policy.replace(" ", "")
    parts = []
    for piece in text.split("+"):
        match = _PART.match(piece)
        if match is None:
            raise InputError(
                "policies",
                policy,
                "cannot be read as a policy",
                "write measure, measure=intensity or measure=intensity@YYYY-MM, joined by +",
            )
        try:
            intensity = float(match["intensity"]) if match["intensity"] else 1.0
        except ValueError as error:
            raise InputError(
                "policies", policy, f"intensity {match['intensity']} is not a number", "use a number from 0 to 1"
            ) from error
        parts.append(Part(match["name"], intensity, match["start"]))
    return Choice(text, tuple(parts))


def _month(choice: Choice, start: str | None, catalogue: Catalogue) -> int:
    if start is None:
        return catalogue.start_month
    year, _, month = start.partition("-")
    value = (int(year) - catalogue.first_year) * 12 + (int(month) - 1 if month else 0)
    if (month and not 1 <= int(month) <= 12) or not 0 <= value <= catalogue.last_month:
        last = catalogue.first_year + catalogue.last_month // 12
        raise InputError(
            "policies",
            choice.name,
            f"start {start} is not a month of the run",
            f"use YYYY or YYYY-MM from {catalogue.first_year} to {last}",
        )
    return value


def plan_of(policies: Sequence[str | Choice] | None, catalogue: Catalogue) -> Plan:
    """Turn policies into arrays for the model.

    The baseline always comes first, asked for or not, since every comparison is against it. Where two parts
    of a policy pull one lever, the stronger counts (they are one instrument, not two).

    Parameters
    ----------
    policies : sequence of str or Choice, or None
        None is every measure of the case.
    catalogue : Catalogue

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If a name is unknown (the message lists the names), an intensity is outside [0, 1], a start is outside
        the run, or two policies have one name.
    """
    asked = [choice_of(p) for p in (catalogue.names if policies is None else policies)]
    choices = [Choice(BASELINE, ())] + [c for c in asked if c.name != BASELINE]
    names = [c.name for c in choices]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError("policies", twice[0], "is asked for twice", "name every policy once")
    size = (len(choices), len(catalogue.instruments))
    levers, start = np.zeros(size), np.full(size, -1, dtype=np.int64)
    for row, choice in enumerate(choices):
        for part in choice.parts:
            measure = catalogue.measure(part.measure)
            if not 0.0 <= part.intensity <= 1.0:
                raise InputError(
                    "policies",
                    choice.name,
                    f"intensity {part.intensity:g} is outside 0 to 1",
                    "use 1 for the measure's full strength, less for part of it",
                )
            month = _month(choice, part.start, catalogue)
            for instrument, intensity in measure.levers.items():
                column = catalogue.instruments.index(instrument)
                pulled = intensity * part.intensity
                if pulled > levers[row, column]:
                    levers[row, column], start[row, column] = pulled, month
    starts = start[start >= 0]
    first = int(starts.min()) if len(starts) else min(catalogue.start_month, catalogue.last_month)
    return Plan(
        policies=tuple(names),
        levers=levers,
        start_month=np.where(start < 0, first, start),
        ramp_months=np.asarray(catalogue.ramp_months, dtype=np.int64),
        first_month=first,
    )
