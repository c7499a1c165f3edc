"""Words and figures as people read them: likelihood phrases, labels of outcomes, rounding, suppression."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qorgau.analysis.thresholds import Likelihood

__all__ = [
    "Label", "direction", "label_of", "likelihood", "likelihood_note", "phrase", "rounded", "shown", "suppressed"
]

_PEOPLE = "persons"


@dataclass(frozen=True)
class Label:
    """How an outcome is called.

    `less` and `more` are the words for its change: people are fewer or more, shares lower or higher.
    """

    text: str
    unit: str
    less: str
    more: str


def _people(text: str, unit: str = "persons a year") -> Label:
    return Label(text, unit, "fewer", "more")


_LABELS: dict[str, Label] = {
    "people_exploited": _people("people exploited", _PEOPLE),
    "people_exploited_all": _people("people exploited in all modelled places", _PEOPLE),
    "people_exploited_elsewhere": _people("people exploited outside the country", _PEOPLE),
    "people_exploited_children": _people("children exploited", _PEOPLE),
    "people_recruited": _people("people recruited"),
    "people_recruited_all": _people("people recruited in all modelled places"),
    "people_identified": _people("people identified"),
    "people_assisted": _people("people assisted"),
    "people_assisted_by_outreach": _people("people assisted through outreach"),
    "people_retrafficked": _people("people trafficked again"),
    "people_returned_by_officials": _people("people handed back by officials"),
    "people_carried_couriers": _people("people made to carry opiates"),
    "opiates_delivered_kg": Label("opiates delivered", "kg a year", "less", "more"),
    "opiates_delivered_kg_all": Label("opiates delivered to all markets", "kg a year", "less", "more"),
    "opiates_delivered_kg_elsewhere": Label("opiates delivered outside the country", "kg a year", "less", "more"),
    "opiates_seized_kg": Label("opiates seized", "kg a year", "less", "more"),
    "opiate_users": _people("people who use opiates", _PEOPLE),
    "cases_identified": Label("cases identified", "cases a year", "fewer", "more"),
    "cases_investigated": Label("cases opened", "cases a year", "fewer", "more"),
    "cases_prosecuted": Label("cases prosecuted", "cases a year", "fewer", "more"),
    "cases_convicted": Label("cases that end in conviction", "cases a year", "fewer", "more"),
    "bribes_usd": Label("bribes and fees paid by traffickers", "USD a year", "lower", "higher"),
    "officials_corrupt_share": Label("share of officials who are corrupt", "share", "lower", "higher"),
    "measures_cost_usd": Label("cost of measures", "USD a year", "lower", "higher"),
    "measures_announced_mean": Label("mean level of measures as announced", "0 to 1", "lower", "higher"),
    "measures_delivered_mean": Label("mean level of measures as delivered", "0 to 1", "lower", "higher"),
    "perceived_corruption_score": Label("perceived corruption (up is cleaner)", "score 0-100", "lower", "higher"),
    "perceived_corruption_rank_share": Label(
        "countries seen as cleaner, of those ranked in 2010", "share", "lower", "higher"
    ),
    "perceived_corruption_rank": Label(
        "place among the modelled states by perceived corruption", "place", "lower", "higher"
    ),
    "tip_tier": Label("tier in the trafficking report", "tier", "lower", "higher"),
    "active_organisations": Label("organisations at work", "organisations", "fewer", "more"),
    "opiate_price_almaty": Label("price of heroin in Almaty", "USD per kg", "lower", "higher"),
}


def label_of(outcome: str) -> Label:
    """Return the label of an outcome; one made from its name when it has none of its own."""
    known = _LABELS.get(outcome)
    if known:
        return known
    text = outcome.replace("_", " ")
    if outcome.startswith("people_border_"):
        return _people("people carried across " + outcome.removeprefix("people_border_").replace("_", " "))
    if outcome.startswith("people_"):
        return _people(text)
    if "_kg" in outcome:
        return Label(text.replace(" kg", ""), "kg a year", "less", "more")
    if outcome.startswith("remittances_share_"):
        return Label(f"money sent home, {outcome[-3:]}", "share of output", "lower", "higher")
    if outcome.startswith("perceived_corruption_score_"):
        return Label(f"perceived corruption (up is cleaner), {outcome[-3:]}", "score 0-100", "lower", "higher")
    if outcome.startswith(("opiate_price_", "opiate_retail_price_")):
        return Label(text, "USD per kg", "lower", "higher")
    return Label(text, "share" if "share" in outcome else "", "lower", "higher")


def direction(p_fewer: float, table: Likelihood) -> str:
    """Return "fewer", "fewer2", "none", "more2" or "more" for the probability that there is less of it."""
    if not math.isfinite(p_fewer):
        return "none"
    # 1 - 0.34 is a hair under 0.66; both sides are given that hair.
    for p, strong, weak in ((p_fewer, "fewer", "fewer2"), (1.0 - p_fewer, "more", "more2")):
        if p >= table.very_likely - 1e-9:
            return strong
        if p >= table.likely - 1e-9:
            return weak
    return "none"


def likelihood(p_fewer: float, table: Likelihood, less: str = "fewer", more: str = "more") -> str:
    """Return the phrase, such as "very likely fewer" or "about as likely as not fewer"."""
    if not math.isfinite(p_fewer):
        return "not known"
    found = direction(p_fewer, table)
    if found == "none":
        return "about as likely as not " + less
    word = "very likely" if found in ("fewer", "more") else "likely"
    return f"{word} {less if found.startswith('fewer') else more}"


def likelihood_note(table: Likelihood) -> str:
    """Return the sentence that says what the words mean."""
    very, likely = round(100 * table.very_likely), round(100 * table.likely)
    return (
        f"Very likely: at least {very} of 100 draws. Likely: {likely} to {very - 1}. "
        f"About as likely as not: {99 - likely} to {likely - 1}. People identified by the state are "
        "never shown as the number of people exploited."
    )


def rounded(value: float, low: float | None = None, high: float | None = None, whole: bool = False) -> float:
    """Return `value` rounded to what its uncertainty supports.

    Parameters
    ----------
    value
        The number, usually a median.
    low, high
        Its 90 % interval. Digits finer than a tenth of half its width's leading digit are dropped, and at
        most three are kept; where the interval does not hold nought, the leading digit stays in any case.
        Without an interval two digits are kept.
    whole
        Whether it counts people or things, so that fractions mean nothing.

    Notes
    -----
    For simulated numbers. Counts from real data are suppressed instead, see `suppressed`.
    """
    if not math.isfinite(value) or value == 0.0:
        return value
    lead = math.floor(math.log10(abs(value)))
    place = lead - 1
    if low is not None and high is not None and math.isfinite(low) and math.isfinite(high):
        half = abs(high - low) / 2.0
        place = lead - 2
        if half > 0:
            place = max(place, math.floor(math.log10(half)) - 1)
        if low > 0 or high < 0:
            place = min(place, lead)
    if whole:
        place = max(place, 0)
    result = round(value, -place)
    return float(result) if result else 0.0


def shown(value: float, low: float | None = None, high: float | None = None, whole: bool = False) -> str:
    """Return `rounded` as text: thousands with commas, a true minus sign, no trailing zeros."""
    if not math.isfinite(value):
        return "–"
    return _written(rounded(value, low, high, whole))


def _written(number: float) -> str:
    text = f"{abs(number):,.6f}".rstrip("0").rstrip(".")
    return ("−" if number < 0 else "") + text


def phrase(
    value: float, low: float, high: float, less: str = "fewer", more: str = "more", noun: str = ""
) -> str:
    """Return a change in people or things with its interval: "2,200 fewer people (700 to 3,800 fewer)"."""
    def side(number: float) -> str:
        size = rounded(number, low, high, whole=True)
        return "0" if size == 0 else f"{_written(abs(size))} {less if size < 0 else more}"

    if low < 0 < high:
        ends = f"{side(low)} to {side(high)}"
    else:
        near, far = sorted((low, high), key=abs)
        ends = f"{side(near).split(' ')[0]} to {side(far)}"
    return f"{side(value)}{' ' + noun if noun else ''} ({ends})"


def suppressed(count: float, under: int = 11) -> str:
    """Return a count of people from real data as text; counts from 1 to `under` - 1 are not shown."""
    if not math.isfinite(count):
        return "–"
    return f"under {under}" if 0 < count < under else f"{count:,.0f}"
