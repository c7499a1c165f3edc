"""The look of all figures: colours by meaning, sizes of type, one theme for Altair.

Each token has a light and a dark value. Charts are drawn with the light values; `qorgau.report.render` turns
them into CSS variables, so that one drawing serves both.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import altair as alt

__all__ = ["DARK", "DIRECTIONS", "FONT", "LIGHT", "css_tokens", "on", "paint", "themed"]

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "ink": "#17222b",
        "ink2": "#44525c",
        "ink3": "#5f6c75",
        "bg": "#ffffff",
        "bg2": "#f4f6f6",
        "rule": "#d6dce0",
        "rule2": "#e8ecee",
        "fewer": "#0a6c84",
        "fewer2": "#4f9bae",
        "none": "#85929a",
        "more2": "#cf8246",
        "more": "#b04a08",
        "on2": "#111a21",
        "src": "#6b3a78",
        "src2": "#efe6f2",
        "act": "#234a8f",
        "act2": "#e4ebf7",
        "water": "#dbe6ea",
        "land": "#eceeea",
        "land2": "#f5f6f3",
        "focus": "#fefefe",
        "border": "#b9c1c2",
    }
)
"""Token to colour on a light ground. No two are alike, so that a colour says which token it is."""

DARK: Mapping[str, str] = MappingProxyType(
    {
        "ink": "#e8edf0",
        "ink2": "#b9c4ca",
        "ink3": "#98a5ad",
        "bg": "#12191e",
        "bg2": "#1a2329",
        "rule": "#34414a",
        "rule2": "#263138",
        "fewer": "#5cc0d6",
        "fewer2": "#3a8799",
        "none": "#7f8c94",
        "more2": "#b46a37",
        "more": "#f0975a",
        "on2": "#070c0f",
        "src": "#cfa3dc",
        "src2": "#36263c",
        "act": "#9bb9f2",
        "act2": "#1f2d48",
        "water": "#0e2029",
        "land": "#20292d",
        "land2": "#1b2327",
        "focus": "#2a353b",
        "border": "#4b5961",
    }
)
"""Token to colour on a dark ground."""

DIRECTIONS: tuple[str, ...] = ("fewer", "fewer2", "none", "more2", "more")
"""How likely there are fewer or more, as the analysis names it: tokens of the same names."""

FONT = '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Noto Sans", Inter, "Helvetica Neue", Arial, sans-serif'


def paint(token: str) -> str:
    """Return the colour of a token for use in a chart."""
    return LIGHT[token]


def on(direction: str) -> str:
    """Return the colour of letters on a mark of a direction; strong colours take the ground's."""
    return LIGHT["bg"] if direction in ("fewer", "more") else LIGHT["on2"]


def css_tokens(values: Mapping[str, str]) -> str:
    """Return tokens as CSS custom properties."""
    return "".join(f"--{name}:{value};" for name, value in values.items())


Chart = TypeVar("Chart", alt.Chart, alt.LayerChart)


def themed(chart: Chart) -> Chart:
    """Give a chart the shared theme and return it."""
    text: dict[str, Any] = {"labelColor": paint("ink3"), "labelFontSize": 12, "titleColor": paint("ink2")}
    axis = {
        **text,
        "domain": False,
        "ticks": False,
        "gridColor": paint("rule2"),
        "labelPadding": 6,
        "titleFontSize": 12,
        "titleFontWeight": 400,
        "titlePadding": 8,
    }
    # Altair's own methods for this copy the whole chart, once for each part of the theme.
    chart.config = alt.Config(
        background="transparent",
        font="sans-serif",
        padding=2,
        aria=False,
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(**axis),
        text=alt.MarkConfig(color=paint("ink"), fontSize=12),
        legend=alt.LegendConfig(disable=True),
    )
    return chart
