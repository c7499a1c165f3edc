"""A case: everything that is said of one system, checked, as one frozen object."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ConfigDict, Field

from qorgau.case.models import (
    Corridor,
    Destination,
    Frozen,
    Institution,
    Market,
    Measure,
    Network,
    PatronGroup,
    Place,
    Post,
    Service,
    Settings,
    State,
    Trade,
)
from qorgau.case.priors import ParameterPrior, Prior
from qorgau.case.series import Series
from qorgau.case.timeline import TimelineEntry
from qorgau.errors import InputError
from qorgau.evidence import EvidenceBase
from qorgau.model.mechanisms import Mechanism

__all__ = ["Case", "suggestion"]


def suggestion(name: str, known: list[str]) -> str:
    """Name what exists: the nearest names where some are near, else all of them."""
    near = get_close_matches(name, known, n=3, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(near) + "?"
    return "use one of " + ", ".join(known) if known else "there are none"


class Case(Frozen):
    """A loaded case. Copies are made by `with_values` and `without`; nothing is changed in place.

    Attributes
    ----------
    settings : Settings
        What ``case.yaml`` says.
    states, places, corridors, trades, markets, destinations, networks, patron_groups, posts, services,
    institutions, series, timeline, measures : tuple of rows
        In the order of their files, which is the order of the model's arrays.
    parameters : mapping of str to ParameterPrior
        By full name ``subsystem.name``.
    evidence : EvidenceBase
        Claims and sources, graded.
    pattern_claims : mapping of str to tuple of str
        Claims that each pattern of the case names, by its id.
    fixed : mapping of str to float
        Parameters that `with_values` has fixed.
    off : tuple of str
        Mechanisms that `without` has switched off, in lower case.
    folder : str
        Where it was read; not part of the content.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    settings: Settings
    states: tuple[State, ...]
    places: tuple[Place, ...]
    corridors: tuple[Corridor, ...]
    trades: tuple[Trade, ...]
    markets: tuple[Market, ...]
    destinations: tuple[Destination, ...]
    networks: tuple[Network, ...]
    patron_groups: tuple[PatronGroup, ...]
    posts: tuple[Post, ...]
    services: tuple[Service, ...]
    institutions: tuple[Institution, ...]
    series: tuple[Series, ...]
    timeline: tuple[TimelineEntry, ...]
    measures: tuple[Measure, ...]
    parameters: Mapping[str, ParameterPrior] = Field(repr=False)
    evidence: EvidenceBase = Field(repr=False)
    pattern_claims: Mapping[str, tuple[str, ...]] = Field(default_factory=dict, repr=False)
    fixed: Mapping[str, float] = Field(default_factory=dict)
    off: tuple[str, ...] = ()
    folder: str = ""

    @property
    def id(self) -> str:
        """Short name of the case."""
        return self.settings.id

    @property
    def title(self) -> str:
        """Title of the case."""
        return self.settings.title

    @property
    def pattern_ids(self) -> tuple[str, ...]:
        """Ids of the patterns that the case states."""
        return tuple(self.pattern_claims)

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of the counter-measures, the baseline among them, in file order."""
        return tuple(measure.id for measure in self.measures)

    @property
    def content(self) -> dict[str, Any]:
        """All that bears on a result as plain data: every file but the patterns, and what copies changed."""
        data = self.model_dump(mode="json", exclude={"evidence", "pattern_claims", "folder"}, by_alias=True)
        evidence = self.evidence
        data["claims"] = [claim.model_dump(mode="json", by_alias=True) for claim in evidence.claims]
        sources = sorted(evidence.sources.items())
        data["sources"] = {name: source.model_dump(mode="json", by_alias=True) for name, source in sources}
        data["policy"] = evidence.policy.model_dump(mode="json", by_alias=True)
        data["log"] = [entry.model_dump(mode="json", by_alias=True) for entry in evidence.log]
        return data

    @property
    def hash(self) -> str:
        """SHA-256 of `content` in canonical JSON (sorted keys, no spaces), 64 hexadecimal digits."""
        text = json.dumps(self.content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    def measure(self, policy: str) -> Measure:
        """Return one counter-measure by name.

        Raises
        ------
        InputError
            If the case has none of that name.
        """
        for measure in self.measures:
            if measure.id == policy:
                return measure
        raise InputError("policies", policy, "no such counter-measure", suggestion(policy, list(self.policies)))

    def with_values(self, values: Mapping[str, float]) -> Case:
        """Copy with parameters fixed, by full name, such as ``{"corruption.conformity": 0}``.

        A fixed parameter is not drawn; whether its claims are true no longer bears on it.

        Raises
        ------
        InputError
            If a name is no parameter of the case, or a value is not a finite number.
        """
        fixed = dict(self.fixed)
        for name, value in values.items():
            if name not in self.parameters:
                fix = suggestion(name, sorted(self.parameters))
                raise InputError("with_values", name, "no parameter of this case has that name", fix)
            try:
                number = float(value)
            except (TypeError, ValueError) as error:
                raise InputError("with_values", name, f"{value!r} is not a number", "give a number") from error
            if not abs(number) < float("inf"):
                raise InputError("with_values", name, f"{value!r} is not finite", "give a finite number")
            fixed[name] = number
        return self.model_copy(update={"fixed": dict(sorted(fixed.items()))})

    def without(self, *mechanisms: str) -> Case:
        """Copy with mechanisms switched off in every run, such as ``case.without("patronage")``.

        Raises
        ------
        InputError
            If the model has no mechanism of that name.
        """
        known = [mechanism.name.lower() for mechanism in Mechanism]
        off = set(self.off)
        for name in mechanisms:
            if name not in known:
                raise InputError("without", name, "no mechanism of the model has that name", suggestion(name, known))
            off.add(name)
        return self.model_copy(update={"off": tuple(name for name in known if name in off)})

    def prior(self, name: str) -> Prior:
        """Prior of a parameter, a fixed value where `with_values` has set one."""
        if name in self.fixed:
            return Prior(fixed=self.fixed[name])
        return self.parameters[name].prior
