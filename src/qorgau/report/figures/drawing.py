"""A layered chart whose rows are kept by name beside it, so that Altair need not copy them with every layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from qorgau.report.theme import themed

__all__ = ["Drawing"]


class Drawing:
    """Collects layers and their rows.

    Parameters
    ----------
    width, height
        Pixels of the plotting area.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._layers: list[alt.Chart] = []
        self._rows: dict[str, list[Mapping[str, Any]]] = {}

    def over(self, rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
        """Return a chart over rows; give it a mark and `add` it."""
        for name, held in self._rows.items():
            if held is rows:
                return alt.Chart(alt.NamedData(name=name))
        name = f"d{len(self._rows)}"
        self._rows[name] = rows if isinstance(rows, list) else list(rows)
        return alt.Chart(alt.NamedData(name=name))

    def add(self, *layers: alt.Chart) -> None:
        """Put layers on top."""
        self._layers += layers

    def chart(self) -> alt.LayerChart:
        """Return the whole, with the theme."""
        made = alt.LayerChart(layer=self._layers, width=self.width, height=self.height)
        made.datasets = self._rows
        return themed(made)
