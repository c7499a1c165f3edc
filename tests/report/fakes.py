"""A made-up analysis of the bundled case: every record filled, numbers invented, no run behind them."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from tests.report.fake_comparison import MECHANISMS, NAN, UNKNOWN, case, comparison

from qorgau.analysis.records import (
    Analysis,
    Answer,
    Band,
    ClaimValue,
    Comparison,
    Effect,
    FigureValue,
    History,
    KnockoutEffect,
    KnockoutPattern,
    Knockouts,
    Matching,
    Narrowed,
    Observed,
    PassRate,
    PatternResult,
    SourceValue,
    Trace,
)
from qorgau.analysis.words import label_of

MANIFEST: dict[str, Any] = {
    "identity": {"case": {"name": "kazakhstan", "hash": "ab" * 32}, "design": {"seed": 1, "method": "sobol"}},
    "runs": 1000,
    "versions": {"qorgau": "0.1.0", "python": "3.11"},
    "blocks": [
        {
            "kind": "main",
            "start": 0,
            "stop": 1000,
            "failed": [],
            "price_cap": {"baseline": list(range(13)), "outreach": [40]},
        }
    ],
    "command": "qorgau run kazakhstan --runs 1000 --seed 1",
}


def rate(share: float, tested: int = 412) -> PassRate:
    if not math.isfinite(share):
        return PassRate(NAN, NAN, NAN, 0, 0, tested)
    return PassRate(share, max(0.0, share - 0.05), min(1.0, share + 0.05), round(share * tested), tested, 0)


def patterns() -> tuple[PatternResult, ...]:
    made = []
    claims = ("S13", "S14", "S35", "S46", "S51", "S82", "S87", "S107", "S123", "S134", "S137", "S146")
    for i, claim in enumerate(claims):
        matched = (0.98, 0.91, 0.44, 0.7, 0.86, 0.79)[i % 6]
        verdict = "holds" if matched >= 0.75 else "fails" if matched < 0.5 else "weak"
        if i == 11:
            matched, verdict = NAN, "not testable"
        made.append(
            PatternResult(
                id=f"P{i + 1:02d}",
                claims=(claim,),
                kind="ratio",
                statement=f"Statement number {i + 1} of the sources.",
                test="m(people_exploited, 2011:2013) >= 1",
                strength="strong",
                use="matching" if i % 3 else "reported",
                tolerance="0.05",
                why_not_by_construction="Nothing in the equations says so.",
                note="Comes out too low, since the price of risk is small." if verdict == "fails" else "",
                prior=rate(max(0.0, matched - 0.2)),
                matched=rate(matched),
                left_out=rate(matched),
                verdict_prior="weak",
                verdict=verdict,
                implausibility=1.4 if verdict != "holds" else 0.0,
            )
        )
    return tuple(made)


def matching(kept: int = 412, drawn: int = 1000) -> Matching:
    few = kept < 50
    narrowed = [
        Narrowed("S42", "claim", 0.70, 0.46, 0.86, 0.35, 0.35, 0.02, 0.8, True),
        Narrowed("S12", "claim", 0.83, 0.38, 0.71, 0.45, -0.3, 0.02, 1.1, True),
        Narrowed("S107", "claim", 0.9, 0.3, 0.9, 0.3, 0.0, 0.02, 1.0, False),
        Narrowed("economy.m0", "parameter", 0.04, 0.02, 0.03, 0.01, -0.5, 0.02, 0.5, True),
    ]
    mask = np.arange(drawn) < kept
    return Matching(
        drawn=drawn,
        kept_runs=kept,
        effective_runs=float(kept),
        advice="none" if few else "matched",
        reason=f"Only {kept} of {drawn} runs agree with the patterns." if few else "",
        rule="Runs whose third largest implausibility is above 3 are set aside.",
        cutoff=3.0,
        passed_over=2,
        conflicts=("P03", "P04") if few else (),
        patterns=patterns(),
        narrowed=tuple(narrowed),
        not_narrowed=("S31", "economy.b"),
        kept=mask,
        used=np.ones(drawn, bool) if few else mask,
        implausibility=np.zeros((drawn, 12)),
    )


def trace() -> Trace:
    rows = [
        ("S141", 0.74, 310.0, 36.0, True, 0.41, "anti_corruption"),
        ("S152", 0.62, 240.0, 40.0, True, 0.48, "outreach"),
        ("S42", 0.70, 190.0, 30.0, True, 0.38, "border_monitoring"),
        ("S31", 0.58, 20.0, 16.0, False, None, ""),
        ("S107", 0.90, 0.0, 5.0, False, None, ""),
        ("S12", 0.83, NAN, NAN, False, None, ""),
    ]
    claims = tuple(
        ClaimValue(
            c,
            "EN03",
            p,
            v,
            se,
            v,
            hinge,
            tips,
            "regular_migration",
            "regular_migration",
            other or "regular_migration",
            0.0,
            400.0 if other else 0.0,
            700,
            300,
            True,
            "" if v == v else "true in too few draws",
        )
        for c, p, v, se, hinge, tips, other in rows
    )
    figures = (
        FigureValue("economy.m0", ("S12",), 88.0, 20.0, True, "outreach", "regular_migration", 0.03, True, ""),
        FigureValue("people.size_outreach", (), 12.0, 9.0, False, "outreach", "outreach", None, True, ""),
    )
    sources = (
        SourceValue("EN03", ("S48", "S49", "S50"), 380.0, 50.0, 500.0, 0.8, ("S87",), "26 claims, one report"),
        SourceValue("EN22", ("S113", "S141"), 340.0, 45.0, 420.0, 0.8, ("S141",), ""),
    )
    return Trace(
        "regular_migration", "people", "people exploited a year", 412, 900.0, 60.0, claims, figures, sources, ""
    )


def knockouts() -> Knockouts:
    outcomes = ("people_exploited", "opiates_delivered_kg", "cases_prosecuted", "remittances_share_TJK")
    rng = np.random.default_rng(1)
    effects = tuple(
        KnockoutEffect(m, o, float(e), abs(float(e)), 0.1, abs(float(e)) > 0.1)
        for m in MECHANISMS
        for o in outcomes
        for e in [rng.normal(0, 0.8)]
    )
    words = ("no effect", "fails", "no effect", "weakened", "no effect", "not testable")
    cells = tuple(
        KnockoutPattern(m, p.id, words[(i * 5 + j * 3) % 6], 0.9, 0.4)
        for i, m in enumerate(MECHANISMS)
        for j, p in enumerate(patterns())
    )
    return Knockouts(64, MECHANISMS, outcomes, effects, cells, ("indicators",), "Unit: spread over draws.")


def band(outcome: str, base: float, observed: tuple[Observed, ...] = ()) -> Band:
    years = tuple(range(1991, 2025))
    t = np.arange(len(years))
    middle = base * (0.2 + 0.8 / (1 + np.exp(-(t - 12) / 4)))
    wide = middle * (0.15 + 0.012 * t)
    label = label_of(outcome)
    return Band(
        outcome,
        label.text,
        label.unit,
        years,
        tuple(middle.tolist()),
        tuple((middle - 0.4 * wide).tolist()),
        tuple((middle + 0.4 * wide).tolist()),
        tuple((middle - wide).tolist()),
        tuple((middle + wide).tolist()),
        observed,
        0.5 if observed else NAN,
    )


def history() -> History:
    cases = (Observed(2011, 82.0, "EN01", "S134"), Observed(2012, 70.0, "EN01", "S135"))
    seen = (Observed(2011, 7.0, "EN22", "S113"), Observed(2012, 160.0, "EN22", "S113"))
    names = [n.id for n in case().networks]
    bands = [
        band("people_exploited", 12_000),
        band("people_identified", 480, seen),
        band("people_retrafficked", 1_300),
        band("cases_prosecuted", 90, cases),
        band("tip_tier", 2),
        band("opiates_delivered_kg", 30_000),
        band("opiate_users", 120_000),
        band("opiate_price_almaty", 9_000),
        band("officials_corrupt_share", 0.3),
        band("perceived_corruption_score", 28, (Observed(2013, 26.0, "Transparency International", "2013"),)),
        band("active_organisations", 40),
        band("remittances_share_TJK", 0.42),
        band("remittances_share_KGZ", 0.28),
        *(band(f"organisations_active_{n}", 4 + k) for k, n in enumerate(names)),
    ]
    return History(412, tuple(bands))


def answer(settled: bool = True) -> Answer:
    return Answer(
        settled=settled,
        title=case().title,
        headline="Border monitoring and anti-corruption spare the most people. Penalties move harm without lowering it."
        if settled
        else "Not settled: no counter-measure likely lowers the number of people exploited.",
        lead="Had border monitoring started in 2015, about 2,230 fewer (740 to 3,840 fewer) people would have been "
        "exploited in Kazakhstan, against a baseline of 12,400 (8,200 to 17,100). It hangs on S141.",
        helps_most="Border monitoring. Best in 36 % of draws.",
        helps_most_policy="border_monitoring" if settled else None,
        moves_harm="Border monitoring. People carried across one section: likely more, 14 % (5 to 24).",
        moves_harm_policy="border_monitoring" if settled else None,
        could_change="3 claims would change the advice: S141, S152, S42.",
        could_change_claims=("S141", "S152", "S42") if settled else (),
        hangs_together="Of 12 patterns, 7 hold.",
        likelihood="Very likely: at least 90 of 100 draws. Likely: 66 to 89. About as likely as not: 35 to 65.",
        not_for=("Operational targeting of persons, vehicles, crossings or communities.", "statements on any person"),
    )


def analysis(**changes: Any) -> Analysis:
    whole = Analysis(
        case="kazakhstan",
        focus="Kazakhstan",
        policies=case().policies,
        runs=1000,
        answer=answer(),
        matching=matching(),
        comparison=comparison(),
        trace=trace(),
        knockouts=knockouts(),
        history=history(),
        limits=("Matching sets runs aside.", "The strength of every measure is an assumption of the case."),
    )
    return dataclasses.replace(whole, **changes)


def empty() -> Analysis:
    """Nothing but a baseline: no measure, pattern, claim value, knock-out or history."""
    none = Comparison("baseline", (2015, 2024), 2015, "", "people exploited a year", NAN, 0, (), (), (), ())
    nothing = dataclasses.replace(matching(0, 0), patterns=(), narrowed=(), not_narrowed=(), conflicts=())
    return analysis(
        policies=("baseline",),
        runs=0,
        comparison=none,
        matching=nothing,
        answer=dataclasses.replace(
            answer(False), could_change_claims=(), lead="", headline="No counter-measure was compared."
        ),
        trace=Trace("", "", "people exploited a year", 0, NAN, NAN, (), (), (), "too few draws"),
        knockouts=Knockouts(0, (), (), (), (), (), "no knock-out runs were made"),
        history=History(0, ()),
        limits=(),
    )


def unknown() -> Analysis:
    """Every number of the comparison is not known."""
    whole = comparison()

    def blank(e: Effect) -> Effect:
        return dataclasses.replace(
            e,
            baseline=UNKNOWN,
            level=UNKNOWN,
            difference=UNKNOWN,
            percent=UNKNOWN,
            p_fewer=NAN,
            p_more=NAN,
            word="not known",
            direction="none",
            settled=False,
            moved=False,
        )

    rows = tuple(
        dataclasses.replace(
            m,
            effects=tuple(map(blank, m.effects)),
            cost_usd_year=UNKNOWN,
            regret=NAN,
            best_in=NAN,
            near_best_in=NAN,
            expected_utility=NAN,
        )
        for m in whole.measures
    )
    moved = tuple(
        dataclasses.replace(r, baseline=UNKNOWN, difference=UNKNOWN, percent=UNKNOWN, p_more=NAN, direction="none")
        for r in whole.displacement
    )
    return analysis(
        history=History(412, history().bands[:2]),
        comparison=dataclasses.replace(
            whole, measures=rows, displacement=moved, near=NAN, baselines=tuple(map(blank, whole.baselines))
        )
    )
