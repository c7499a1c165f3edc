"""What all sections share: the records, the case, the names of things, the line under a figure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from markupsafe import Markup

from qorgau.analysis.records import Analysis
from qorgau.analysis.thresholds import Thresholds, load_thresholds
from qorgau.analysis.words import label_of
from qorgau.case.case import Case
from qorgau.case.timeline import dates
from qorgau.evidence import claim_marginals
from qorgau.report.figures.figure import Source
from qorgau.report.figures.history import Mark
from qorgau.report.geography import Outlines, load_outlines
from qorgau.report.text import lower_first, with_links

__all__ = ["Context", "Event", "context_of"]

_MOST_EVENTS = 9


@dataclass(frozen=True)
class Event:
    """An event as the key under the charts names it."""

    mark: Mark
    year: int
    title: str
    claims: tuple[str, ...]


@dataclass(frozen=True)
class Context:
    """Records, case and manifest of one report."""

    analysis: Analysis
    case: Case
    manifest: Mapping[str, Any]
    thresholds: Thresholds
    outlines: Outlines = field(repr=False)

    @cached_property
    def claims(self) -> Mapping[str, Any]:
        """Claims of the case by id."""
        return {claim.id: claim for claim in self.case.evidence.claims}

    @cached_property
    def patterns(self) -> frozenset[str]:
        """Ids of the patterns, which are anchors too."""
        return frozenset(p.id for p in self.analysis.matching.patterns) - frozenset(self.claims)

    def linked(self, text: str) -> Markup:
        """Return text, escaped, in which claims and patterns are links."""
        return with_links(text, self.claims, self.patterns)

    def outcome(self, outcome: str, label: str = "") -> str:
        """Label of an outcome, with names of states and places for their codes."""
        text = label or label_of(outcome).text
        for state in self.case.states:
            text = re.sub(rf",? \b{state.id}\b", f", {_short(state.title)}", text)
        for place in self.case.places:
            text = re.sub(rf" {place.id}$", f", {place.title}", text)
        return text[:1].upper() + text[1:]

    @cached_property
    def marginals(self) -> Mapping[str, float]:
        """Probability that each claim holds, by its grade."""
        claims = self.case.evidence.claims
        values = claim_marginals(claims, self.case.evidence.policy)
        return {claim.id: float(p) for claim, p in zip(claims, values)}

    @cached_property
    def policies(self) -> Mapping[str, str]:
        """Labels of the counter-measures by name."""
        compared = self.analysis.comparison
        given = {m.policy: m.label for m in (*compared.measures, *compared.unranked)}
        return {**{m.id: m.title for m in self.case.measures}, **given}

    def policy(self, name: str) -> str:
        """Label of a counter-measure."""
        return self.policies.get(name, name.replace("_", " "))

    @property
    def used(self) -> int:
        """Number of draws that advice is given over."""
        return self.analysis.comparison.runs

    @property
    def draws(self) -> str:
        """How the draws are named under a figure."""
        matching = self.analysis.matching
        if matching.waves:
            return f"{self.used:,} matched draws of a set of {matching.kept_runs:,}"
        if matching.advice == "matched":
            return f"{self.used:,} of {matching.drawn:,} draws, those not ruled out"
        return f"{self.used:,} draws, none set aside"

    def source(self, *claims: str, data: Iterable[str] = (), note: str = "", draws: str | None = None) -> Source:
        """Line under a figure; claims that the case does not hold are left out."""
        held = tuple(dict.fromkeys(c for c in claims if c in self.claims))
        return Source(self.draws if draws is None else draws, tuple(data), held, note)

    def lower(self, policy: str) -> str:
        """Label of a counter-measure inside a sentence."""
        return lower_first(self.policy(policy))

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """Events of the time line that act in the model, numbered, in the years that are shown."""
        first, last = self.case.settings.first_year, self.case.settings.last_year
        when = dates(self.case.timeline)
        found: dict[str, list[Any]] = {}
        for entry in self.case.timeline:
            if entry.event is not None and entry.kind == "event" and first <= int(when[entry.id][:4]) <= last:
                found.setdefault(when[entry.id], []).append(entry)
        made = []
        for number, (date, entries) in enumerate(sorted(found.items())[:_MOST_EVENTS], 1):
            at = int(date[:4]) + (int(date[5:7]) - 1) / 12
            claims = tuple(dict.fromkeys(c for e in entries for c in e.claims))
            made.append(Event(Mark(number, at), int(date[:4]), _titles([e.title for e in entries]), claims))
        return tuple(made)


def _short(title: str) -> str:
    """Return a state's name without what is said of its part in the model."""
    return title.split(" (")[0].split(",")[0]


def _titles(titles: list[str]) -> str:
    more = f"; {len(titles) - 2} more" if len(titles) > 2 else ""
    return "; ".join(titles[:2]) + more


def context_of(analysis: Analysis, case: Case, manifest: Mapping[str, Any] | None) -> Context:
    """Gather what the sections need; cut-offs come from the case's own table."""
    path = Path(case.folder) / "thresholds.yaml"
    table = load_thresholds(path) if case.folder and path.is_file() else Thresholds()
    return Context(analysis, case, dict(manifest or {}), table, load_outlines())
