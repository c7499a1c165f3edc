"""How the system developed: the baseline by the year, in groups of small charts on one design."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from qorgau.analysis.history import NETWORK_SHARE
from qorgau.analysis.records import Band
from qorgau.report.figures.figure import Figure, Panel, Table
from qorgau.report.figures.history import history_panel, shown_band, unit_for
from qorgau.report.text import count_of_people, joined, lower_first
from qorgau.report.views.context import Context
from qorgau.report.views.forecast import forecast_view

__all__ = ["history_figures", "history_view"]

_PLURAL = {"People", "Organisations", "Cases", "Opiates", "Children", "Officials"}
_NETWORK = "organisations_active_"
_BY_NETWORK = ("networks", "shares")
"""Groups with a panel for each network: all on one axis, so that they can be compared, and with the label's caveat."""


def _starts(*prefixes: str) -> Callable[[str], bool]:
    return lambda outcome: outcome.startswith(prefixes)


_GROUPS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    (
        "people",
        "People and the state's answer",
        _starts("people_", "months_exploited", "cases_", "tip_tier", "measures_", "attention"),
    ),
    ("networks", "Organisations by network", _starts(_NETWORK)),
    ("shares", "Share of all opiates carried by the organisations under each label", _starts(NETWORK_SHARE)),
    ("opiates", "Opiates and organisations", _starts("opiate", "active_", "organisations_", "route_")),
    (
        "officials",
        "Officials, protection and money sent home",
        _starts(
            "officials_",
            "perceived_corruption",
            "bribes_",
            "rents_",
            "protection_",
            "posts_",
            "governor_",
            "salience",
            "remittances_",
            "departures_",
        ),
    ),
)
_ORDER = ("people", "opiates", "networks", "shares", "officials", "rest")


def _label(context: Context, band: Band) -> str:
    for prefix in (_NETWORK, NETWORK_SHARE):
        if band.outcome.startswith(prefix):
            network = band.outcome.removeprefix(prefix)
            return next((n.title for n in context.case.networks if n.id == network), band.label)
    return context.outcome(band.outcome, band.label)


def _claims(context: Context, outcome: str) -> tuple[str, ...]:
    """Return claims placed on the outcome, else those of patterns that test it."""
    placed = tuple(
        c.id for c in context.case.evidence.claims if any(p.where == f"outcome:{outcome}" for p in c.placement)
    )
    tested = tuple(claim for p in context.analysis.matching.patterns if outcome in p.test for claim in p.claims)
    return tuple(dict.fromkeys((*placed, *tested)))[:4]


def _ends(band: Band) -> tuple[float, float]:
    held = [v for v in band.median if math.isfinite(v)]
    return (held[0], held[-1]) if held else (math.nan, math.nan)


def _finding(context: Context, bands: Sequence[Band]) -> str:
    """Return which lines rise and which fall over the years, said of the medians."""
    rise: list[str] = []
    fall: list[str] = []
    flat: list[str] = []
    said: list[str] = []
    proper = {word for state in context.case.states for word in state.title.split()}
    for band in bands:
        first, last = _ends(band)
        if not (math.isfinite(first) and math.isfinite(last)):
            continue
        size = max(abs(first), abs(last), 1e-12)
        name = _label(context, band)
        (flat if abs(last - first) < 0.1 * size else rise if last > first else fall).append(name)
    for many, one, names in (
        ("rise", "rises", rise),
        ("fall", "falls", fall),
        ("end where they began", "ends where it began", flat),
    ):
        if names:
            keep = 0 if said else 1
            shown = [n if k < keep or re.split("[ -]", n)[0] in proper else lower_first(n) for k, n in enumerate(names)]
            some = joined(shown) if len(shown) <= 3 else f"{', '.join(shown[:2])} and {len(shown) - 2} more"
            more = len(names) > 1 or names[0].split(" ")[0] in _PLURAL or names[0].endswith(" organisations")
            said.append(f"{some} {many if more else one}")
    return "; ".join(said) or "Nothing is known of these outcomes"


def _table(context: Context, bands: Sequence[Band]) -> Table:
    """Return decades of each band and its published figures; small published counts of people are withheld."""
    years = sorted({y for band in bands for y in band.years})
    chosen = [y for y in years if y % 10 == 0 or y in (years[0], years[-1])] if years else []
    under = context.thresholds.suppression.under
    rows = []
    for band in bands:
        shown = shown_band(band)
        place = {y: i for i, y in enumerate(band.years)}
        cells = []
        for year in chosen:
            i = place.get(year)
            if i is None or not math.isfinite(band.median[i]):
                cells.append("–")
                continue
            half = (band.low90[i] * shown.factor, band.high90[i] * shown.factor)
            cells.append(f"{_number(band.median[i] * shown.factor)} ({_number(half[0])} to {_number(half[1])})")
        rows.append((f"{_label(context, band)}, {shown.unit}".rstrip(", "), *cells))
        if band.observed:
            people = band.unit.startswith("persons")
            said = "; ".join(
                f"{p.year}: {count_of_people(p.value, True, under) if people else _number(p.value * shown.factor)}"
                for p in band.observed
            )
            inside = (
                f"; {100 * band.observed_inside:.0f} % of them in the 90 % band"
                if math.isfinite(band.observed_inside)
                else ""
            )
            rows.append((f"  published: {said}{inside}", *([""] * len(chosen))))
    return Table(("Median (90 %)", *(str(y) for y in chosen)), tuple(rows))


def _number(value: float) -> str:
    from qorgau.analysis.words import shown

    return shown(value) if abs(value) < 100 else shown(value, 0.0, abs(value))


def history_figures(context: Context) -> tuple[Figure, ...]:
    """Return one figure for each group of outcomes that has any."""
    bands = [b for b in context.analysis.history.bands if any(math.isfinite(v) for v in b.median)]
    groups: list[tuple[str, str, list[Band]]] = []
    rest = list(bands)
    for name, title, belongs in _GROUPS:
        groups.append((name, title, [b for b in rest if belongs(b.outcome)]))
        rest = [b for b in rest if not belongs(b.outcome)]
    groups.append(("rest", "Other outcomes", rest))
    groups.sort(key=lambda group: _ORDER.index(group[0]))
    return tuple(_figure(context, name, title, held) for name, title, held in groups if held)


def _figure(context: Context, name: str, title: str, bands: Sequence[Band]) -> Figure:
    marks = [event.mark for event in context.events]
    under = context.thresholds.suppression.under
    top = None
    if name in _BY_NETWORK:
        top = max((v for b in bands for v in b.high90 if math.isfinite(v)), default=None)
    panels = []
    for band in bands:
        shown = shown_band(band) if top is None else unit_for(band.unit, top)
        label = _label(context, band)
        panels.append(
            Panel(
                f"h-{band.outcome}",
                history_panel(band, marks, under=under, top=top),
                title=label,
                subtitle=_unit(shown.unit),
                claims=_claims(context, band.outcome),
                description="Line: median. Bands: 50 % and 90 % of draws. Hollow dots: published figures. "
                "Dashed lines: events by number.",
            )
        )
    published: dict[str, list[str]] = {}
    for band in bands:
        for p in band.observed:
            published.setdefault(_source_name(context, p.source), []).append(p.note)
    caveat: tuple[str, ...] = ()
    if name in _BY_NETWORK:
        caveat = tuple(dict.fromkeys(c for n in context.case.networks for c in n.label_caveat))
    return Figure(
        f"history-{name}",
        _finding(context, bands),
        f"{title}, baseline, {context.analysis.focus} unless it says otherwise. Line: median; bands: 50 % and 90 % of "
        "draws; hollow dots: published figures.",
        tuple(panels),
        _table(context, bands),
        context.source(
            *(c for p in panels for c in p.claims),
            *caveat,
            data=[_vintage(context, name, notes) for name, notes in sorted(published.items())],
            note="Names of networks are the sources' own and disputed; they predict no person's conduct."
            if caveat
            else "",
        ),
        columns=3,
    )


def _unit(unit: str) -> str:
    if unit in ("%", "share"):
        return "%"
    return unit or "number"


def _source_name(context: Context, source: str) -> str:
    held = context.case.evidence.sources.get(source)
    return held.label if held is not None else source


def _vintage(context: Context, name: str, notes: Sequence[str]) -> str:
    """Return a publisher with the vintages, or with the claims that quote it."""
    once = list(dict.fromkeys(note for note in notes if note))
    quoted = [note for note in once if note in context.claims]
    vintages = [note for note in once if note not in context.claims]
    said = ([f"vintage {joined(vintages)}"] if vintages else []) + (
        [f"as quoted in {joined(quoted)}"] if quoted else []
    )
    return f"{name} ({'; '.join(said)})" if said else name


def history_view(context: Context) -> dict[str, Any]:
    """Return the section on how the system developed."""
    history = context.analysis.history
    years = [y for b in history.bands for y in b.years]
    span = f"{min(years)}–{max(years)}" if years else ""
    inside = [b for b in history.bands if math.isfinite(b.observed_inside)]
    published = sum(len(b.observed) for b in inside)
    within = sum(b.observed_inside * len(b.observed) for b in inside)
    figures = history_figures(context)
    return {
        "span": span,
        "figures": figures,
        "events": context.events if figures else (),
        "forecast": forecast_view(context),
        "intro": (
            "The model is not fitted to these lines. It starts before 1991 from the claims and runs forward; hollow "
            "dots are what was published, for comparison."
            + (f" {within:.0f} of {published} published figures lie inside the 90 % band." if published else "")
        )
        if figures
        else "These results hold no history.",
    }
