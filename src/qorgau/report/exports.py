"""Tables and figures for use elsewhere: CSV and Parquet, and stand-alone SVG files."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc

from qorgau.analysis.forecast import forecast_table
from qorgau.analysis.record import Interval
from qorgau.analysis.records import Analysis, Effect
from qorgau.case.case import Case
from qorgau.ensemble.files import parquet_bytes, write_atomically
from qorgau.errors import InputError
from qorgau.report.figures.figure import Figure
from qorgau.report.render import plain_svg
from qorgau.report.views.context import Context, context_of
from qorgau.report.views.displacement import map_figure, moving_policy
from qorgau.report.views.forecast import forecast_figures
from qorgau.report.views.history import history_figures
from qorgau.report.views.measures import cost_figure
from qorgau.report.views.patterns import knockout_figure, learned_figure

__all__ = ["all_figures", "export_figures", "export_tables", "tables_of"]

_FORMATS = ("csv", "parquet")


def _flat(prefix: str, item: Interval) -> dict[str, float]:
    return {
        f"{prefix}_median": item.median,
        f"{prefix}_low50": item.low50,
        f"{prefix}_high50": item.high50,
        f"{prefix}_low90": item.low90,
        f"{prefix}_high90": item.high90,
    }


def _effect(policy: str, e: Effect) -> dict[str, Any]:
    return {
        "policy": policy,
        "outcome": e.outcome,
        "label": e.label,
        "unit": e.unit,
        **_flat("baseline", e.baseline),
        **_flat("difference", e.difference),
        **_flat("percent", e.percent),
        "p_fewer": e.p_fewer,
        "word": e.word,
    }


def tables_of(analysis: Analysis, case: Case) -> dict[str, list[Mapping[str, Any]]]:
    """Return the main tables as rows, by name.

    Published counts of people below the case's threshold are left out of ``history_published``.
    """
    compared, trace, matching = analysis.comparison, analysis.trace, analysis.matching
    under = context_of(analysis, case, None).thresholds.suppression.under
    measures = (*compared.measures, *compared.unranked)
    return {
        "measures": [
            {
                "policy": m.policy,
                "label": m.label,
                "rank": m.rank,
                "claims": " ".join(m.claims),
                **_flat("cost_usd_year", m.cost_usd_year),
                "regret": m.regret,
                "best_in": m.best_in,
                "near_best_in": m.near_best_in,
                "dominated_by": " ".join(m.dominated_by),
            }
            for m in measures
        ],
        "effects": [_effect(m.policy, e) for m in measures for e in m.effects],
        "displacement": [
            {
                "policy": r.policy,
                "kind": r.kind,
                "place": r.place,
                "label": r.label,
                "what": r.what,
                "unit": r.unit,
                **_flat("baseline", r.baseline),
                **_flat("difference", r.difference),
                **_flat("percent", r.percent),
                "p_more": r.p_more,
                "word": r.word,
            }
            for r in compared.displacement
        ],
        "patterns": [
            {
                "id": p.id,
                "claims": " ".join(p.claims),
                "kind": p.kind,
                "statement": p.statement,
                "test": p.test,
                "verdict": p.verdict,
                "verdict_prior": p.verdict_prior,
                "prior": p.prior.rate,
                "matched": p.matched.rate,
                "matched_low": p.matched.low,
                "matched_high": p.matched.high,
                "left_out": p.left_out.rate,
            }
            for p in matching.patterns
        ],
        "claims_value": [
            {
                "claim": c.claim,
                "source": c.source,
                "p": c.p,
                "evppi": c.evppi,
                "se": c.se,
                "hinge": c.hinge,
                "tips_at": c.tips_at,
                "best_now": c.best_now,
                "best_if_true": c.best_if_true,
                "best_if_false": c.best_if_false,
                "unit": trace.utility_unit,
            }
            for c in trace.claims
        ],
        "sources_value": [
            {
                "source": s.source,
                "claims": " ".join(s.claims),
                "evii": s.evii,
                "se": s.se,
                "accuracy": s.accuracy,
                "hinges": " ".join(s.hinges),
                "unit": trace.utility_unit,
            }
            for s in trace.sources
        ],
        "history": [
            {
                "outcome": b.outcome,
                "label": b.label,
                "unit": b.unit,
                "year": year,
                "median": b.median[i],
                "low50": b.low50[i],
                "high50": b.high50[i],
                "low90": b.low90[i],
                "high90": b.high90[i],
            }
            for b in analysis.history.bands
            for i, year in enumerate(b.years)
        ],
        "history_published": [
            {"outcome": b.outcome, "year": p.year, "value": p.value, "source": p.source, "note": p.note}
            for b in analysis.history.bands
            for p in b.observed
            if not (b.unit.startswith("persons") and 0 < p.value < under)
        ],
        "forecast": forecast_table(analysis.forecast, under).to_pylist() if analysis.forecast is not None else [],
        "forecast_scores": [
            {
                "outcome": f.outcome,
                "label": f.label,
                "unit": f.unit,
                "relative_width90": f.relative_width,
                "width": f.width,
                "width_over_prior": f.narrowed,
                "readings": len(f.points),
                "inside50": f.inside50,
                "inside90": f.inside90,
                "crps": f.crps,
                "score50": f.score50,
                "score90": f.score90,
                "naive": f.naive,
                "naive_crps": f.naive_crps,
                "naive_score50": f.naive_score50,
                "naive_score90": f.naive_score90,
                "skill": f.skill,
            }
            for f in (analysis.forecast.indicators if analysis.forecast is not None else ())
        ],
        "narrowed": [
            {
                "name": n.name,
                "kind": n.kind,
                "prior_mean": n.prior_mean,
                "prior_sd": n.prior_sd,
                "matched_mean": n.matched_mean,
                "matched_sd": n.matched_sd,
                "moved": n.moved,
            }
            for n in matching.narrowed
        ],
        "knockouts": [
            {
                "mechanism": k.mechanism,
                "outcome": k.outcome,
                "effect": k.effect,
                "mean_absolute": k.mean_absolute,
                "se": k.se,
                "above_tenth": k.above_tenth,
            }
            for k in analysis.knockouts.effects
        ],
        "knockout_patterns": [
            {
                "mechanism": k.mechanism,
                "pattern": k.pattern,
                "verdict": k.verdict,
                "with_rate": k.with_rate,
                "without_rate": k.without_rate,
            }
            for k in analysis.knockouts.patterns
        ],
        "evidence": [
            {
                "id": c.id,
                "statement": c.statement,
                "kind": c.kind,
                "subsystem": c.subsystem,
                "page": c.page,
                "source": c.source,
                "cites": " ".join(c.cites),
                "grade": c.grade,
                "status": c.status,
                "placement": " ".join(f"{p.role}={p.where}" for p in c.placement),
            }
            for c in case.evidence.claims
        ],
    }


def export_tables(
    analysis: Analysis, case: Case, folder: str | os.PathLike[str], formats: Sequence[str] = _FORMATS
) -> list[Path]:
    """Write the main tables, each as CSV and Parquet; empty ones are left out.

    Raises
    ------
    InputError
        If a format is not known, or the folder cannot be written.
    """
    for name in formats:
        if name not in _FORMATS:
            raise InputError("export", name, "no such format", f"use {' or '.join(_FORMATS)}")
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for name, rows in tables_of(analysis, case).items():
        if not rows:
            continue
        table = pa.Table.from_pylist([dict(row) for row in rows])
        for form in formats:
            path = target / f"{name}.{form}"
            write_atomically(path, parquet_bytes(table) if form == "parquet" else _csv(table))
            written.append(path)
    return written


def _csv(table: pa.Table) -> bytes:
    # Texts that a spreadsheet would take for a formula are made plain text.
    columns = [
        pa.array([_plain(v) for v in column.to_pylist()], pa.string()) if pa.types.is_string(column.type) else column
        for column in table.columns
    ]
    sink = io.BytesIO()
    pc.write_csv(pa.table(dict(zip(table.column_names, columns))), sink)
    return sink.getvalue()


def _plain(text: str | None) -> str | None:
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text


def all_figures(context: Context) -> Iterable[Figure]:
    """Yield every drawn figure of the report."""
    policy = moving_policy(context)
    found = [
        cost_figure(context),
        map_figure(context, policy) if policy else None,
        *history_figures(context),
        *forecast_figures(context),
        knockout_figure(context),
        learned_figure(context),
    ]
    return [figure for figure in found if figure is not None]


def export_figures(analysis: Analysis, case: Case, folder: str | os.PathLike[str]) -> list[Path]:
    """Write every figure as a stand-alone SVG file in the light colours.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for figure in all_figures(context_of(analysis, case, None)):
        for panel in figure.panels:
            path = target / f"{re.sub(r'[^0-9A-Za-z_-]', '-', panel.name)}.svg"
            write_atomically(path, plain_svg(panel.wide).encode("utf-8"))
            written.append(path)
    return written
