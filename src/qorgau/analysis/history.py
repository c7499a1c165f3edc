"""How the system developed: bands of outcomes by the year, with published figures beside them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from qorgau.analysis.records import Band, History, Observed
from qorgau.analysis.runs import Runs
from qorgau.analysis.words import label_of

__all__ = ["NETWORK_SHARE", "SHOWN", "history"]

_LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]

SHOWN: tuple[str, ...] = (
    "people_exploited", "people_recruited", "people_identified", "people_assisted", "people_retrafficked",
    "cases_prosecuted", "cases_convicted", "opiates_delivered_kg", "opiates_seized_kg", "opiate_users",
    "opiate_price_almaty", "officials_corrupt_share", "perceived_corruption_score", "tip_tier", "active_organisations",
    "remittances_share_TJK", "remittances_share_KGZ", "remittances_share_UZB",
)
"""Outcomes with a band; those with published figures and the shares of networks are added."""

NETWORK_SHARE = "organisations_share_"
"""Begins the name of the share of opiates that the organisations under a network's label carry."""


def history(
    runs: Runs, used: np.ndarray, observed: Mapping[str, Sequence[Observed]] | None = None
) -> History:
    """Return bands of the baseline over the runs in use.

    Parameters
    ----------
    runs, used
        The runs and the mask of those in use.
    observed
        Published figures by outcome. They are shown, never fitted; `observed_inside` is their share within
        the 90 % band (NaN when there are none).
    """
    published = {name: tuple(points) for name, points in (observed or {}).items()}
    held = set(runs.outcomes)
    names = [name for name in dict.fromkeys((*SHOWN, *runs.names(NETWORK_SHARE), *published)) if name in held]
    values = runs.fetch_baseline(names)
    bands = []
    for name in names:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # years that do not apply stay NaN
            low90, low50, median, high50, high90 = np.nanquantile(values[name][used], _LEVELS, axis=0)
        points = tuple(p for p in published.get(name, ()) if runs.years[0] <= p.year <= runs.years[-1])
        at = [p.year - runs.years[0] for p in points]
        inside = [low90[i] <= p.value <= high90[i] for i, p in zip(at, points)]
        label = label_of(name)
        bands.append(Band(
            outcome=name, label=label.text, unit=label.unit, years=runs.years, median=tuple(median.tolist()),
            low50=tuple(low50.tolist()), high50=tuple(high50.tolist()), low90=tuple(low90.tolist()),
            high90=tuple(high90.tolist()), observed=points,
            observed_inside=float(np.mean(inside)) if inside else float("nan"),
        ))
    return History(int(used.sum()), tuple(bands))
