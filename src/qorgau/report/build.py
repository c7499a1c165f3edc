"""The report: one HTML file that opens offline and asks for nothing."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from qorgau import __version__
from qorgau.analysis.records import Analysis
from qorgau.case.case import Case
from qorgau.ensemble.files import write_atomically
from qorgau.report.exports import export_figures, export_tables
from qorgau.report.figures.figure import Panel
from qorgau.report.render import inline_svg
from qorgau.report.text import claim_links
from qorgau.report.theme import DARK, DIRECTIONS, LIGHT, css_tokens
from qorgau.report.views.answer import answer_view
from qorgau.report.views.context import Context, context_of
from qorgau.report.views.displacement import displacement_view
from qorgau.report.views.evidence import evidence_view
from qorgau.report.views.history import history_view
from qorgau.report.views.measures import measures_view
from qorgau.report.views.method import facts, method_view
from qorgau.report.views.patterns import patterns_view
from qorgau.report.views.trace import trace_view

__all__ = ["build_report", "render_report"]

SECTIONS: tuple[tuple[str, str], ...] = (
    ("answer", "The answer"),
    ("helps", "What helps most"),
    ("moves", "Where harm moves"),
    ("developed", "How it developed"),
    ("together", "Does it hang together"),
    ("hangs", "What the advice hangs on"),
    ("evidence", "The evidence"),
    ("method", "Method and limits"),
)
"""Anchor and name of each section, in order."""


def build_report(
    analysis: Analysis,
    case: Case,
    results_manifest: Mapping[str, Any] | None,
    out: str | os.PathLike[str],
    *,
    tables: bool = False,
    figures: bool = False,
) -> Path:
    """Write the report.

    Parameters
    ----------
    analysis
        All of the analysis.
    case
        The case that it is of.
    results_manifest
        What made the results (`Results.manifest`), or None when that is not on record.
    out
        The file to write, ending in ``.html``, or a folder in which it is called ``report.html``.
    tables, figures
        Also write the main tables to ``tables/`` and the figures to ``figures/`` beside the report.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    InputError
        If it cannot be written; then the one that was there before is as it was.
    """
    path = Path(out)
    if path.suffix.lower() not in (".html", ".htm"):
        path = path / "report.html"
    context = context_of(analysis, case, results_manifest)
    page = render_report(context)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, page.encode("utf-8"))
    if tables:
        export_tables(analysis, case, path.parent / "tables")
    if figures:
        export_figures(analysis, case, path.parent / "figures")
    return path


def render_report(context: Context) -> str:
    """Return the report as HTML."""
    folder = files("qorgau.report") / "templates"
    script = _lines((folder / "report.js").read_text(encoding="utf-8"))
    style = (folder / "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    environment = _environment(context)
    page = environment.get_template("report.html.j2").render(
        sections=SECTIONS,
        style=Markup(
            _pressed(
                f":root{{color-scheme:light dark;{css_tokens(LIGHT)}}}"
                f"@media screen and (prefers-color-scheme:dark){{:root{{{css_tokens(DARK)}}}}}{style}"
            )
        ),
        script=Markup(script),
        policy=f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'",
        version=__version__,
        case=context.case,
        analysis=context.analysis,
        facts=facts(context),
        answer=answer_view(context),
        measures=measures_view(context),
        moves=displacement_view(context),
        developed=history_view(context),
        patterns=patterns_view(context),
        trace=trace_view(context),
        evidence=evidence_view(context),
        method=method_view(context),
    )
    return _lines(page) + "\n"


def _environment(context: Context) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("qorgau.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    known = frozenset(context.claims)
    environment.filters["claims"] = lambda ids: claim_links(ids, known)
    environment.filters["linked"] = context.linked
    environment.filters["thousands"] = lambda number: f"{number:,}"
    environment.globals["drawn"] = _drawn
    environment.globals["directions"] = DIRECTIONS
    return environment


def _drawn(panel: Panel, title: str) -> Markup:
    """Return a panel's drawing, in two sizes where it has two."""
    name = re.sub(r"[^\w-]", "-", panel.name)
    if panel.narrow is None:
        return inline_svg(panel.wide, name, title, panel.description)
    return Markup("{}{}").format(
        inline_svg(panel.wide, f"{name}-w", title, panel.description, "wide"),
        inline_svg(panel.narrow, f"{name}-n", title, panel.description, "narrow"),
    )


def _lines(text: str) -> str:
    """Return text without indents and empty lines; the script is named by the hash of exactly this."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _pressed(css: str) -> str:
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    return re.sub(r"\s*\n\s*", "", css)
