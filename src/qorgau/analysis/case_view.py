"""What the analysis reads of a case: names, sources of claims, published figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qorgau.analysis.patterns import Pattern, load_patterns
from qorgau.analysis.records import Observed
from qorgau.analysis.thresholds import Thresholds, load_thresholds
from qorgau.analysis.validation import Validation, load_validation
from qorgau.case.case import Case
from qorgau.evidence import source_of_truth

__all__ = ["CaseView", "case_view", "published"]

_QUANTITIES: Mapping[str, str] = {
    "cases_prosecuted": "cases_prosecuted",
    "cpi_score": "perceived_corruption_score",
    "tip_tier": "tip_tier",
    "remittances_share": "remittances_share",
}
"""Outcome that a claim's quantity is a published reading of. Nothing is guessed from a name that is near."""

_BY_STATE = ("remittances_share",)
"""Outcomes that exist for each state only, the one in focus included."""

_LONGEST = 2 * 366
"""Days of the longest period that a figure may speak of and still be shown at one year, its last."""


@dataclass(frozen=True)
class CaseView:
    """The parts of a case that the analysis reads."""

    name: str
    title: str
    focus: str
    patterns: tuple[Pattern, ...]
    patterns_file: Path
    thresholds: Thresholds
    titles: Mapping[str, str]
    measure_claims: Mapping[str, tuple[str, ...]]
    source_of: Mapping[str, str]
    figure_claims: Mapping[str, tuple[str, ...]]
    place_labels: Mapping[str, str]
    corridor_ends: Mapping[str, tuple[str, str]]
    observed: Mapping[str, tuple[Observed, ...]]
    started: int
    not_for: str
    validation: Validation | None = None


def _outcome(name: str, entity: str, focus: str) -> str:
    """Return the outcome of a state; the one in focus has no ending."""
    return f"{name}_{entity}" if name in _BY_STATE or entity != focus else name


def _scale(unit: str) -> float:
    return 0.01 if "%" in unit or "percent" in unit.lower() else 1.0


def published(case: Case) -> dict[str, tuple[Observed, ...]]:
    """Return published figures by outcome: series kept to compare with, and claims that carry a figure.

    A series counts when its id is an outcome's name. Shares in percent are turned into shares of one. Figures of
    states other than the one in focus go to the outcome with their code.
    """
    focus = case.settings.focus
    found: dict[str, list[Observed]] = {}
    for series in case.series:
        if series.feeds is not None:
            continue
        scale = _scale(series.unit)
        for vintage in series.vintages:
            for entity, dated in vintage.values.items():
                name = _outcome(series.id, entity, focus)
                found.setdefault(name, []).extend(
                    Observed(int(year), float(value) * scale, vintage.source, vintage.vintage)
                    for year, value in dated.items()
                )
    for claim in case.evidence.claims:
        if not claim.quantity or claim.value is None or claim.kind != "figure" or claim.status == "retracted":
            continue
        if claim.quantity not in _QUANTITIES or claim.valid.days > _LONGEST:
            continue
        year = claim.valid.end.year
        name = _outcome(_QUANTITIES[claim.quantity], claim.entity or focus, focus)
        found.setdefault(name, []).append(
            Observed(year, float(claim.value) * _scale(claim.unit or ""), source_of_truth(claim), claim.id)
        )
    return {
        name: tuple(sorted(dict.fromkeys(points), key=lambda p: (p.year, p.source))) for name, points in found.items()
    }


def case_view(case: Case) -> CaseView:
    """Return what the analysis reads of a case, its patterns and cut-offs from its folder.

    Raises
    ------
    InputError
        When patterns, cut-offs or the table of validated readings are not well formed.
    """
    folder = Path(case.folder)
    patterns_file, thresholds_file = folder / "patterns.yaml", folder / "thresholds.yaml"
    states = {state.id: state.title for state in case.states}
    placed: dict[str, list[str]] = {}
    for claim in case.evidence.claims:
        for placement in claim.placement:
            kind, _, name = placement.where.partition(":")
            if kind == "measure":
                placed.setdefault(name, []).append(claim.id)
    measures = {
        measure.id: tuple(dict.fromkeys((
            *measure.claims, *(claim for lever in measure.levers for claim in placed.get(lever, ()))
        )))
        for measure in case.measures
    }
    sections = {
        f"{way}{a}_{b}": f"the {'air ways' if way else 'section'} {states[a]}–{states[b]}"
        for way in ("", "air_") for a in states for b in states if a != b
    }
    ends = {corridor.id: (corridor.start, corridor.end) for corridor in case.corridors}
    return CaseView(
        name=case.id, title=case.title, focus=states.get(case.settings.focus, case.settings.focus),
        patterns=load_patterns(patterns_file) if patterns_file.is_file() else (), patterns_file=patterns_file,
        thresholds=load_thresholds(thresholds_file) if thresholds_file.is_file() else Thresholds(),
        titles={measure.id: measure.title for measure in case.measures}, measure_claims=measures,
        source_of={claim.id: source_of_truth(claim) for claim in case.evidence.claims},
        figure_claims={name: tuple(prior.claims) for name, prior in case.parameters.items()},
        place_labels={**sections, **states, **{place.id: place.title for place in case.places}},
        corridor_ends={
            **{f"{name}a": pair for name, pair in ends.items()},
            **{f"{name}b": pair[::-1] for name, pair in ends.items()},
        },
        observed=published(case), started=int(case.settings.policy_start[:4]), not_for=case.settings.not_for,
        validation=load_validation(folder / "validation.yaml") if (folder / "validation.yaml").is_file() else None,
    )
