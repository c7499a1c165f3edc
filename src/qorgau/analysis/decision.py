"""What a counter-measure is worth in each run: the utility that comparison and trace share.

    U_d(r) = - [ w_p X_d(r) + w_c C_d(r) + w_o O_d(r) ]

with X the people exploited in the country (mean over the window, persons, so people-years a year), C the
cost of measures (US dollars a year), O the opiates delivered (kg a year). By default only people count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qorgau.analysis.runs import Floats, Runs
from qorgau.analysis.thresholds import Thresholds, Utility

__all__ = ["Decision", "decision", "utility_text"]

PEOPLE, COST, OPIATES = "people_exploited", "measures_cost_usd", "opiates_delivered_kg"


@dataclass(frozen=True)
class Decision:
    """A choice among policies.

    Attributes
    ----------
    options
        Policies to choose from, the baseline first; measures that stand for all at once are left out.
    utility
        Shape (runs, options), in `unit`; only differences between options of a run mean anything.
    unit, text
        Unit of the utility and what it is, in words.
    """

    options: tuple[str, ...]
    utility: Floats
    unit: str
    text: str


def utility_text(weights: Utility, focus: str) -> tuple[str, str]:
    """Return the utility in words, and its unit."""
    parts = []
    if weights.people_exploited:
        parts.append(f"people spared exploitation in {focus}")
    if weights.cost_usd:
        parts.append(f"{weights.cost_usd:g} per US dollar of cost saved")
    if weights.opiates_kg:
        parts.append(f"{weights.opiates_kg:g} per kg of opiates not delivered")
    only_people = not weights.cost_usd and not weights.opiates_kg and weights.people_exploited == 1.0
    return " plus ".join(parts) or "nothing", "people a year" if only_people else "people-equivalents a year"


def decision(runs: Runs, table: Thresholds, used: np.ndarray, focus: str) -> Decision:
    """Return the choice among the ranked policies over the runs in use.

    Parameters
    ----------
    runs, table
        The runs and the case's cut-offs.
    used
        Mask over runs.
    focus
        Country in focus, for the words.
    """
    weights, years = table.trace.utility, table.comparison.years
    chosen = [i for i, policy in enumerate(runs.policies) if policy not in table.comparison.unranked]
    loss = np.zeros((len(chosen), int(used.sum())))
    pairs = ((weights.people_exploited, PEOPLE), (weights.cost_usd, COST), (weights.opiates_kg, OPIATES))
    for weight, outcome in pairs:
        if weight:
            loss += weight * runs.windows([outcome], years)[outcome][chosen][:, used]
    text, unit = utility_text(weights, focus)
    return Decision(tuple(runs.policies[i] for i in chosen), -loss.T, unit, text)
