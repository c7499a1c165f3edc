"""Which published readings a case was fitted to and which are kept for validation, and a guard that the two never meet.

A reading is *fitted* in years that a pattern, a prior or an anchor looks at, *validated* in years kept from all three,
*neither* in others. A counterfactual pattern compares runs with runs and looks at no published reading, whatever its
window.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from qorgau.analysis.patterns import Pattern
from qorgau.analysis.records import Observed
from qorgau.case.case import Case
from qorgau.errors import InputError
from qorgau.model.indicators import ANCHOR_YEAR

__all__ = ["Fitted", "Indicator", "Validation", "Width", "leaks", "load_validation", "looked_at"]

_NAME = re.compile(r"(?<![\w@])([a-z][A-Za-z0-9_]*)(\*?)")
_YEAR = re.compile(r"(?<![\w.])((?:19|20)\d{2})(?![\w.]\d|\w)")


def _line(value: object) -> object:
    return " ".join(value.split()) if isinstance(value, str) else value


Line = Annotated[str, BeforeValidator(_line)]
Years = Annotated[tuple[int, ...], Field(max_length=2)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fitted(_Frozen):
    """First and last year that patterns look at, and which patterns they are."""

    years: tuple[int, int]
    by: tuple[str, ...] = Field(min_length=1)


class Indicator(_Frozen):
    """One outcome that the outside world sees.

    `series` names the case's series with its published readings, `validated` the first and last year of those that
    are kept for validation (empty when nothing was published). `among` makes it the place of the state in focus
    among these states by perceived corruption. `differs` says in what kind reading and outcome differ.
    """

    outcome: str
    series: tuple[str, ...] = ()
    fitted: Fitted | None = None
    validated: Years = ()
    among: tuple[str, ...] = ()
    differs: Line = Field(min_length=1)
    missing: Line = ""

    @model_validator(mode="after")
    def _two_or_none(self) -> Indicator:
        if len(self.validated) == 1 or (self.validated and self.validated[0] > self.validated[1]):
            raise ValueError("validated must be empty, or a first and a last year")
        return self

    def use(self, year: int) -> str:
        """Return "fitted", "validated" or "neither" for a year."""
        if self.validated and self.validated[0] <= year <= self.validated[1]:
            return "validated"
        if self.fitted is not None and self.fitted.years[0] <= year <= self.fitted.years[1]:
            return "fitted"
        return "neither"


class Width(_Frozen):
    """Bounds on a 90 % interval in units of its median; outside it is said to be too narrow or too wide."""

    low: float = Field(ge=0.0)
    high: float = Field(gt=0.0)
    assumption: Line = Field(min_length=1)


class Validation(_Frozen):
    """``validation.yaml`` of a case."""

    last_fitted: int
    forecast: tuple[int, int]
    width: Width
    anchors: Mapping[str, tuple[int, ...]] = Field(default_factory=dict)
    indicators: tuple[Indicator, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Validation:
        if not self.last_fitted < self.forecast[0] <= self.forecast[1]:
            raise ValueError("the forecast must begin after last_fitted")
        names = [item.outcome for item in self.indicators]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"given twice: {', '.join(sorted(twice))}")
        return self


def load_validation(path: str | Path) -> Validation:
    """Read a case's table of fitted and validated readings.

    Raises
    ------
    InputError
        When the file cannot be read, holds an unknown key or a value out of order.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            return Validation.model_validate(yaml.safe_load(stream) or {})
    except OSError as error:
        raise InputError(path, "", f"cannot be read: {error.strerror}", "give a readable table") from error
    except yaml.YAMLError as error:
        raise InputError(path, "", f"is not YAML: {error}", "check indentation and quotes near that line") from error
    except ValidationError as error:
        item = error.errors()[0]
        where = ".".join(str(part) for part in item["loc"])
        fix = "see the comments in the bundled validation.yaml"
        raise InputError(path, where, str(item["msg"]), fix) from error


def looked_at(pattern: Pattern, outcomes: Iterable[str], focus: str) -> tuple[set[str], tuple[int, int] | None]:
    """Return the outcomes among `outcomes` that a pattern names, and the first and last year in its test.

    A name with the code of the state in focus counts as the name without it, where only that is an outcome asked for.
    """
    known = set(outcomes)
    found: set[str] = set()
    for name, star in _NAME.findall(pattern.test):
        if star:
            found |= {item for item in known if item.startswith(name)}
        else:
            found |= known & {name, name.removesuffix(f"_{focus}")}
    years = [int(year) for year in _YEAR.findall(pattern.test)]
    return found, (min(years), max(years)) if years else None


def leaks(
    validation: Validation, patterns: Sequence[Pattern], case: Case, observed: Mapping[str, Sequence[Observed]]
) -> tuple[str, ...]:
    """Return where what is validated could have been fitted, and where the table is not what the case does.

    Parameters
    ----------
    validation, patterns, case
        The table, the case's patterns and the case.
    observed
        Published readings by outcome, as `qorgau.analysis.case_view.published` gives them.

    Returns
    -------
    tuple of str
        One line for each finding; empty when nothing after `last_fitted` is used.
    """
    return (
        *_by_patterns(validation, patterns, case.settings.focus),
        *_by_table(validation, observed),
        *_by_priors(validation, case),
        *_by_inputs(validation, case),
    )


def _by_patterns(validation: Validation, patterns: Sequence[Pattern], focus: str) -> Iterator[str]:
    names = [item.outcome for item in validation.indicators]
    seen: dict[str, list[tuple[str, tuple[int, int]]]] = {name: [] for name in names}
    for pattern in patterns:
        if pattern.kind == "counterfactual":
            continue
        found, years = looked_at(pattern, names, focus)
        if years is not None and years[1] > validation.last_fitted:
            yield f"{pattern.id} looks at {years[1]}, after the last fitted year {validation.last_fitted}"
        for name in found:
            if years is not None:
                seen[name].append((pattern.id, years))
    for item in validation.indicators:
        by = {name for name, _ in seen[item.outcome]}
        declared = set(item.fitted.by) if item.fitted else set()
        if by != declared:
            yield f"{item.outcome} is looked at by {sorted(by)}, but the table says {sorted(declared)}"
        elif by and item.fitted is not None:
            spans = [years for _, years in seen[item.outcome]]
            span = (min(a for a, _ in spans), max(b for _, b in spans))
            if span != item.fitted.years:
                yield f"{item.outcome} is looked at from {span[0]} to {span[1]}, but the table says {item.fitted.years}"


def _by_table(validation: Validation, observed: Mapping[str, Sequence[Observed]]) -> Iterator[str]:
    for item in validation.indicators:
        if item.fitted is not None and item.fitted.years[1] > validation.last_fitted:
            yield f"{item.outcome} is fitted to {item.fitted.years[1]}, after {validation.last_fitted}"
        if item.validated and item.validated[0] <= validation.last_fitted:
            yield f"{item.outcome} is validated from {item.validated[0]}, which may have been fitted"
        after = [p.year for p in observed.get(item.outcome, ()) if p.year > validation.last_fitted]
        if item.validated and (not after or (min(after), max(after)) != item.validated):
            yield f"{item.outcome} has other readings after {validation.last_fitted} than {item.validated}"
        if after and not item.validated:
            yield f"{item.outcome} has readings after {validation.last_fitted} that the table does not name"
    for name, years in validation.anchors.items():
        if any(year > validation.last_fitted for year in years):
            yield f"{name} is anchored after {validation.last_fitted}"
    if ANCHOR_YEAR not in {year for years in validation.anchors.values() for year in years}:
        yield f"the model is anchored in {ANCHOR_YEAR}, which the table does not name"


def _by_priors(validation: Validation, case: Case) -> Iterator[str]:
    """Figures of later years behind a prior: those are claims on one date, with a value."""
    claims = {claim.id: claim for claim in case.evidence.claims}
    for name, row in case.parameters.items():
        for item in row.claims:
            claim = claims.get(item)
            if claim is None or claim.kind != "figure" or claim.value is None:
                continue
            if claim.valid.start.year > validation.last_fitted:
                yield f"{name} rests on {item}, a figure of {claim.valid.start.year}"


def _by_inputs(validation: Validation, case: Case) -> Iterator[str]:
    feeding = {series.id for series in case.series if series.feeds is not None}
    known = {series.id for series in case.series}
    for item in validation.indicators:
        for name in item.series:
            if name in feeding:
                yield f"{item.outcome} is checked against {name}, which feeds the model"
            elif name not in known:
                yield f"{item.outcome} names the series {name}, which the case does not have"
