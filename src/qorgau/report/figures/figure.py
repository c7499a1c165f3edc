"""What every figure is: a finding as its title, a drawing or several sizes of it, a table, and what it rests on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import altair as alt

__all__ = ["Chart", "Figure", "Panel", "Scale", "Source", "Table", "nice_scale"]

Chart = alt.Chart | alt.LayerChart


@dataclass(frozen=True)
class Table:
    """The numbers behind a drawing, as text; columns from `numbers` on are set to the right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    numbers: int = 1


@dataclass(frozen=True)
class Source:
    """The line under a figure: "Qorgau, n draws. Data (vintage). Rests on S35 S42."."""

    draws: str
    data: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Panel:
    """One drawing of a figure.

    Parameters
    ----------
    name
        Unique in the page; prefix of the drawing's ids.
    title, subtitle
        Of a panel among several; empty when the figure has one drawing.
    description
        How it is drawn, for a screen reader.
    wide, narrow
        The drawing for a page and, where letters would get too small, for a phone.
    claims
        That the panel rests on.
    """

    name: str
    wide: Chart
    narrow: Chart | None = None
    title: str = ""
    subtitle: str = ""
    description: str = ""
    claims: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A figure of the report; see `Panel`, `Table` and `Source`."""

    name: str
    title: str
    subtitle: str
    panels: tuple[Panel, ...]
    table: Table
    source: Source
    columns: int = 1
    key: str = ""
    more: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Scale:
    """A linear scale in per cent of a cell's width, with round ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, number: float) -> float:
        """Return the place of a number in per cent of the width, held inside the cell."""
        return round(max(0.0, min(100.0, 100.0 * (number - self.low) / (self.high - self.low))), 2)


def nice_scale(numbers: Sequence[float], most: int = 5, zero: bool = True) -> Scale:
    """Return a scale over the finite `numbers` whose ends and ticks are round.

    Parameters
    ----------
    numbers
        What it must hold.
    most
        About so many steps.
    zero
        Whether zero must be on it.
    """
    held = [n for n in numbers if math.isfinite(n)] + ([0.0] if zero else [])
    low, high = (min(held), max(held)) if held else (0.0, 1.0)
    if high - low < 1e-9:
        low, high = (low - 1.0, high + 1.0) if not zero else (min(low, 0.0), max(high, 1.0))
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(f * power for f in (1, 2, 2.5, 5, 10) if f * power >= raw * 0.999)
    digits = max(0, 3 - math.floor(math.log10(step)))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(k * step, digits) for k in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], ticks)
