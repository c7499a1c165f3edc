"""From an Altair chart to inline SVG, offline: ids made unique, colours as variables, named for screen readers."""

from __future__ import annotations

import re
from html import escape

import altair as alt
import vl_convert
from markupsafe import Markup

from qorgau.report.theme import LIGHT

__all__ = ["inline_svg", "plain_svg"]

_TOKEN = {value: name for name, value in LIGHT.items()}
_COLOUR = re.compile(r'(fill|stroke)="(#[0-9a-fA-F]{3,8}|white|black)"')
_ID = re.compile(r'\bid="([^"]+)"')
_ARIA = re.compile(r' (?:role="graphics-[a-z]+"|aria-[a-z]+="[^"]*"|pointer-events="none")')
_EMPTY = re.compile(r'<path class="(?:background|foreground)"[^>]* d="M0,0h0v0h0Z"[^>]*/>|<g>\s*</g>')
_CLASS = re.compile(r' class="mark-[^"]*"| font-family="[^"]*"| opacity="1"| display="none"')


def plain_svg(chart: alt.Chart | alt.LayerChart) -> str:
    """Return a chart as a stand-alone SVG document, drawn without a browser and without a request.

    Raises
    ------
    ValueError
        If the chart names data at an address: charts carry their own.
    """
    return vl_convert.vegalite_to_svg(chart.to_dict(validate=False), allowed_base_urls=[])


def inline_svg(chart: alt.Chart | alt.LayerChart, name: str, title: str, description: str, css: str = "") -> Markup:
    """Return a chart as SVG to stand in the report.

    Parameters
    ----------
    chart
        With the theme, see `qorgau.report.theme.themed`.
    name
        Prefix of all its ids; unique in the page.
    title, description
        What a screen reader says: the finding, and how it is shown.
    css
        Class of the drawing.
    """
    svg = plain_svg(chart)
    svg = _ARIA.sub("", svg)
    svg = _EMPTY.sub("", svg)
    svg = _CLASS.sub("", svg)
    for found in set(_ID.findall(svg)):
        svg = svg.replace(f'id="{found}"', f'id="{name}-{found}"').replace(f"url(#{found})", f"url(#{name}-{found})")
    svg = _COLOUR.sub(_variable, svg)
    size = re.match(r"<svg[^>]*?width=\"([\d.]+)\" height=\"([\d.]+)\"", svg)
    width, height = size.groups() if size else ("0", "0")
    body = svg[svg.index(">") + 1 :]
    # The width given to the picture is its greatest: beyond it letters would outgrow those of the page.
    return Markup(
        f'<svg class="fig {escape(css)}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-labelledby="{name}-t {name}-d"><title id="{name}-t">{escape(title)}</title>'
        f'<desc id="{name}-d">{escape(description)}</desc>{body}'
    )


def _variable(match: re.Match[str]) -> str:
    colour = {"white": "#ffffff", "black": "#000000"}.get(match[2], match[2].lower())
    token = _TOKEN.get(colour)
    return f'{match[1]}="var(--{token},{colour})"' if token else match[0]
