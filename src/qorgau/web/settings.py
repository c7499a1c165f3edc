"""A setting of the levers: as asked for over the API, checked, and as a policy of the model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qorgau.ensemble.policies import Catalogue, Choice, Part, Plan, plan_of
from qorgau.errors import InputError

__all__ = ["MOST_RUNS", "Lever", "Setting", "setting_of"]

MOST_RUNS = 512
"""Most draws of one session: their baselines are held in memory, about 1.5 MB each."""

_KEYS = ("levers", "runs")
_LEVER_KEYS = ("intensity", "start")
_WHERE = "POST /api/runs"


@dataclass(frozen=True)
class Lever:
    """One measure, its intensity above 0 and at most 1, and the year from whose January it acts."""

    measure: str
    intensity: float
    start: int


@dataclass(frozen=True)
class Setting:
    """Levers in the case's order; none of them is the baseline."""

    levers: tuple[Lever, ...]

    @property
    def key(self) -> str:
        """Name of the setting: the same levers have the same one."""
        text = json.dumps([[lever.measure, lever.intensity, lever.start] for lever in self.levers])
        return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]

    def plan(self, catalogue: Catalogue) -> Plan:
        """Return the baseline and this setting as arrays for the model."""
        parts = tuple(Part(lever.measure, lever.intensity, str(lever.start)) for lever in self.levers)
        return plan_of([Choice("setting", parts)], catalogue)

    def label(self, titles: Mapping[str, str], usual_start: int) -> str:
        """Return the setting in words; what is usual, full strength from the usual year, is not said."""
        said = []
        for lever in self.levers:
            text = titles.get(lever.measure, lever.measure)
            if lever.intensity < 1:
                text += f" {100 * lever.intensity:.0f} %"
            if lever.start != usual_start:
                text += f" from {lever.start}"
            said.append(text)
        return " + ".join(said) or "Baseline"


def setting_of(
    body: Any, catalogue: Catalogue, years: tuple[int, int], usual_start: int, runs: int
) -> tuple[Setting, int]:
    """Read a request for runs.

    Parameters
    ----------
    body
        Decoded JSON: ``{"levers": {measure: {"intensity": 0..1, "start": year}}, "runs": number}``; intensity is 1,
        start the case's own and runs the session's where they are left out.
    catalogue
        The counter-measures of the case.
    years
        First and last year in which a measure may start.
    usual_start
        Year in which measures start unless the request says otherwise.
    runs
        Number of draws unless the request says otherwise.

    Returns
    -------
    setting, runs

    Raises
    ------
    InputError
        If anything is missing, unknown or out of range; the message names it and says how to mend it.
    """
    if not isinstance(body, dict):
        raise InputError(_WHERE, "", "the body is not a JSON object", 'send {"levers": {...}}')
    _known(body, _KEYS, "")
    levers = body.get("levers")
    if not isinstance(levers, dict):
        raise InputError(_WHERE, "levers", "is missing or not an object", 'send {"levers": {"outreach": {}}}')
    names = [name for name in catalogue.names if catalogue.measure(name).levers]
    found = []
    for name, lever in levers.items():
        if name not in names:
            raise InputError(_WHERE, f"levers.{name}", "no such counter-measure", f"use one of {', '.join(names)}")
        if not isinstance(lever, dict):
            raise InputError(_WHERE, f"levers.{name}", "is not an object", 'write {"intensity": 0.5, "start": 2015}')
        _known(lever, _LEVER_KEYS, f"levers.{name}")
        intensity = _number(lever.get("intensity", 1.0), f"levers.{name}.intensity", 0.0, 1.0)
        start = _whole(lever.get("start", usual_start), f"levers.{name}.start", *years)
        if intensity > 0:
            found.append(Lever(name, round(intensity, 3), start))
    if not found:
        raise InputError(
            _WHERE, "levers", "no measure is on, which is the baseline itself", "give one an intensity above 0"
        )
    count = _whole(body.get("runs", runs), "runs", 2, MOST_RUNS)
    return Setting(tuple(sorted(found, key=lambda lever: names.index(lever.measure)))), count


def _known(given: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in given:
        if key not in keys:
            path = f"{where}.{key}" if where else key
            raise InputError(_WHERE, path, "no such key", f"leave it out, or use one of {', '.join(keys)}")


def _number(value: Any, key: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise InputError(_WHERE, key, f"{value!r} is not a number from {low:g} to {high:g}", "send one that is")
    return float(value)


def _whole(value: Any, key: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(_WHERE, key, f"{value!r} is not a whole number from {low} to {high}", "send one that is")
    return value
