"""A made-up comparison of the bundled case's counter-measures; numbers invented."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from qorgau.analysis.record import Interval, interval
from qorgau.analysis.records import (
    Comparison,
    Displacement,
    Effect,
    MeasureResult,
)
from qorgau.analysis.thresholds import Likelihood
from qorgau.analysis.words import direction, label_of, likelihood
from qorgau.case import load_case
from qorgau.case.case import Case

TABLE = Likelihood()
NAN = math.nan
UNKNOWN = Interval(NAN, NAN, NAN, NAN, NAN, NAN, 0)
HARM = (
    "people_exploited",
    "people_recruited",
    "people_retrafficked",
    "people_exploited_children",
    "people_returned_by_officials",
    "people_exploited_elsewhere",
)
OTHER = (
    "people_identified",
    "people_assisted",
    "cases_prosecuted",
    "opiates_delivered_kg",
    "opiate_users",
    "officials_corrupt_share",
    "bribes_usd",
    "measures_cost_usd",
)
SECTIONS = (
    "KAZ_KGZ",
    "KAZ_UZB",
    "KAZ_RUS",
    "CHN_KAZ",
    "KAZ_TKM",
    "KGZ_TJK",
    "TJK_UZB",
    "AFG_TJK",
    "KGZ_UZB",
    "air_RUS_TJK",
)
MECHANISMS = (
    "economy",
    "markets",
    "organisations",
    "routes",
    "corruption",
    "patronage",
    "enforcement",
    "people",
    "measures",
    "indicators",
)
MANIFEST: dict[str, Any] = {
    "identity": {"case": {"name": "kazakhstan", "hash": "ab" * 32}, "design": {"seed": 1, "method": "sobol"}},
    "runs": 1000,
    "versions": {"qorgau": "0.1.0", "python": "3.11"},
    "blocks": [{"failed": []}],
    "command": "qorgau run kazakhstan --runs 1000 --seed 1",
    "price_cap_share": 0.013,
}


@functools.cache
def case() -> Case:
    return load_case("kazakhstan")


def around(middle: float, half: float, n: int = 412) -> Interval:
    return interval(np.linspace(middle - half, middle + half, n))


def effect(outcome: str, percent: float, half: float, base: float = 12_400.0) -> Effect:
    label = label_of(outcome)
    values = np.linspace(percent - half, percent + half, 412)
    p_fewer = float((values < 0).mean())
    found = direction(p_fewer, TABLE)
    return Effect(
        outcome=outcome,
        label=label.text,
        unit=label.unit,
        baseline=around(base, 0.35 * base),
        level=around(base * (1 + percent / 100), 0.4 * base),
        difference=interval(values * base / 100),
        percent=interval(values),
        p_fewer=p_fewer,
        p_more=1 - p_fewer,
        word=likelihood(p_fewer, TABLE, label.less, label.more),
        direction=found,
        settled=found != "none",
        moved=True,
    )


def measures(settled: bool = True) -> list[MeasureResult]:
    made = []
    policies = [p for p in case().policies if p != "baseline"]
    for i, policy in enumerate(policies):
        percent = (-18.0 + 1.75 * i) if settled else 0.3 * (i % 3 - 1)
        half = 12.0 + (i % 4) if settled else 20.0
        if policy == "all_measures":
            percent, half = (-41.0, 18.0) if settled else (0.0, 30.0)
        effects = [effect("people_exploited", percent, half)]
        effects += [effect(o, percent * 0.7 + 3 * k, half * 1.2, 900.0) for k, o in enumerate(HARM[1:])]
        effects += [effect(o, 9.0 - 2 * k, 15.0, 5_000.0) for k, o in enumerate(OTHER)]
        ranked = policy != "all_measures"
        made.append(
            MeasureResult(
                policy=policy,
                label=case().measure(policy).title,
                claims=case().measure(policy).claims,
                ranked=ranked,
                rank=i + 1 if ranked else None,
                effects=tuple(effects),
                harm=("people exploited: likely fewer (−18 %)",),
                cost_usd_year=around(2e6 + 4e6 * ((i * 5) % 12), 1e6),
                expected_utility=2_200.0 - 150 * i,
                regret=410.0 + 170 * i if ranked else NAN,
                best_in=max(0.0, 0.36 - 0.05 * i) if ranked else NAN,
                near_best_in=max(0.0, 0.71 - 0.06 * i) if ranked else NAN,
                dominated_by=("outreach",) if i in (5, 8) else (),
            )
        )
    return made


def displacement(policies: Iterable[str]) -> list[Displacement]:
    made = []
    for k, policy in enumerate(policies):
        for i, place in enumerate(SECTIONS):
            for what, unit in (("people", "persons a year"), ("opiates", "kg a year")):
                base = 2_700.0 / (1 + i) ** 1.2 if place != "KAZ_TKM" else 4.0
                e = effect(f"people_border_{place}", (-20.0 + 5 * i) * (1 if k == 0 else -0.5), 12.0, base)
                made.append(
                    Displacement(
                        policy,
                        "section",
                        place,
                        f"the section {place.replace('_', '–')}",
                        what,
                        unit,
                        e.baseline,
                        e.difference,
                        e.percent,
                        e.p_more,
                        e.word,
                        e.direction,
                    )
                )
        for what, unit in (("people", "persons"), ("opiates", "kg a year")):
            e = effect("people_exploited_elsewhere", 4.0, 9.0, 30_000.0)
            made.append(
                Displacement(
                    policy,
                    "country",
                    "elsewhere",
                    "outside the country",
                    what,
                    unit,
                    e.baseline,
                    e.difference,
                    e.percent,
                    e.p_more,
                    e.word,
                    e.direction,
                )
            )
    return made


def comparison(settled: bool = True) -> Comparison:
    all_ = measures(settled)
    ranked = tuple(m for m in all_ if m.ranked)
    base = tuple(effect(o, 0.0, 0.0) for o in (*HARM, *OTHER))
    return Comparison(
        baseline="baseline",
        window=(2015, 2024),
        had_it_started=2015,
        utility="people exploited, fewer is better",
        utility_unit="people exploited a year",
        near=250.0,
        runs=412,
        baselines=base,
        measures=ranked,
        unranked=tuple(m for m in all_ if not m.ranked),
        displacement=tuple(displacement(["border_monitoring", "regular_migration", "anti_corruption"])),
    )
