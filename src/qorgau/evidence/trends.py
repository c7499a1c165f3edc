"""Whether the figures at hand agree with what a claim asserts about them.

A claim says in `asserts` that a quantity rises or falls, or that one entity grew most or stands highest.
The figures are those of other claims with the same `quantity`, by `entity`, in order of time. Only figures
inside the period of the asserting claim count. A count of a year that was not over when its source was
written is compared a second time as a yearly rate.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qorgau.evidence.grading import is_part_year
from qorgau.evidence.models import Assertion, Claim, EvidenceBase, Source

__all__ = ["Disagreement", "Point", "annual_rate", "disagreements", "points"]


@dataclass(frozen=True)
class Point:
    """One figure: its claim, the middle of its period as a decimal year, its value, its value as a rate."""

    claim: str
    time: float
    value: float
    rate: float


@dataclass(frozen=True)
class Disagreement:
    """An assertion that figures contradict: the figures' claims, in words why, and if only as a yearly rate."""

    claims: tuple[str, ...]
    message: str
    only_as_rate: bool = False


def annual_rate(claim: Claim, source: Source) -> float | None:
    """Return the yearly rate of a count whose period was not over at the date of its source, else None."""
    known = source.known_until
    if claim.value is None or known is None or not is_part_year(claim, source):
        return None
    return claim.value / claim.valid.share_before(known.end)


def points(evidence: EvidenceBase, assertion: Assertion, within: Claim) -> dict[str, list[Point]]:
    """Return the figures that an assertion is about, by entity, in order of time (two or more each)."""
    series: dict[str, list[Point]] = {}
    for claim in evidence.claims:
        if claim.id == within.id or claim.status == "retracted" or claim.quantity != assertion.quantity:
            continue
        if claim.value is None or not claim.valid.overlaps(within.valid):
            continue
        scale = claim.out_of if assertion.per_out_of else 1.0
        if not scale:
            continue
        cited = evidence.sources[evidence.source_of(claim)]
        rate = annual_rate(claim, cited)
        value = claim.value / scale
        point = Point(claim.id, claim.valid.middle, value, value if rate is None else rate / scale)
        series.setdefault(claim.entity or "", []).append(point)
    ordered = {entity: sorted(found, key=lambda point: point.time) for entity, found in series.items()}
    return {entity: found for entity, found in ordered.items() if len(found) > 1}


def disagreements(evidence: EvidenceBase, claim: Claim) -> list[Disagreement]:
    """Return what the figures at hand hold against the assertions of a claim."""
    found: list[Disagreement] = []
    for assertion in claim.asserts:
        series = points(evidence, assertion, claim)
        if assertion.shape in ("rises", "falls"):
            mine = {e: p for e, p in series.items() if assertion.entity in (None, e)}
            found += _against_trend(assertion, mine)
        elif assertion.entity in series:
            found += _against_superlative(assertion, series)
    return found


def _agrees(values: Sequence[float], shape: str) -> bool:
    pairs = list(itertools.pairwise(values))
    return all(after > before for before, after in pairs) if shape == "rises" else all(a < b for b, a in pairs)


def _against_trend(assertion: Assertion, series: Mapping[str, list[Point]]) -> list[Disagreement]:
    word = "rises" if assertion.shape == "rises" else "falls"
    found: list[Disagreement] = []
    against = {e: p for e, p in series.items() if not _agrees([q.value for q in p], assertion.shape)}
    if against:
        told = "; ".join(f"{entity or 'figures'} {_run(found_points)}" for entity, found_points in against.items())
        ids = tuple(point.claim for found_points in against.values() for point in found_points)
        found.append(
            Disagreement(
                ids, f"says that {_name(assertion)} {word} throughout, but in {len(against)} of {len(series)}: {told}"
            )
        )
    as_rate = {
        e: p for e, p in series.items() if e not in against and not _agrees([q.rate for q in p], assertion.shape)
    }
    for entity, found_points in as_rate.items():
        told = ", ".join(_number(point.rate) for point in found_points)
        message = f"says that {_name(assertion)} {word}, but as yearly rates ({entity or 'figures'} {told}) it does not"
        found.append(Disagreement(tuple(point.claim for point in found_points), message, only_as_rate=True))
    return found


def _against_superlative(assertion: Assertion, series: Mapping[str, list[Point]]) -> list[Disagreement]:
    entity = assertion.entity or ""
    mine = series[entity]
    growth = assertion.shape == "grows_most"
    # Like is compared with like: only entities whose figures start and end when the entity's own do.
    span = (mine[0].time, mine[-1].time)
    size = {
        name: (found[-1].value / found[0].value if growth else found[-1].value)
        for name, found in series.items()
        if (found[0].time, found[-1].time) == span and (not growth or found[0].value > 0)
    }
    better = {name: value for name, value in size.items() if value > size.get(entity, float("inf"))}
    if not better:
        return []
    what = "grew most" if growth else "stands highest"
    unit = " times" if growth else ""
    ranked = sorted(better.items(), key=lambda item: -item[1])
    told = ", ".join(f"{name} {_number(value)}{unit}" for name, value in ranked)
    ids = tuple(point.claim for name in [entity, *better] for point in (series[name][0], series[name][-1]))
    years = f"from {int(span[0])} to {int(span[1])}" if growth else f"in {int(span[1])}"
    own = f"{_number(size[entity])}{unit}"
    return [Disagreement(ids, f"says that {entity} {what} in {_name(assertion)}, but {years} {told} against {own}")]


def _name(assertion: Assertion) -> str:
    name = assertion.quantity.replace("_", " ")
    return f"{name} as a share of those ranked" if assertion.per_out_of else name


def _run(found: Sequence[Point]) -> str:
    return ", ".join(_number(point.value) for point in found)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
