"""Tables of the model's description, made from the code and a case so that they cannot lag behind either."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import qorgau.model
from qorgau.case.case import Case
from qorgau.case.priors import Prior
from qorgau.case.translate import ParameterRow, mechanism_claims, parameter_table, to_world
from qorgau.model.drug_market import PRICE_CAP
from qorgau.model.mechanisms import DESCRIPTIONS, SUBSYSTEMS, Mechanism
from qorgau.model.outcomes import outcome_names, outcome_units, readings
from qorgau.model.registry import PARAMETERS
from qorgau.model.run import PROCESSES
from qorgau.model.state import FIXED_SIZES, VARIABLES
from qorgau.model.units import PERSONS_PER_JOURNEY
from qorgau.model.world import EVENTS, INSTRUMENTS, World

__all__ = ["mechanism_readers", "model_tables", "prior_in_words"]

_HEAD = """\
# Tables of the model

Made by `python tools/model_tables.py` from the code and the bundled case; do not edit. The text that explains them
is the [description of the model](../model.md). Claims (S12) are those of the study, listed by `qorgau check` and in
the report. Numbers are priors, not findings; persons in results are simulated, never counts from the world.
"""

_PRIORS = {
    "uniform": "uniform {0} to {1}",
    "log_uniform": "log-uniform {0} to {1}",
    "normal": "normal, mean {0}, sd {1}, within {2} to {3}",
    "beta": "beta ({0}, {1})",
    "fixed": "fixed at {0}",
}
_KINDS = {"flow": "sum of the months", "mean": "mean of the months", "end": "December"}


def _number(value: float) -> str:
    """Write a number in full, thousands parted by a space."""
    text = f"{value:.6g}"
    if "e" in text or abs(value) >= 10_000:
        text = f"{value:,.10g}".replace(",", " ")
    return text


def prior_in_words(prior: Prior) -> str:
    """Write a prior as a reader says it, in the parameter's own unit."""
    return _PRIORS[prior.kind].format(*(_number(x) for x in prior.numbers))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _basis(row: ParameterRow) -> str:
    parts = []
    if row.claims:
        parts.append(", ".join(row.claims))
    if row.assumption:
        parts.append(f"assumption: {row.assumption}")
    return "; ".join(parts)


def _parameters(case: Case) -> Iterable[str]:
    rows = {row.name: row for row in parameter_table(case)}
    total = sum(len(table) for table in PARAMETERS.values())
    yield "## Parameters\n"
    yield (
        f"{total} numbers in {len(PARAMETERS)} subsystems, each drawn anew in every run. The *prior* counts when a "
        "claim behind it is drawn true, or when there is none; *else* is drawn from when all claims behind it are "
        "drawn false. A name beginning with `size_` is what a measure does at full strength.\n"
    )
    for subsystem, table in PARAMETERS.items():
        yield f"### {subsystem}\n"
        body = []
        for p in table:
            row = rows[f"{subsystem}.{p.name}"]
            prior = prior_in_words(row.prior)
            if row.vague is not None:
                prior += f"; else {prior_in_words(row.vague)}"
            body.append((f"`{p.name}`", p.unit, p.doc, prior, _basis(row)))
        yield _table(("name", "unit", "what it is", "prior", "rests on"), body)


def _sizes(world: World) -> Iterable[str]:
    sizes = {**world.sizes, **FIXED_SIZES}
    yield "## Sizes of the bundled case\n"
    yield (
        "A journey, the unit of capacity, is `journey_load` kg of opiates or "
        f"{_number(PERSONS_PER_JOURNEY)} persons approached. No price of opiates passes {_number(PRICE_CAP)} USD/kg.\n"
    )
    yield _table(("dimension", "size"), ((f"`{name}`", str(size)) for name, size in sizes.items()))


def _variables() -> Iterable[str]:
    yield "## State variables\n"
    yield (
        f"{len(VARIABLES)} arrays are all that a run remembers from one month to the next. The first axis of each is "
        "the run; the dimensions that follow it are those of the table above. Whole numbers are kept as integers: "
        "persons, cases, indices. *Written by* names the module that owns a variable; every process reads what it "
        "needs.\n"
    )
    yield _table(
        ("name", "dimensions", "unit", "kind", "written by", "what it is"),
        (
            (f"`{v.name}`", " × ".join(v.dims) or "none", v.unit, "whole" if v.integer else "real", v.owner, v.doc)
            for v in VARIABLES
        ),
    )


def mechanism_readers() -> dict[Mechanism, tuple[str, ...]]:
    """Modules of the model whose code reads the switch of each mechanism, by name."""
    folder = Path(os.fspath(next(iter(qorgau.model.__path__))))
    out: dict[Mechanism, list[str]] = {mechanism: [] for mechanism in Mechanism}
    for path in sorted(folder.glob("*.py")):
        for name in sorted(set(re.findall(r"\bMechanism\.([A-Z_]+)\b", path.read_text(encoding="utf-8")))):
            if path.stem != "mechanisms" and name in Mechanism.__members__:
                out[Mechanism[name]].append(path.stem)
    return {mechanism: tuple(names) for mechanism, names in out.items()}


def _mechanisms(case: Case) -> Iterable[str]:
    claims, readers = mechanism_claims(case), mechanism_readers()
    yield "## Mechanisms\n"
    yield (
        "A mechanism is on in a draw when at least one of its claims is drawn true. The first ten are subsystems, for "
        "knock-outs. What *off* means in full stands with the equations.\n"
    )
    yield _table(
        ("mechanism", "what it is", "rests on", "switch read in"),
        (
            (
                f"`{m.name.lower()}`" + (" (subsystem)" if m in SUBSYSTEMS else ""),
                DESCRIPTIONS[m],
                ", ".join(claims[m]) or "no claim: always on",
                ", ".join(readers[m]),
            )
            for m in Mechanism
        ),
    )


def _processes() -> Iterable[str]:
    yield "## Processes of a month, in order\n"
    yield _table(
        ("", "process", "what it does"),
        ((str(n), name, doc) for n, (name, doc) in enumerate(PROCESSES, 1)),
    )
    yield "## Inputs that change with time\n"
    yield (
        "Series by month: income per head and population by state, Afghan opium, farm output by state. "
        f"Events of the time line: {', '.join(f'`{e}`' for e in EVENTS)}. "
        f"Announced levels of the measures: {', '.join(f'`{i}`' for i in INSTRUMENTS)}.\n"
    )


def _prefix(names: Sequence[str]) -> str:
    """What the names have in common up to an underscore, empty when nothing."""
    first, last = min(names), max(names)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[: first.rfind("_", 0, same) + 1]


def _outcomes(world: World) -> Iterable[str]:
    yield "## Outcomes\n"
    yield (
        f"{len(outcome_names(world))} columns by the year. They are of the state in focus "
        f"({world.state_names[world.focus]}) unless the name or the last column says otherwise; `_all` is the whole "
        "region. NaN: not applicable in that year.\n"
    )
    rows = []
    told: set[str] = set()
    for reading in readings(world):
        told.update(reading.names)
        if len(reading.names) > 3 and (prefix := _prefix(reading.names)):
            ends = ", ".join(name[len(prefix) :] for name in reading.names)
            rows.append((f"`{prefix}...`", reading.unit, _KINDS[reading.kind], ends))
        else:
            rows += [(f"`{name}`", reading.unit, _KINDS[reading.kind], "") for name in reading.names]
    units = outcome_units(world)
    rows += [
        (f"`{name}`", units[name], "formed from the year's totals", "")
        for name in outcome_names(world)
        if name not in told
    ]
    yield _table(("name", "unit", "how a year is formed", "one for each of"), rows)


def model_tables(case: Case) -> str:
    """Text of ``docs/model/tables.md`` for a case, in Markdown.

    Parameters
    ----------
    case : Case

    Returns
    -------
    str
        Sizes, processes, mechanisms, parameters, state variables and outcomes, each a table.

    Raises
    ------
    KeyError
        If a parameter of the model has no prior in the case.
    """
    world = to_world(case)
    parts = [_HEAD, *_processes(), *_mechanisms(case), *_parameters(case), *_sizes(world), *_variables()]
    return "\n".join([*parts, *_outcomes(world)])
