"""Small ensembles with known answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from qorgau.analysis.case_view import CaseView
from qorgau.analysis.patterns import Pattern
from qorgau.analysis.runs import Runs
from qorgau.analysis.thresholds import Thresholds

YEARS = tuple(range(1991, 2025))
POLICIES = ("baseline", "outreach", "border_monitoring", "all_measures")


def pattern(name: str = "P01", **changes: Any) -> Pattern:
    fields: dict[str, Any] = {
        "id": name, "claims": ("S01",), "statement": "More people are exploited than not.", "kind": "value",
        "test": "m(people_exploited, 2000:2010) >= 1000", "tolerance": 100, "basis": "assumption: for the test",
        "strength": "strong", "use": "matching", "why": "Nothing sets it.",
    }
    return Pattern(**{**fields, **changes})


def flat(levels: np.ndarray) -> np.ndarray:
    """Return levels (policies, runs) held over all years."""
    return np.repeat(levels[:, :, None], len(YEARS), axis=2)


def ensemble(count: int = 400, seed: int = 3) -> Runs:
    """Return runs in which outreach spares 100 people, and watching the border spares 300 if S36 holds, else none.

    Watching moves 50 people to the Uzbek section whatever holds. S99 tells nothing. Parameter `scale` is the
    baseline over 1000.
    """
    rng = np.random.default_rng(seed)
    holds = np.arange(count) % 2 == 0
    scale = np.repeat(rng.uniform(0.8, 1.4, count // 2), 2)  # runs in pairs, so that S36 tells nothing of it
    baseline = 1000.0 * scale
    watched = baseline - np.where(holds, 300.0, 0.0) + np.where(holds, 0.0, 60.0)
    people = np.stack([baseline, baseline - 100.0, watched, baseline - 400.0])
    section = np.full((4, count), 500.0)
    section[2] += 50.0
    section[3] -= 100.0
    zero = np.zeros((4, count))
    cost = zero + np.array([0.0, 1e6, 5e6, 6e6])[:, None]
    arrays = {
        "people_exploited": people, "people_exploited_all": people * 2, "people_recruited": people / 2,
        "people_retrafficked": people / 10, "people_border_KAZ_UZB": section, "measures_cost_usd": cost,
        "opiates_delivered_kg": zero + 1000.0, "officials_corrupt_share": zero + 0.3,
    }
    return Runs.of_arrays(
        POLICIES, YEARS, {name: flat(values) for name, values in arrays.items()},
        parameters={"people.scale": scale, "people.idle": rng.random(count)},
        claims={"S36": holds, "S99": rng.random(count) < 0.5},
        knockouts={"outreach": {"people_exploited": flat(people[:1] * 2)[0], **{
            name: flat(values[:1])[0] for name, values in arrays.items() if name != "people_exploited"}}},
        switches={"outreach": np.arange(count) % 4 < 2},
    )


def view(patterns: tuple[Pattern, ...] = (), **changes: Any) -> CaseView:
    fields: dict[str, Any] = {
        "name": "toy", "title": "A toy case", "focus": "Kazakhstan", "patterns": patterns,
        "patterns_file": Path("patterns.yaml"), "thresholds": Thresholds(),
        "titles": {"outreach": "Outreach by NGOs", "border_monitoring": "Border monitoring"},
        "measure_claims": {"outreach": ("S147",)}, "source_of": {"S36": "EN03", "S99": "EN22"},
        "figure_claims": {"people.scale": ("S13",)},
        "place_labels": {"KAZ_UZB": "the section Kazakhstan–Uzbekistan"}, "corridor_ends": {}, "observed": {},
        "started": 2015, "not_for": "Anything else than a test.",
    }
    return CaseView(**{**fields, **changes})
