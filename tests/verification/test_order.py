"""Sensitivity to the order of processes: neighbours exchanged, the same draws, the same random numbers.

Source: updating rules can decide what a model does (Axtell 2001; Huberman and Glance 1993 on synchronous updating). In
this model what a later process owns is read as of last month, so to exchange two neighbours that touch each other moves
one reading by a month. Two neighbours that share nothing must give the same digits; for the others the mean difference
is held against the spread of the outcome over draws.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from qorgau.model import (
    cases,
    corruption,
    drug_market,
    economy,
    enforcement,
    facilitators,
    human_trade,
    indicators,
    measures,
    organisations,
    organisations_life,
    patronage,
    people,
    routes,
    run,
)
from qorgau.model.outcomes import outcome_names
from tests.model.draws import all_on, draw_parameters, keys
from tests.model.worlds import small_world

RUNS, LAST = 96, 12 * 12 - 1
NAMES = tuple(name for name, _ in run.PROCESSES)
PAIRS = tuple(pairwise(NAMES))
INDEPENDENT = {
    ("economy", "enforcement: detection"), ("enforcement: detection", "facilitators"), ("facilitators", "routes"),
    ("drug market", "human trade"), ("patronage", "enforcement: allocation"), ("enforcement: allocation", "measures"),
}
"""Neighbours of which neither reads what the other writes."""

OUTCOMES = (
    "people_recruited", "people_exploited", "people_identified", "opiates_delivered_kg_all", "opiates_seized_kg_all",
    "opiate_users_all", "cases_prosecuted", "cases_convicted", "bribes_usd", "officials_corrupt_share",
    "perceived_corruption_score", "active_organisations", "remittances_share_NEI", "protection_share_official_FOC",
    "salience", "attention",
)


def _steps(order: tuple[str, ...]):
    """Another ``advance_month`` that goes through the processes in another order."""

    def advance_month(world, state, parameters, on, keys, month, levers, geometry, watch=None) -> None:
        args = (world, state, parameters, on, keys, month)
        call = {
            "economy": lambda: economy.advance(*args, levers),
            "enforcement: detection": lambda: enforcement.advance_detection(*args),
            "facilitators": lambda: facilitators.advance(*args, levers),
            "routes": lambda: routes.advance(*args, geometry),
            "organisations": lambda: organisations.advance(*args, geometry),
            "organisations: life": lambda: organisations_life.advance(*args),
            "drug market": lambda: drug_market.advance(*args),
            "human trade": lambda: human_trade.advance(*args, levers),
            "people": lambda: people.advance(*args, levers),
            "cases": lambda: cases.advance(*args, levers),
            "corruption": lambda: corruption.advance(*args, levers),
            "patronage": lambda: patronage.advance(*args, levers),
            "enforcement: allocation": lambda: enforcement.advance_allocation(*args),
            "measures": lambda: measures.advance(*args, levers),
            "indicators": lambda: indicators.advance(*args, levers),
        }
        assert set(call) == set(NAMES), "a process was added: give it its place here"
        for name in order:
            call[name]()

    return advance_month


def _yearly(advance_month=None) -> np.ndarray:
    world = small_world(3)
    drawn = draw_parameters(RUNS, 5), all_on(RUNS), keys(RUNS, 5)
    return run.simulate_block(world, *drawn, run.baseline_only(), LAST, advance_month).yearly[0]


@cache
def _in_order() -> np.ndarray:
    return _yearly()


def _exchanged(pair: tuple[str, str]) -> np.ndarray:
    order = list(NAMES)
    i = order.index(pair[0])
    order[i], order[i + 1] = order[i + 1], order[i]
    return _yearly(_steps(tuple(order)))


def standardised(pair: tuple[str, str]) -> dict[str, float]:
    """Mean difference of the last five years by outcome, in standard deviations over draws.

    Outcomes are cut at the 5 and 95 % quantiles of the printed order: bribes have a tail in which one draw that parts
    from its twin by a chance decision would say more than all the others.
    """
    a, b = _in_order()[:, -5:].mean(1), _exchanged(pair)[:, -5:].mean(1)
    low, high = np.quantile(a, [0.05, 0.95], axis=0)
    a, b = np.clip(a, low, high), np.clip(b, low, high)
    names = outcome_names(small_world(3))
    return {n: float((b - a)[:, names.index(n)].mean() / a[:, names.index(n)].std()) for n in OUTCOMES}


def test_the_printed_order_is_the_one_that_runs() -> None:
    np.testing.assert_array_equal(_yearly(_steps(NAMES)), _in_order())


@pytest.mark.parametrize("pair", sorted(INDEPENDENT))
def test_neighbours_that_share_nothing_may_change_places(pair: tuple[str, str]) -> None:
    assert pair in PAIRS
    np.testing.assert_array_equal(_exchanged(pair), _in_order())


@pytest.mark.parametrize("pair", [p for p in PAIRS if p not in INDEPENDENT])
def test_neighbours_that_touch_move_outcomes_by_little_of_their_spread(pair: tuple[str, str]) -> None:
    gap = standardised(pair)
    assert max(abs(v) for v in gap.values()) < 0.1, sorted(gap.items(), key=lambda i: -abs(i[1]))[:4]
    assert np.mean(np.abs(list(gap.values()))) < 0.02
