"""Patterns of a case: what the sources say should come out, read from YAML and tested on every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from qorgau.analysis.expressions import Context
from qorgau.analysis.grammar import Test, parse_test, parse_tolerance
from qorgau.analysis.records import PassRate
from qorgau.analysis.runs import Floats, Runs
from qorgau.case.changes import Change
from qorgau.errors import InputError

__all__ = ["Pattern", "PatternVerdicts", "load_patterns", "parse_patterns", "pass_rate", "test_patterns", "wilson"]


def _many(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else (value,)


def _one_line(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


Line = Annotated[str, BeforeValidator(_one_line), Field(min_length=1)]


class Pattern(BaseModel):
    """One statement about outcomes, with the test that a run must pass.

    `change` says, for each paired run that the test compares with, what is different in it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    claims: tuple[str, ...] = Field(min_length=1)
    statement: Line
    kind: Literal["value", "ordering", "ratio", "trend", "event-response", "counterfactual"]
    test: Line
    tolerance: Annotated[tuple[float | str, ...], BeforeValidator(_many), Field(min_length=1)]
    basis: Line
    strength: Literal["strong", "moderate", "weak"]
    use: Literal["matching", "reported"]
    why: Line
    note: Annotated[str, BeforeValidator(_one_line)] = ""
    needs: Literal["", "paired run"] = ""
    change: Mapping[Annotated[str, Field(pattern="^[B-Z]$")], Change] = Field(default_factory=dict)

    @property
    def single(self) -> bool:
        """Whether one run is enough to test it."""
        return not self.needs


@dataclass(frozen=True)
class PatternVerdicts:
    """Verdicts of patterns on runs.

    Attributes
    ----------
    patterns
        The patterns that were tested.
    holds
        Shape (patterns, runs): 1 holds, 0 fails, -1 not testable.
    distance
        Shape (patterns, runs): distance from holding in units of tolerance, NaN where not testable.
    gaps
        Shape (clauses, runs), where they were asked for: how far each clause of each test is from holding, in units of
        tolerance and below 0 where it holds; NaN where not testable.
    """

    patterns: tuple[Pattern, ...]
    holds: np.ndarray
    distance: Floats
    gaps: Floats | None = None


def load_patterns(path: str | Path) -> tuple[Pattern, ...]:
    """Read a file of patterns.

    Raises
    ------
    InputError
        When the file cannot be read or a pattern is not well formed.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            data = yaml.safe_load(stream)
    except OSError as error:
        raise InputError(path, "", f"cannot be read: {error.strerror}", "give a readable file of patterns") from error
    except yaml.YAMLError as error:
        raise InputError(path, "", f"is not YAML: {error}", "check indentation and quotes near that line") from error
    if not isinstance(data, Mapping) or not data:
        raise InputError(path, "", "holds no patterns", "write one key per pattern, such as P01:")
    found = []
    for key, value in data.items():
        if not isinstance(value, Mapping):
            raise InputError(path, str(key), "is not a pattern", "give it claims, statement, kind, test, ...")
        try:
            found.append(Pattern(id=str(key), **value))
        except (ValidationError, TypeError) as error:
            where, problem = _first(error)
            raise InputError(path, f"{key}.{where}" if where else str(key), problem,
                             "see the fields at the head of the file") from error
    return tuple(found)


def _first(error: ValidationError | TypeError) -> tuple[str, str]:
    if not isinstance(error, ValidationError):
        return "", str(error)
    item = error.errors()[0]
    return ".".join(str(part) for part in item["loc"]), str(item["msg"])


def parse_patterns(
    patterns: Sequence[Pattern], outcomes: Sequence[str], years: Sequence[int], file: str | Path = "patterns.yaml"
) -> dict[str, Test]:
    """Parse the tests of all patterns, those on paired runs included.

    Raises
    ------
    InputError
        For the first test that is not well formed, with its file and key.
    """
    made = {}
    for pattern in patterns:
        if (pattern.kind == "counterfactual") != bool(pattern.change):
            raise InputError(file, f"{pattern.id}.change", "a counterfactual without its change" if not pattern.change
                             else f"a pattern of kind {pattern.kind} has a change",
                             "say what is different, for example B: {says: ..., from: 2003, without: [scope]}, "
                             "exactly when kind is counterfactual")
        test = parse_test(
            pattern.test, outcomes=outcomes, years=years, changes=tuple(pattern.change), file=str(file),
            tolerance=parse_tolerance(list(pattern.tolerance), str(file), f"{pattern.id}.tolerance"),
            key=f"{pattern.id}.test",
        )
        if bool(test.paired) == pattern.single:
            raise InputError(file, f"{pattern.id}.needs", "does not agree with the test",
                             "write `needs: paired run` exactly when the test uses d(...) or x@B")
        made[pattern.id] = test
    return made


def test_patterns(patterns: Sequence[Pattern], runs: Runs, file: str | Path = "patterns.yaml") -> PatternVerdicts:
    """Test the patterns that need one run on the baseline of every run."""
    single = tuple(pattern for pattern in patterns if pattern.single)
    tests = parse_patterns(single, runs.outcomes, runs.years, file)
    needed = list(dict.fromkeys(name for test in tests.values() for name in test.outcomes))
    return evaluate(single, tests, runs.fetch_baseline(needed), runs.years, runs.count)


test_patterns.__test__ = False  # type: ignore[attr-defined]  # not a test of this project


def evaluate(
    patterns: tuple[Pattern, ...],
    tests: Mapping[str, Test],
    values: Mapping[str, Floats],
    years: tuple[int, ...],
    runs: int,
) -> PatternVerdicts:
    """Evaluate parsed tests on values by outcome, each (runs, years)."""
    context = Context(lambda name, _label: values[name], years)
    verdicts = [tests[pattern.id].evaluate(context, runs) for pattern in patterns]
    empty = np.zeros((0, runs))
    return PatternVerdicts(
        patterns,
        np.stack([verdict.holds for verdict in verdicts]) if verdicts else empty.astype(np.int8),
        np.stack([verdict.distance for verdict in verdicts]) if verdicts else empty,
    )


def wilson(passed: int, tested: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Return the Wilson score interval of a share (Wilson 1927), 95 % by default; NaN when nothing was tested."""
    if tested == 0:
        return float("nan"), float("nan")
    share, square = passed / tested, z * z
    centre = (share + square / (2 * tested)) / (1 + square / tested)
    half = z / (1 + square / tested) * np.sqrt(share * (1 - share) / tested + square / (4 * tested**2))
    # At the corners the bound is the share itself; rounding must not put it on the wrong side.
    low = 0.0 if passed == 0 else max(0.0, float(centre - half))
    high = 1.0 if passed == tested else min(1.0, float(centre + half))
    return low, high


def pass_rate(holds: np.ndarray) -> PassRate:
    """Return the pass rate over runs of one pattern's verdicts (1, 0, -1)."""
    tested, passed = int((holds >= 0).sum()), int((holds == 1).sum())
    low, high = wilson(passed, tested)
    rate = passed / tested if tested else float("nan")
    return PassRate(rate, low, high, passed, tested, int((holds < 0).sum()))
