"""Method and limits: order of processes, mechanisms, parameters, what made the report, what it is not for."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping
from typing import Any

from qorgau.case.priors import Prior
from qorgau.model.mechanisms import DESCRIPTIONS, SUBSYSTEMS, Mechanism
from qorgau.model.registry import PARAMETERS
from qorgau.model.run import PROCESSES
from qorgau.report.text import tiny_share
from qorgau.report.views.context import Context
from qorgau.report.views.patterns import subsystem_title

__all__ = ["facts", "method_view", "price_cap_share", "repeatable", "written_prior"]

_OVER = {"matched": "draws not ruled out", "none": "no draws, too few agree"}
_OWN = {"--out", "-o", "--cluster", "--workers"}
_FORMS = {
    "uniform": "{0} to {1}",
    "log_uniform": "{0} to {1}, evenly in logs",
    "normal": "{0} ± {1}, within {2} to {3}",
    "beta": "beta({0}, {1})",
    "fixed": "{0}",
}


def written_prior(prior: Prior) -> str:
    """Return a prior in words, such as "0.015 to 0.08, evenly in logs"."""
    return _FORMS[prior.kind].format(*(f"{n:,.0f}" if abs(n) >= 1000 else f"{n:.4g}" for n in prior.numbers))


def _parameters(context: Context) -> list[dict[str, Any]]:
    docs = {f"{group}.{p.name}": p for group, table in PARAMETERS.items() for p in table}
    learned = {n.name: n for n in context.analysis.matching.narrowed if n.kind == "parameter"}
    groups: dict[str, list[dict[str, Any]]] = {}
    for name, row in context.case.parameters.items():
        found = learned.get(name)
        groups.setdefault(name.partition(".")[0], []).append(
            {
                "name": name.partition(".")[2],
                "doc": docs[name].doc if name in docs else "",
                "unit": row.unit,
                "prior": written_prior(context.case.prior(name)),
                "vague": written_prior(row.vague) if row.vague is not None else "",
                "claims": row.claims,
                "assumption": row.assumption or "",
                "fixed": name in context.case.fixed,
                "matched": f"{found.matched_mean:.3g} ± {found.matched_sd:.2g}"
                if found and found.moved and math.isfinite(found.matched_mean)
                else "",
            }
        )
    return [{"title": subsystem_title(group), "rows": rows} for group, rows in groups.items()]


def _mechanisms(context: Context) -> list[dict[str, Any]]:
    placed: dict[str, list[str]] = {}
    for claim in context.case.evidence.claims:
        for p in claim.placement:
            if p.where.startswith("mechanism:"):
                placed.setdefault(p.where.partition(":")[2], []).append(claim.id)
    rows = []
    for m in Mechanism:
        name = m.name.lower()
        rows.append(
            {
                "name": name.replace("_", " "),
                "what": DESCRIPTIONS[m],
                "claims": placed.get(name, []),
                "subsystem": m in SUBSYSTEMS,
                "off": name in context.case.off,
            }
        )
    return rows


def price_cap_share(manifest: Mapping[str, Any]) -> float:
    """Return the share of draws whose baseline touched the model's price cap; NaN when that is not on record."""
    main = [block for block in manifest.get("blocks", ()) if block.get("kind") == "main" and "price_cap" in block]
    drawn = sum(block["stop"] - block["start"] for block in main)
    if not drawn:
        return math.nan
    first = manifest.get("columns", {}).get("policies", ["baseline"])[0]
    return sum(len(block["price_cap"].get(first, ())) for block in main) / drawn


def repeatable(command: str) -> str:
    """Return a command line without what belongs to one machine: folders, output and addresses.

    The report is passed on; where somebody keeps files, and on which machines they run, is nobody's business.
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    kept: list[str] = []
    skip = False
    for word in words:
        if skip or word.split("=")[0] in _OWN:
            skip = not skip and "=" not in word
            continue
        kept.append(re.split(r"[/\\\\]", word)[-1] or word if re.search(r"[/\\\\]", word) else word)
    return shlex.join(kept)


def facts(context: Context) -> list[tuple[str, str]]:
    """Return what made the report, as far as it is on record."""
    manifest, matching = context.manifest, context.analysis.matching
    identity: Mapping[str, Any] = manifest.get("identity", {})
    design: Mapping[str, Any] = identity.get("design", {})
    policies = len(context.analysis.policies)
    failed = sum(len(block.get("failed", ())) for block in manifest.get("blocks", ()))
    cap = price_cap_share(manifest)
    rows = [
        ("Case", context.case.id),
        ("Draws", f"{matching.drawn:,}, of which {matching.kept_runs:,} not ruled out"),
        ("Runs", f"{context.analysis.runs * max(1, policies):,} ({policies} policies)"),
        ("Advice over", _OVER[matching.advice]),
        ("Design", str(design.get("method", "not on record")).replace("_", " ")),
        ("Seed", str(design.get("seed", "not on record"))),
        ("Case hash", str(identity.get("case", {}).get("hash", context.case.hash))[:12]),
        ("Failed runs", f"{failed:,}" if manifest.get("blocks") else "not on record"),
        ("Price at its cap", f"{tiny_share(cap)} of draws, baseline" if math.isfinite(cap) else "not on record"),
    ]
    versions: Mapping[str, Any] = manifest.get("versions", {})
    rows += [(name, str(version)) for name, version in versions.items()]
    return rows


def method_view(context: Context) -> dict[str, Any]:
    """Return the section on method and limits."""
    matching = context.analysis.matching
    kept = matching.kept_runs / matching.drawn if matching.drawn else math.nan
    if matching.waves:
        kept = matching.waves[-1].prior_share
    return {
        "processes": PROCESSES,
        "mechanisms": _mechanisms(context),
        "parameters": _parameters(context),
        "count": len(context.case.parameters),
        "facts": facts(context),
        "limits": context.analysis.limits,
        "not_for": context.analysis.answer.not_for,
        "kept": tiny_share(kept),
        "capped": tiny_share(cap) if (cap := price_cap_share(context.manifest)) > 0 else "",
        "matching": matching,
        "command": repeatable(str(context.manifest.get("command", ""))),
        "purpose": context.case.settings.purpose,
        "study": context.case.settings.study,
        "likelihood": context.analysis.answer.likelihood,
        "caveats": tuple(dict.fromkeys(c for n in context.case.networks for c in n.label_caveat)),
        "under": context.thresholds.suppression.under,
        "start": context.case.settings.start_year,
        "first": context.case.settings.first_year,
    }
