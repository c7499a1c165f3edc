"""Numbers, links and sentences as the report writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence

from markupsafe import Markup, escape

from qorgau.analysis.record import Interval
from qorgau.analysis.words import shown, suppressed

__all__ = [
    "asides",
    "claim_links",
    "count_of_people",
    "joined",
    "lower_first",
    "money",
    "percent",
    "percent_range",
    "percent_span",
    "share",
    "signed",
    "span",
    "tiny_share",
    "value",
    "with_links",
]

DASH = "–"
MINUS = "−"


def value(number: float, item: Interval | None = None) -> str:
    """Return a number rounded to what its interval supports, "–" when it is not known."""
    if item is None:
        return shown(number)
    return shown(number, item.low90, item.high90)


def _plain_zero(text: str) -> str:
    """Return "0" for what is nought after rounding: it has no sign."""
    return "0" if text.strip(f"{MINUS}0.,") == "" else text


def signed(number: float, low: float = math.nan, high: float = math.nan) -> str:
    """Return a change with its sign, such as "−2,230" or "+110"; zero has none."""
    known = math.isfinite(low) and math.isfinite(high)
    text = _plain_zero(shown(number, low, high) if known else shown(number))
    return f"+{text}" if math.isfinite(number) and number > 0 and text != "0" else text


def span(item: Interval, sign: bool = True) -> str:
    """Return the 90 % interval, such as "−31 to −6"."""
    if not (math.isfinite(item.low90) and math.isfinite(item.high90)):
        return "not known"
    low, high = (
        signed(end, item.low90, item.high90) if sign else _plain_zero(shown(end, item.low90, item.high90))
        for end in (item.low90, item.high90)
    )
    return f"{low} to {high}"


def percent(item: Interval, number: float | None = None) -> str:
    """Return a change in per cent, the median by default: whole numbers where the interval is wide, else one digit."""
    shown_number = item.median if number is None else number
    if not math.isfinite(shown_number):
        return DASH
    half = abs(item.high90 - item.low90) / 2
    rounded_number = round(shown_number, 0 if not half < 5 else 1)
    if rounded_number == 0:
        return "0"
    sign = "+" if rounded_number > 0 else MINUS
    return f"{sign}{abs(rounded_number):,.1f}".removesuffix(".0")


def percent_range(item: Interval) -> str:
    """Return the 90 % interval of a change in per cent, such as "−31 to −6"."""
    if not (math.isfinite(item.low90) and math.isfinite(item.high90)):
        return "not known"
    return f"{percent(item, item.low90)} to {percent(item, item.high90)}"


def percent_span(item: Interval) -> str:
    """Return a change in per cent with its interval, such as "−18 % (−31 to −6)"."""
    if not math.isfinite(item.median):
        return DASH
    return f"{percent(item)} % ({percent_range(item)})"


def share(number: float) -> str:
    """Return a share of draws in per cent; near the ends it is told as a bound."""
    if not math.isfinite(number):
        return DASH
    if number > 0.98:
        return "> 98 %"
    if number < 0.02:
        return "< 2 %"
    return f"{100 * number:.0f} %"


def tiny_share(number: float) -> str:
    """Return a share in per cent with one digit under ten, such as "0.4 %"."""
    if not math.isfinite(number):
        return DASH
    return f"{100 * number:.1f} %" if 0 < number < 0.1 else f"{100 * number:.0f} %"


def money(usd: float) -> str:
    """Return US dollars in millions, two digits."""
    if not math.isfinite(usd):
        return DASH
    return "0" if abs(usd) < 5e3 else shown(usd / 1e6)


def count_of_people(number: float, published: bool, under: int) -> str:
    """Return a count of people: published ones are withheld when small, simulated ones rounded."""
    return suppressed(number, under) if published else shown(number)


def joined(names: Sequence[str], last: str = "and") -> str:
    """Return names as a list in a sentence."""
    items = list(names)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def lower_first(text: str) -> str:
    """Return the text with a small first letter, unless its first word is a name in capitals."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def claim_links(ids: Iterable[str], known: Collection[str]) -> Markup:
    """Return claim ids as links to the claims in this page; ids that it does not hold are plain."""
    return Markup(" ").join(
        Markup('<a class="c" href="#{0}">{0}</a>').format(name) if name in known else escape(name) for name in ids
    )


def with_links(text: str, known: Collection[str], others: Collection[str] = ()) -> Markup:
    """Return text, escaped, in which the ids of claims (and of `others` in this page) are links."""
    pieces = re.split(r"([A-Za-z][A-Za-z0-9_-]*)", text)
    return Markup("").join(
        Markup('<a class="c" href="#{0}">{0}</a>').format(piece)
        if piece in known
        else Markup('<a href="#{0}">{0}</a>').format(piece)
        if piece in others
        else escape(piece)
        for piece in pieces
    )


def asides(text: Markup) -> Markup:
    """Return escaped text in which what stands in brackets is set back, as intervals are."""
    return Markup(re.sub(r"\(([^()]*)\)", r'<span class="u">(\1)</span>', str(text)))
